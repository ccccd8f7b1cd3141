#include "bench/text/names.hpp"

#include <fmt/format.h>

#include <utility>

#include "bench/text/units.hpp"

namespace interleave {

namespace {

/// How many letters must be changed, added or left out.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view word,
                         std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (std::string_view candidate : known) {
    const std::size_t far = distance(word, candidate);
    if (far >= least) continue;
    least = far;
    best = candidate;
  }
  return best;
}

std::string which_name(std::string_view word,
                       std::span<const std::string_view> known,
                       std::string_view otherwise) {
  const std::string_view close = nearest(word, known);
  if (!close.empty())
    return fmt::format("{}: did you mean '{}'?", in_quotes(word), close);
  if (!otherwise.empty())
    return fmt::format("{}: {}", in_quotes(word), otherwise);
  return fmt::format("{}: choose {}", in_quotes(word), fmt::join(known, ", "));
}

}  // namespace interleave
