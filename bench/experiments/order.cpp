#include "bench/experiments/order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace interleave::experiments {

namespace {

using What = Event::What;

std::string_view name_of(const Names& names, What what) {
  switch (what) {
    case What::queued:
      return {};
    case What::started:
      return names.started;
    case What::downloaded:
      return names.downloaded;
    case What::finished:
      return names.finished;
  }
  return {};
}

std::vector<Event> shown(const Trace& trace, const Names& names) {
  std::vector<Event> all = events(trace);
  std::erase_if(all, [&](const Event& event) {
    return name_of(names, event.what).empty();
  });
  return all;
}

std::string spell(const std::vector<Event>& events, const Names& names) {
  std::string text;
  for (const Event& event : events) {
    if (!text.empty()) text += ' ';
    text += name_of(names, event.what);
    if (names.numbered) text += fmt::format("{}", event.item + 1);
  }
  return text;
}

}  // namespace

std::string order_of(const Trace& trace, const Names& names) {
  return spell(shown(trace, names), names);
}

std::string order_of_groups(const Trace& trace, const Names& names) {
  std::vector<Event> all = shown(trace, names);
  for (auto first = all.begin(); first != all.end();) {
    const auto last = std::find_if(first, all.end(), [](const Event& event) {
      return event.what != What::started;
    });
    std::sort(first, last,
              [](const Event& a, const Event& b) { return a.item < b.item; });
    first = std::find_if(last, all.end(), [](const Event& event) {
      return event.what == What::started;
    });
  }
  return spell(all, names);
}

std::string equal_cost_order(std::size_t count, std::size_t width) {
  std::vector<std::string> words;
  std::size_t started = 0;
  const auto start = [&] {
    if (started < count) words.push_back(fmt::format("S{}", ++started));
  };
  while (started < std::min(count, width)) start();
  for (std::size_t loaded = 1; loaded <= count; ++loaded) {
    words.push_back(fmt::format("L{}", loaded));
    start();
  }
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace interleave::experiments
