#include <algorithm>
#include <array>

#include "bench/grid/capacity.hpp"

namespace interleave {

namespace {

using namespace std::chrono_literals;

constexpr double mib = 1 << 20;
using Step = Capacity::Step;

constexpr Portion share(double of_the_replies) {
  return {.amount = of_the_replies, .is_share = true};
}

const std::array all_servers{
    ServerProfile{"unlimited", "every request at once", {}},
    ServerProfile{"slots-4", "4 requests at once", {.slots = 4}},
    ServerProfile{"slots-8", "8 requests at once", {.slots = 8}},
    ServerProfile{"slots-16", "16 requests at once", {.slots = 16}},
    ServerProfile{"slots-64", "64 requests at once", {.slots = 64}},
    ServerProfile{"backlog",
                  "8 requests at once; 8 may wait, the rest gets 503",
                  {.slots = 8, .backlog = 8}},
    ServerProfile{"rate",
                  "400 requests per second after a burst of 20; the rest gets "
                  "429, Retry-After 100 ms",
                  {.rate = 400, .burst = 20, .retry_after = 100ms}},
    ServerProfile{"bandwidth",
                  "20 MiB/s, 2 MiB/s per connection",
                  {.bandwidth = 20 * mib, .connection_bandwidth = 2 * mib}},
    ServerProfile{
        "knee-16", "contention beyond 16 requests, exponent 2", {.knee = 16}},
    ServerProfile{
        "knee-24", "contention beyond 24 requests, exponent 2", {.knee = 24}},
    ServerProfile{"knee-64",
                  "contention beyond 64 requests, exponent 1.5",
                  {.knee = 64, .exponent = 1.5}},
    ServerProfile{"knee-falls",
                  "contention beyond 32 requests, beyond 8 from half of the "
                  "replies on",
                  {.knee = 32, .then = Step{.after = share(0.5), .knee = 8}}},
    ServerProfile{"slots-grow",
                  "8 requests at once, 48 from half of the replies on",
                  {.slots = 8, .then = Step{.after = share(0.5), .slots = 48}}},
    ServerProfile{
        "slows",
        "16 requests at once; 2.5x slower from 40% of the replies on",
        {.slots = 16, .then = Step{.after = share(0.4), .slower = 2.5}}},
    ServerProfile{"cold",
                  "16 requests at once; service times start at 5x and reach 1x "
                  "after 10% of the replies",
                  {.slots = 16, .cold = {share(0.1), 5}}},
    ServerProfile{"collapse",
                  "16 requests at once; with more than 32 present, a tenth of "
                  "the speed for 400 ms",
                  {.slots = 16, .collapse = {32, 0.1, 400ms}}},
    ServerProfile{"flaky",
                  "16 requests at once; 3% get 503 at random",
                  {.slots = 16, .refused_share = 0.03}},
};

}  // namespace

std::span<const ServerProfile> server_profiles() {
  return all_servers;
}

const ServerProfile* find_server(std::string_view name) {
  const auto found = std::ranges::find(all_servers, name, &ServerProfile::name);
  return found == all_servers.end() ? nullptr : &*found;
}

}  // namespace interleave
