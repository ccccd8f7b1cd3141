#include "bench/workload/fault_mix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "bench/text/units.hpp"

namespace interleave {

double parse_share(std::string_view text) {
  std::string_view digits = text;
  if (!digits.ends_with('%'))
    throw std::invalid_argument(fmt::format(
        "{} has no %: write 5% for five items of a hundred", in_quotes(text)));
  digits.remove_suffix(1);
  double percent = 0;
  const char* const end = digits.data() + digits.size();
  // Plain digits only: no exponent, no sign, no "nan".
  const auto [stop, error] =
      std::from_chars(digits.data(), end, percent, std::chars_format::fixed);
  const bool number = error == std::errc() && stop == end;
  if (!number || !(percent >= 0 && percent <= 100) || digits.starts_with('-'))
    throw std::invalid_argument(fmt::format(
        "{} is not a share from 0% to 100%: write 5%", in_quotes(text)));
  return percent / 100;
}

std::string share_text(double share) {
  return fmt::format("{:.6g}%", share * 100);
}

std::vector<std::string> parse_fault_kinds(std::string_view text) {
  std::vector<std::string> kinds;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    if (name.empty())
      throw std::invalid_argument(
          "a name is missing: write kinds with commas between them, such as "
          "reset,truncated");
    // `status` and `status/500` are one kind: the second is its full name.
    std::string kind = to_string(origin::parse_fault(name));
    if (std::ranges::find(kinds, kind) != kinds.end())
      throw std::invalid_argument(
          fmt::format("{} is given twice", in_quotes(name)));
    kinds.push_back(std::move(kind));
    if (comma == text.npos) return kinds;
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string> usual_fault_kinds() {
  std::vector<std::string> kinds;
  for (const origin::Fault& fault : origin::faults()) {
    if (!fault.quick || fault.error == ErrorKind::none) continue;
    kinds.push_back(to_string(origin::parse_fault(fault.name)));
  }
  return kinds;
}

std::size_t faulty_items(double share, std::size_t items) {
  if (share <= 0 || items == 0) return 0;
  const auto count = static_cast<std::size_t>(
      std::llround(share * static_cast<double>(items)));
  return std::clamp<std::size_t>(count, 1, items);
}

std::vector<FaultyItem> draw_faults(const FaultMix& mix, std::uint64_t seed,
                                    std::size_t items) {
  const std::size_t count = faulty_items(mix.share, items);
  if (count == 0 || mix.kinds.empty()) return {};

  // The items with the lowest numbers: so many, no more and no less, and no
  // two of the same number but by their ids.
  std::vector<std::pair<std::uint64_t, std::size_t>> drawn(items);
  for (std::size_t id = 0; id < items; ++id)
    drawn[id] = {origin::fault_number(seed, id), id};
  std::ranges::sort(drawn);
  drawn.resize(count);

  // Where few items fail, the seed chooses which kinds come first.
  const std::size_t turn = origin::fault_number(seed, items) % mix.kinds.size();
  std::vector<FaultyItem> faulty;
  for (std::size_t i = 0; i < count; ++i)
    faulty.push_back(
        {drawn[i].second,
         origin::parse_fault(mix.kinds[(turn + i) % mix.kinds.size()])});
  std::ranges::sort(faulty, {}, &FaultyItem::id);
  return faulty;
}

}  // namespace interleave
