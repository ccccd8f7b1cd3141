#include "bench/experiments/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace interleave::experiments {

double Row::of_ideal() const {
  if (!ideal || wall.median <= 0) return 0;
  return static_cast<double>(ideal->count()) / wall.median;
}

void Outcome::expect(bool holds, std::string text, std::string otherwise) {
  promises.push_back({std::move(text),
                      holds ? Promise::Holds::yes : Promise::Holds::no,
                      holds ? std::string() : std::move(otherwise)});
}

void Outcome::promise_in_all(const std::string& exceptions, std::string text) {
  expect(exceptions.empty(), std::move(text), "not in " + exceptions);
}

void Outcome::cannot_check(std::string text, std::string why) {
  promises.push_back(
      {std::move(text), Promise::Holds::unknown, std::move(why)});
}

bool Outcome::broken() const {
  return std::ranges::any_of(promises, [](const Promise& promise) {
    return promise.holds == Promise::Holds::no;
  });
}

bool Outcome::checked() const {
  return std::ranges::none_of(promises, [](const Promise& promise) {
    return promise.holds == Promise::Holds::unknown;
  });
}

std::string Outcome::verdict() const {
  if (promises.empty()) return "nothing was checked";
  if (!broken())
    return checked() ? "reproduced"
                     : "reproduced, as far as this machine lets it be checked";
  const auto wrong = static_cast<std::size_t>(
      std::ranges::count(promises, Promise::Holds::no, &Promise::holds));
  std::string text = fmt::format(
      "not reproduced: {} of {} promises not kept:", wrong, promises.size());
  for (const Promise& promise : promises) {
    if (promise.holds != Promise::Holds::no) continue;
    text += ' ' + promise.text;
    if (!promise.note.empty()) text += fmt::format(" ({})", promise.note);
    text += ';';
  }
  text.back() = '.';
  return text;
}

}  // namespace interleave::experiments
