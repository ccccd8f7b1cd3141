// Controllers of a limit against every fixed limit, on servers in virtual time.
//
// What Pace is held to stands here; docs/limits.md shows the same figures.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "common/aimd.hpp"
#include "common/pace.hpp"
#include "tests/bench/grid/virtual_jobs.hpp"

namespace interleave::simulation {
namespace {

constexpr std::size_t items = 1000;
constexpr unsigned most = 128;
/// Standard deviations of the logarithm of a factor of each time. Without any,
/// items go in step, which hides as much as it shows.
constexpr double little_noise = 0.05, much_noise = 0.3;
/// Nothing was tuned on these, but they are not unseen: docs/limits.md.
constexpr std::uint64_t held_out = 20'261'126;

/// How a controller did on one server, over all seeds.
struct Row {
  std::string name;
  Best best;
  double share = 0;      ///< best makespan / its own, 1 at most
  double in_flight = 0;  ///< over the best limit
  double refused = 0;
  std::uint64_t failed = 0;
  bool stationary = true;
  /// A limit that finds itself needs some: items over the best limit.
  bool long_enough() const { return items >= std::size_t{30} * best.limit; }
};

template <class Controller>
Row row_of(const std::vector<Job>& seeds, const Best& best) {
  Row row{seeds.front().name, best};
  Time makespan{};
  for (const Job& job : seeds) {
    const Outcome outcome = run(job, Controller(most));
    makespan += outcome.makespan;
    row.in_flight += outcome.mean_in_flight;
    row.refused += outcome.refused_share();
    row.failed += outcome.failed;
  }
  const auto count = static_cast<double>(seeds.size());
  row.share = std::min(1.0, static_cast<double>(best.makespan.count()) /
                                static_cast<double>(makespan.count()));
  row.in_flight /= count * best.limit;
  row.refused /= count;
  const Capacity& server = seeds.front().capacity;
  row.stationary = !server.then && server.cold.factor <= 1;
  return row;
}

struct Found {
  Row pace, aimd;
};

/// Whether another seed is another job: back-off has jitter.
bool depends_on_seed(const Job& job, const Job& other) {
  const Capacity& server = job.capacity;
  return job.service != other.service || server.rate > 0 || server.backlog ||
         server.refused_share > 0;
}

/// By server, each with eight seeds where they make a difference.
std::vector<Found> on_named_servers(double with_noise) {
  std::vector<std::vector<Job>> servers;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    std::vector<Job> jobs = named_jobs(items, with_noise, seed);
    servers.resize(jobs.size());
    for (std::size_t n = 0; n < jobs.size(); ++n)
      if (seed == 1 || depends_on_seed(jobs[n], servers[n].front()))
        servers[n].push_back(std::move(jobs[n]));
  }
  std::vector<Found> found;
  for (const std::vector<Job>& seeds : servers) {
    const Best best = best_of(seeds);
    found.push_back({row_of<Pace>(seeds, best), row_of<Aimd>(seeds, best)});
  }
  return found;
}

const std::vector<Found>& exact() {
  static const std::vector<Found> found = on_named_servers(0);
  return found;
}
const std::vector<Found>& usual() {
  static const std::vector<Found> found = on_named_servers(little_noise);
  return found;
}
const std::vector<Found>& noisy() {
  static const std::vector<Found> found = on_named_servers(much_noise);
  return found;
}
const std::vector<Found>& unseen() {
  static const std::vector<Found> found = [] {
    std::vector<Found> all;
    for (const Job& job : random_jobs(80, items, held_out)) {
      const Best best = best_of({job});
      all.push_back({row_of<Pace>({job}, best), row_of<Aimd>({job}, best)});
    }
    return all;
  }();
  return found;
}

/// Of the rows that are long enough.
struct Shares {
  double mean = 0, worst = 1, p10 = 1;
};
Shares shares_of(const std::vector<Found>& found, Row Found::* controller) {
  std::vector<double> shares;
  for (const Found& one : found)
    if ((one.*controller).long_enough())
      shares.push_back((one.*controller).share);
  std::ranges::sort(shares);
  Shares all{0, shares.front(), shares[shares.size() / 10]};
  for (const double share : shares)
    all.mean += share / static_cast<double>(shares.size());
  return all;
}

const Row& pace_on(const std::vector<Found>& found, std::string_view name) {
  return std::ranges::find(
             found, name,
             [](const Found& one) { return std::string_view(one.pace.name); })
      ->pace;
}

TEST(Pace, ComesNearTheBestFixedLimitOnEveryNamedServer) {
  const Shares shares = shares_of(exact(), &Found::pace);
  EXPECT_GE(shares.mean, 0.95);
  EXPECT_GE(shares.worst, 0.80);
}

TEST(Pace, ComesNearItWhereTimesVaryBy5Percent) {
  const Shares shares = shares_of(usual(), &Found::pace);
  EXPECT_GE(shares.mean, 0.94);
  EXPECT_GE(shares.worst, 0.80);
}

TEST(Pace, ComesNearItWhereTimesVaryBy30Percent) {
  const Shares shares = shares_of(noisy(), &Found::pace);
  EXPECT_GE(shares.mean, 0.92);
  EXPECT_GE(shares.worst, 0.78);
}

TEST(Pace, ComesNearItOnServersItWasNotTunedOn) {
  const Shares shares = shares_of(unseen(), &Found::pace);
  EXPECT_GE(shares.mean, 0.85);
  EXPECT_GE(shares.p10, 0.72);
}

TEST(Pace, FollowsACapacityThatFalls) {
  EXPECT_GE(pace_on(exact(), "knee-falls").share, 0.75);
  EXPECT_GE(pace_on(usual(), "knee-falls").share, 0.75);
  EXPECT_GE(pace_on(noisy(), "knee-falls").share, 0.75);
}

/// A job in which the knee falls from 32 to `to` after a share of the replies,
/// and the least time it could take.
std::pair<Job, double> falling(double after, unsigned to, std::uint64_t seed) {
  using namespace std::chrono_literals;
  Job job;
  job.capacity.knee = 32;
  job.capacity.then =
      Capacity::Step{.after = {.amount = after, .is_share = true}, .knee = to};
  job.service = times(items, 20ms, Spread::none, little_noise, seed);
  return {job, 0.02 * items * (after / 32 + (1 - after) / to)};
}

// Where lowering did not help once, the server fell meanwhile: ask twice.
TEST(Pace, FollowsAFallWheneverItComes) {
  double sum = 0;
  int count = 0;
  for (const std::uint64_t seed : {1, 2})
    for (const unsigned to : {4u, 8u, 12u})
      for (double after = 0.2; after < 0.85; after += 0.1, ++count) {
        const auto [job, least] = falling(after, to, seed);
        const Outcome outcome = run(job, Pace(most));
        sum += least / std::chrono::duration<double>(outcome.makespan).count();
      }
  EXPECT_GE(sum / count, 0.60);
}

// Without the comparison after lowering, it would go on to a limit of 1.
TEST(Pace, GoesBackWhereTheServerAloneBecameSlower) {
  EXPECT_GE(pace_on(exact(), "slows").share, 0.90);
  EXPECT_GE(pace_on(usual(), "slows").share, 0.90);
  EXPECT_GE(pace_on(noisy(), "slows").share, 0.90);
}

TEST(Pace, KeepsTheQueuesShort) {
  for (const Found& found : usual()) {
    if (!found.pace.stationary || !found.pace.long_enough()) continue;
    EXPECT_LE(found.pace.in_flight, 2) << found.pace.name;
  }
}

TEST(Pace, IsSeldomRefusedAndFailsNothing) {
  for (const Found& found : exact()) {
    EXPECT_LE(found.pace.refused, 0.10) << found.pace.name;
    EXPECT_EQ(found.pace.failed, 0u) << found.pace.name;
  }
}

TEST(Aimd, FallsBehindForItKnowsNoQueue) {
  EXPECT_LE(shares_of(exact(), &Found::aimd).mean,
            shares_of(exact(), &Found::pace).mean - 0.1);
  EXPECT_GE(
      std::ranges::max(exact(), {},
                       [](const Found& one) { return one.aimd.in_flight; })
          .aimd.in_flight,
      3);
}

std::string row_text(const Found& found) {
  const auto cell = [](const Row& row) {
    return fmt::format("{:.2f} / {:.1f}{}{}", row.share, row.in_flight,
                       row.refused >= 0.005
                           ? fmt::format(" / {:.0f}%", 100 * row.refused)
                           : "",
                       row.failed > 0 ? " F" : "");
  };
  return fmt::format("| {}{} | {} | {} | {} |\n", found.pace.name,
                     found.pace.long_enough() ? "" : " (short)",
                     found.pace.best.limit, cell(found.pace), cell(found.aimd));
}

std::string summary_text(std::string_view name,
                         const std::vector<Found>& found) {
  const auto cell = [&](Row Found::* controller) {
    const Shares shares = shares_of(found, controller);
    return fmt::format("{:.2f}, worst {:.2f}, tenth {:.2f}", shares.mean,
                       shares.worst, shares.p10);
  };
  return fmt::format("| **{}** | | {} | {} |\n", name, cell(&Found::pace),
                     cell(&Found::aimd));
}

std::string table() {
  std::string text = "| server | best | pace | aimd |\n|---|--:|---|---|\n";
  for (const Found& found : exact()) text += row_text(found);
  text += summary_text("all but the short", exact());
  text += summary_text("times vary by 5%", usual());
  text += summary_text("times vary by 30%", noisy());
  text += summary_text("80 random servers", unseen());
  return text;
}

// The command that makes it: limits_test --gtest_filter='Document.*'
TEST(Document, ShowsTheseFigures) {
  const std::string made = table();
  fmt::print("{}", made);
  const char* const source = std::getenv("INTERLEAVE_SOURCE");
  if (!source) GTEST_SKIP() << "INTERLEAVE_SOURCE says where docs/ are";
  std::ifstream file(std::string(source) + "/docs/limits.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(document.find(made), std::string::npos)
      << "docs/limits.md must have the table above";
}

}  // namespace
}  // namespace interleave::simulation
