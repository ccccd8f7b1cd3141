#include "bench/workload/server.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

namespace {

/// `--slots 8 --rate 400/s`: names and values in turn.
std::map<std::string, std::string, std::less<>> words_of(
    std::string_view line) {
  std::map<std::string, std::string, std::less<>> texts;
  while (!line.empty()) {
    const std::string_view name = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), name.size() + 1));
    const std::string_view value = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), value.size() + 1));
    texts.emplace(name, value);
  }
  return texts;
}

Capacity read(std::string_view line) {
  const auto texts = words_of(line);
  return read_server([&](std::string_view name) {
    const auto found = texts.find(name);
    return found == texts.end() ? nullptr : &found->second;
  });
}

/// Some requests come, and all that were accepted are served in the end.
void check_machine(const Capacity& capacity) {
  using Time = CapacityMachine::Time;
  constexpr std::uint64_t requests = 40;
  CapacityMachine machine(capacity, requests);
  std::uint64_t accepted = 0, served = 0;
  for (std::uint64_t i = 0; i < requests; ++i) {
    const Time now(static_cast<std::int64_t>(i) * 1'000'000);
    accepted += machine.arrive(now, i, Time(20'000'000), 1000).status == 0;
    require(!capacity.then || !capacity.then->slots || capacity.slots == 0 ||
                machine.in_service() <=
                    std::max(capacity.slots, *capacity.then->slots),
            "no more are in service than there are slots");
    require(capacity.slots == 0 || capacity.then ||
                machine.in_service() <= capacity.slots,
            "no more are in service than there are slots");
    require(!capacity.backlog || capacity.slots == 0 ||
                machine.queued() <= *capacity.backlog,
            "no more wait than the backlog holds");
  }
  Time now(requests * 1'000'000);
  while (const auto next = machine.next()) {
    require(*next >= now - Time(requests * 1'000'000), "time goes on");
    now = *next;
    while (machine.depart(now)) ++served;
  }
  require(served == accepted, "what was accepted is served");
}

}  // namespace

void server(std::string_view bytes) {
  std::optional<Capacity> made;
  try {
    made = read(bytes);
  } catch (const std::invalid_argument& error) {
    require(is_printable(error.what()), "a refusal is printable");
    require(std::string_view(error.what()).size() < 500, "a refusal is short");
    return;
  }
  require(is_ascii(describe_server(*made)), "it is told in printable words");
  const std::string text = server_text(*made);
  require(is_ascii(text), "it is written in printable words");
  // Six digits of a share are written, of the tiniest with an exponent.
  if (text.find("e-") != text.npos) return;
  require(server_text(read(text)) == text, "it is written as it is read");
  check_machine(*made);
}

}  // namespace interleave::fuzz
