#include <array>

#include "bench/grid/capacity.hpp"
#include "bench/text/names.hpp"

namespace interleave {

namespace {

using namespace std::chrono_literals;

constexpr double mib = 1 << 20;
using Step = Capacity::Step;

constexpr Portion share(double of_the_replies) {
  return {.amount = of_the_replies, .is_share = true};
}

const std::array all_servers{
    ServerProfile{"slots-4", {.slots = 4}},
    ServerProfile{"slots-8", {.slots = 8}},
    ServerProfile{"slots-16", {.slots = 16}},
    ServerProfile{"slots-64", {.slots = 64}},
    ServerProfile{"slots-grow",
                  {.slots = 8, .then = Step{.after = share(0.5), .slots = 48}}},
    ServerProfile{"backlog", {.slots = 8, .backlog = 8}},
    ServerProfile{"rate", {.rate = 400, .burst = 20, .retry_after = 100ms}},
    ServerProfile{"bandwidth",
                  {.bandwidth = 20 * mib, .connection_bandwidth = 2 * mib}},
    ServerProfile{"knee-16", {.knee = 16}},
    ServerProfile{"knee-24", {.knee = 24}},
    ServerProfile{"knee-64", {.knee = 64, .exponent = 1.5}},
    ServerProfile{"knee-falls",
                  {.knee = 32, .then = Step{.after = share(0.5), .knee = 8}}},
    ServerProfile{
        "slows",
        {.slots = 16, .then = Step{.after = share(0.4), .slower = 2.5}}},
    ServerProfile{"cold", {.slots = 16, .cold = {share(0.1), 5}}},
    ServerProfile{"collapse", {.slots = 16, .collapse = {32, 0.1, 400ms}}},
    ServerProfile{"flaky", {.slots = 16, .refused_share = 0.03}},
};

}  // namespace

std::span<const ServerProfile> server_profiles() {
  return all_servers;
}

const ServerProfile& server_profile(std::string_view name) {
  return find_named("server", name, all_servers, &ServerProfile::name,
                    "`interleave list servers` shows all");
}

}  // namespace interleave
