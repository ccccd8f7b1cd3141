#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "bench/grid/catalog.hpp"
#include "bench/text/names.hpp"

namespace interleave {

namespace {

/// Whether `name` matches `pattern`, in which '*' stands for any part. Going
/// back to the last star is enough, so no pattern is slow.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::size_t star = pattern.npos, after = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != pattern.npos) {
      p = star + 1;
      n = ++after;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

[[noreturn]] void reject(std::string_view part) {
  std::vector<std::string> names;
  for (const Cell& cell : catalog()) names.push_back(cell.name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw std::invalid_argument(
      "no cell is called " +
      which_name(part, known, "`interleave list` shows all"));
}

}  // namespace

std::string Cell::name() const {
  return fmt::format("{}/{}", model->name, pattern->name);
}

std::string Cell::source() const {
  return fmt::format("{}/{}.cpp", model->folder, pattern->name);
}

unsigned Cell::usable_cores(const Options& options, unsigned available) const {
  if (pattern->width == ConcurrencyCap::one) return 1;
  if (pattern->width == ConcurrencyCap::stages)
    return std::min(options.cores, available);
  return model->parallel ? available : 1;
}

bool Cell::computes_on_loop() const {
  return model->has_event_loop() && pattern->width != ConcurrencyCap::stages;
}

std::size_t Cell::width(std::size_t items, const Options& options) const {
  std::size_t most = items;
  switch (pattern->width) {
    case ConcurrencyCap::one:
      most = 1;
      break;
    case ConcurrencyCap::all:
      break;
    case ConcurrencyCap::limit:
    case ConcurrencyCap::stages:
      most = options.limit;
      break;
    case ConcurrencyCap::limit_max:
      most = options.limit_max;
      break;
    case ConcurrencyCap::batch_size:
      most = options.batch_size;
      break;
  }
  return std::min(items, most);
}

std::size_t Cell::tasks(std::size_t items, const Options& options) const {
  switch (pattern->width) {
    case ConcurrencyCap::one:
    case ConcurrencyCap::all:
    case ConcurrencyCap::batch_size:
      break;
    case ConcurrencyCap::limit:
      return options.limit + (pattern->paced ? options.producers : 0);
    case ConcurrencyCap::limit_max:
      return options.limit_max;
    case ConcurrencyCap::stages:
      return options.limit + options.cores;
  }
  return width(items, options);
}

std::vector<const Cell*> select_cells(std::string_view list) {
  const std::span<const Cell> all = catalog();
  std::vector<bool> chosen(all.size());
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view part = list.substr(0, comma);
    bool found = false;
    for (std::size_t at = 0; at < chosen.size(); ++at) {
      if (!matches(part, all[at].name())) continue;
      chosen[at] = found = true;
    }
    if (!found) reject(part);
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }

  std::vector<const Cell*> cells;
  for (std::size_t at = 0; at < chosen.size(); ++at)
    if (chosen[at]) cells.push_back(&all[at]);
  return cells;
}

std::vector<const Cell*> cells_of(const Pattern& pattern) {
  std::vector<const Cell*> cells;
  for (const Cell& cell : catalog())
    if (cell.pattern == &pattern) cells.push_back(&cell);
  return cells;
}

}  // namespace interleave
