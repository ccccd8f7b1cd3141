#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "bench/compare/compare.hpp"
#include "bench/grid/catalog.hpp"
#include "bench/grid/ideal.hpp"
#include "bench/measure/neighbours.hpp"
#include "bench/measure/percentiles.hpp"
#include "bench/measure/trace_store.hpp"
#include "bench/text/names.hpp"
#include "bench/workload/spread.hpp"
#include "bench/workload/url_list.hpp"
#include "bench/workload/warm_up.hpp"
#include "bench/workload/workload.hpp"
#include "common/digest.hpp"
#include "tests/models/cells.hpp"
#include "tests/sanitizers.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

const Cell& cell(std::string_view name) {
  return *select_cells(name).front();
}

std::vector<Item> items_of(std::vector<std::pair<int, int>> wait_cpu_ms) {
  std::vector<Item> items;
  for (auto [wait, cpu] : wait_cpu_ms) {
    items.emplace_back();
    items.back().wait = std::chrono::milliseconds(wait);
    items.back().cpu = std::chrono::milliseconds(cpu);
  }
  return items;
}

// ---- percentiles ----

TEST(Percentiles, AreTheNearestRanks) {
  std::vector<Clock::duration> times;
  EXPECT_EQ(percentiles_of(times), Percentiles{});
  for (int i = 200; i > 0; --i) times.push_back(i * 1ms);
  EXPECT_EQ(percentiles_of(times), (Percentiles{100ms, 198ms, 200ms}));
  times.resize(3);
  EXPECT_EQ(percentiles_of(times), (Percentiles{199ms, 200ms, 200ms}));
}

TEST(Percentiles, AreOfTheItemsThatStarted) {
  Trace trace;
  const Clock::time_point zero{1s};
  for (int i = 1; i <= 3; ++i) {
    Result result;
    result.queued = zero;
    result.started = zero + i * 1ms;
    result.finished = result.started + i * 10ms;
    trace.results.push_back(result);
  }
  trace.results.emplace_back().queued = zero;  // skipped
  EXPECT_EQ(queue_wait(trace), (Percentiles{2ms, 3ms, 3ms}));
  EXPECT_EQ(latency(trace), (Percentiles{20ms, 30ms, 30ms}));
}

TEST(Neighbours, CountsTicksOfWhatRuns) {
  EXPECT_EQ(busy_ticks("cpu  10 20 30 999 5 6 7 8 9 1\ncpu0 1 1 1\n"), 68u);
  EXPECT_EQ(busy_ticks("cpu 1 2 3"), 6u);
  for (const char* bad : {"", "cpu", "cpu x", "cpu0 1 2 3", "intr 1 2 3"})
    EXPECT_FALSE(busy_ticks(bad)) << bad;
}

TEST(Neighbours, SayNothingOfAMoment) {
  EXPECT_FALSE(Neighbours().share({}));
}

// ---- the catalog ----

TEST(Catalog, IsTheGrid) {
  std::set<std::string> names;
  for (const Cell& one : catalog()) names.insert(one.name());
  EXPECT_EQ(names.size(), catalog().size()) << "no cell twice";
  for (const char* model : {"threads", "processes", "async"})
    for (const char* pattern :
         {"gather", "semaphore", "queue", "batches", "pipeline"})
      EXPECT_TRUE(names.contains(std::string(model) + "/" + pattern));
  EXPECT_TRUE(names.contains("sequential/one_by_one"));
  EXPECT_TRUE(names.contains("async/one_by_one"));
}

TEST(Catalog, KnowsHowManyTasksACellStarts) {
  Options options;
  options.limit = 300;
  options.batch_size = 40;
  options.producers = 5;
  options.cores = 2;
  const auto tasks = [&](std::string_view name) {
    return cell(name).tasks(50, options);
  };
  EXPECT_EQ(tasks("sequential/one_by_one"), 1u);
  EXPECT_EQ(tasks("threads/gather"), 50u);
  EXPECT_EQ(tasks("threads/batches"), 40u);
  EXPECT_EQ(tasks("threads/semaphore"), 300u) << "allowed, if not needed";
  EXPECT_EQ(tasks("threads/queue"), 300u);
  EXPECT_EQ(tasks("threads/pipeline"), 302u);
  EXPECT_EQ(tasks("threads/producers"), 305u);
}

TEST(Catalog, SelectsByNameAndStarEachOnceInTheOrderOfTheGrid) {
  const auto cells = select_cells("async/queue,threads/*,*/queue");
  std::set<const Cell*> unique(cells.begin(), cells.end());
  EXPECT_EQ(unique.size(), cells.size());
  EXPECT_TRUE(std::is_sorted(cells.begin(), cells.end()));
  EXPECT_EQ(cells.front()->name(), "threads/gather");
  EXPECT_EQ(select_cells("*").size(), catalog().size());
}

TEST(Catalog, RefusesAnUnknownCellAndNamesTheNearest) {
  try {
    select_cells("threads/queue,async/qeue");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "no cell is called 'async/qeue': did you mean 'async/queue'?");
  }
  EXPECT_THROW(select_cells(""), std::invalid_argument);
  EXPECT_THROW(select_cells("*x*"), std::invalid_argument);
}

TEST(Catalog, MatchesStarsAnywhereAndInNoTimeAtAll) {
  EXPECT_EQ(select_cells("async/*e*e").size(), 4u);
  EXPECT_EQ(select_cells("async/queue**").size(), 1u);
  EXPECT_THROW(select_cells("async/queu"), std::invalid_argument);
  EXPECT_THROW(
      select_cells(std::string(60, '*') + "/" + std::string(60, '*') + "q"),
      std::invalid_argument);
}

TEST(Nearest, IsTheOneWithTheFewestChanges) {
  const std::array<std::string_view, 3> known{"compare", "run", "serve"};
  EXPECT_EQ(nearest("compaer", known), "compare");
  EXPECT_EQ(nearest("rn", known), "run");
  EXPECT_EQ(nearest("something", known), "");
}

// ---- workloads ----

TEST(Workloads, KnowEverythingAboutTheirItems) {
  WorkloadSettings settings = recipe("pages").defaults;
  settings.items = 3;
  settings.bytes = 500;
  settings.latency = origin::parse_wait("1ms..9ms");
  const auto items =
      make_items(settings, [](std::size_t, std::string_view path) {
        return "http://o" + std::string(path);
      });
  ASSERT_EQ(items.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string body = origin::body_of(settings.seed, i, 500);
    EXPECT_EQ(items[i].id, i);
    EXPECT_EQ(items[i].expected, (Expected{500, digest(body)}));
    EXPECT_EQ(items[i].wait, origin::waiting_time(settings.latency, 1, i));
    const auto asked = origin::parse_item_path(items[i].url.substr(8));
    EXPECT_EQ(asked.item.id, i);
    EXPECT_EQ(asked.item.bytes, 500u);
    EXPECT_EQ(asked.item.wait, settings.latency);
  }
}

TEST(Workloads, AreNamed) {
  EXPECT_FALSE(recipe("sleep").needs_origin);
  EXPECT_THROW(recipe("paged"), std::invalid_argument);
  for (const Recipe& one : recipes()) EXPECT_EQ(one.name, one.defaults.name);
}

TEST(FaultMix, ReadsSharesAndNothingElse) {
  EXPECT_EQ(parse_share("0%"), 0);
  EXPECT_EQ(parse_share("100%"), 1);
  EXPECT_DOUBLE_EQ(parse_share("12.5%"), 0.125);
  EXPECT_EQ(share_text(parse_share("5%")), "5%");
  for (const char* bad : {"", "%", "5", "0.05", "-1%", "-0%", "100.1%", "1e1%",
                          "nan%", "inf%", "5%%", " 5%", "5 %", "+5%"})
    EXPECT_THROW(parse_share(bad), std::invalid_argument) << bad;
}

TEST(FaultMix, ReadsKindsAndNothingElse) {
  EXPECT_EQ(parse_fault_kinds("stall,status/404,status"),
            (std::vector<std::string>{"stall", "status/404", "status/500"}));
  for (const char* bad : {"", ",", "reset,", "reset,,stall", "resett", "reset ",
                          "reset,reset", "status,status/500", "status/200"})
    EXPECT_THROW(parse_fault_kinds(bad), std::invalid_argument) << bad;
}

TEST(FaultMix, UsesKindsThatAreOverAtOnceUnlessOthersAreNamed) {
  const std::vector<std::string> kinds = usual_fault_kinds();
  EXPECT_NE(std::ranges::find(kinds, "reset"), kinds.end());
  for (const char* other : {"stall", "drip", "huge", "redirect-ok"})
    EXPECT_EQ(std::ranges::find(kinds, other), kinds.end()) << other;
}

TEST(FaultMix, DrawsAsManyItemsAsTheShareSays) {
  const std::vector<std::string> kinds{"reset", "closed", "truncated"};
  const auto drawn = [&](double share, std::size_t items) {
    return draw_faults({share, kinds}, 7, items).size();
  };
  EXPECT_EQ(drawn(0, 100), 0u);
  EXPECT_EQ(drawn(0.05, 0), 0u);
  EXPECT_EQ(drawn(0.05, 100), 5u);
  EXPECT_EQ(drawn(0.001, 100), 1u) << "a share that is not zero is seen";
  EXPECT_EQ(drawn(0.999, 3), 3u);
  EXPECT_EQ(drawn(1, 100), 100u);

  std::map<std::string, int> count;
  for (const FaultyItem& item : draw_faults({0.1, kinds}, 7, 100))
    ++count[to_string(item.fault)];
  EXPECT_EQ(count.size(), 3u);
  for (const auto& [kind, times] : count)
    EXPECT_TRUE(times == 3 || times == 4) << kind;
}

TEST(Addresses, AreSeveralWhereManyItemsAreInFlightAtOnce) {
  Options options;
  options.limit = 16;
  const auto asked = [&](std::string_view list, std::size_t items) {
    return addresses_for(select_cells(list), items, options);
  };
  EXPECT_EQ(asked("async/gather", 2'000), 1u);
  EXPECT_EQ(asked("async/gather", 2'001), most_addresses);
  EXPECT_EQ(asked("async/queue", 30'000), 1u);
  EXPECT_EQ(asked("async/queue,threads/gather", 30'000), most_addresses)
      << "all cells ask for the same urls";
  options.limit = 30'000;
  EXPECT_EQ(asked("async/queue", 30'000), most_addresses);
}

TEST(Addresses, ChangeNothingElseOfAnItem) {
  origin::Settings settings;
  const origin::Process one(settings);
  settings.addresses = most_addresses;
  const origin::Process several(settings);
  WorkloadSettings workload = recipe("pages").defaults;
  workload.items = 17'000;
  workload.bytes = 10;
  const auto items = make_items(workload, urls_at(one));
  const auto spread = make_items(workload, urls_at(several));
  std::map<std::string, std::size_t> asked;
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(items[i].expected, spread[i].expected);
    const std::string &all = items[i].url, &part = spread[i].url;
    const std::size_t path = all.find("/items"), slash = part.find("/items");
    ASSERT_EQ(all.substr(path), part.substr(slash));
    EXPECT_EQ(all.substr(0, path), one.url(""));
    ++asked[part.substr(0, slash)];
  }
  EXPECT_EQ(asked.size(), most_addresses);
  for (const auto& [address, count] : asked)
    EXPECT_LE(count, busiest_address(items.size())) << address;
  EXPECT_EQ(busiest_address(17'000), 3'000u);
  EXPECT_EQ(busiest_address(1'999), 1'999u);
}

TEST(Addresses, AreAskedForByARun) {
  CompareSettings settings;
  settings.workload = recipe("pages").defaults;
  settings.workload.items = 2'100;
  settings.workload.bytes = 10;
  settings.workload.latency = {};
  settings.cells = select_cells("async/batches");
  settings.options.batch_size = settings.workload.items;
  settings.runs = 1;
  const CompareReport report = compare(settings, {});
  EXPECT_TRUE(report.comparable());
}

TEST(FaultMix, DependsOnTheSeedAlone) {
  const FaultMix mix{0.2, usual_fault_kinds()};
  EXPECT_EQ(draw_faults(mix, 1, 50), draw_faults(mix, 1, 50));
  EXPECT_NE(draw_faults(mix, 1, 50), draw_faults(mix, 2, 50));
  std::set<std::string> first;  // where one item fails, every kind has its turn
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    first.insert(to_string(draw_faults({0.01, mix.kinds}, seed, 10)[0].fault));
  EXPECT_EQ(first.size(), mix.kinds.size());
}

TEST(Workloads, SpoilTheItemsThatAreToFail) {
  WorkloadSettings settings = recipe("pages").defaults;
  settings.items = 40;
  settings.bytes = 1;  // too short to be spoilt
  const auto url = [](std::size_t, std::string_view path) {
    return std::string(path);
  };
  const auto good = make_items(settings, url);
  settings.faults = {0.25, {"truncated", "status/404"}};
  const auto mixed = make_items(settings, url);
  std::size_t faulty = 0;
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    EXPECT_EQ(mixed[i].expected, good[i].expected);
    EXPECT_EQ(mixed[i].wait, good[i].wait);
    if (mixed[i].url == good[i].url) continue;
    ++faulty;
    const auto asked = origin::parse_fault_path(mixed[i].url);
    ASSERT_TRUE(asked) << mixed[i].url;
    EXPECT_EQ(asked->item,
              (origin::ItemSpec{i, settings.seed, 2, settings.latency}));
  }
  EXPECT_EQ(faulty, 10u);
}

TEST(Compare, FaultyItemsFailInTheSameWayInEveryModel) {
  CompareSettings settings;
  settings.workload = recipe("pages").defaults;
  settings.workload.items = 30;
  settings.workload.latency = origin::parse_wait("0");
  settings.workload.faults = {0.5, usual_fault_kinds()};
  std::map<std::size_t, ErrorKind> expected;
  for (const FaultyItem& item : draw_faults(settings.workload.faults, 1, 30))
    for (const origin::Fault& fault : origin::faults())
      if (fault.kind == item.fault.kind) expected[item.id] = fault.error;
  ASSERT_EQ(expected.size(), 15u);

  settings.cells = select_cells("*/one_by_one,*/queue,*/pipeline");
  settings.runs = 1;
  const CompareReport report = compare(settings, {});
  ASSERT_FALSE(report.cells.empty());
  EXPECT_FALSE(report.comparable());
  for (const CellReport& cell : report.cells) {
    ASSERT_EQ(cell.runs.size(), 1u);
    std::map<std::size_t, ErrorKind> seen;
    for (const ItemError& error : cell.runs[0].errors)
      seen[error.item] = error.error.kind;
    EXPECT_EQ(seen, expected) << cell.cell->name();
  }
}

TEST(UrlList, LeavesCommentsAndBlankLinesOut) {
  const auto items = parse_url_list(
      "\xEF\xBB\xBF# list\n\n http://a/1 \r\nHTTPS://b/2\n#x\nhttp://a/1\n",
      "list");
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].url, "http://a/1");
  EXPECT_EQ(items[1].url, "HTTPS://b/2");
  EXPECT_EQ(items[2].url, "http://a/1") << "duplicates are items of their own";
  EXPECT_EQ(items[2].id, 2u);
  EXPECT_FALSE(items[0].expected);
}

std::string complaint(std::string_view text) {
  try {
    parse_url_list(text, "list");
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(UrlList, SaysWhereAndWhatIsWrong) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(complaint("http://a/\n  ftp://b/\n").starts_with("list:2:3: "));
  EXPECT_TRUE(
      complaint("http://a/\0b\n"sv).starts_with("list:1:10: byte 0x00"));
  EXPECT_TRUE(complaint("http://a/\rb\n").starts_with("list:1:10: byte 0x0d"));
  EXPECT_TRUE(complaint("http://\xff/").starts_with("list:1:8: byte 0xff"));
  EXPECT_TRUE(complaint("http://a b").starts_with("list:1:9: byte 0x20"));
  EXPECT_TRUE(complaint("http://").starts_with("list:1:1: not an http"));
  EXPECT_TRUE(complaint("# nothing\n").starts_with("list:1:1: no address"));
  EXPECT_TRUE(complaint("http://a/" + std::string(10 << 20, 'a'))
                  .starts_with("list:1:1: a URL of 10485769 bytes"));
}

TEST(UrlList, MustBeAFileThatCanBeRead) {
  EXPECT_THROW(read_url_list("/no/such/file"), InputError);
  EXPECT_THROW(read_url_list("/tmp"), InputError);
}

// ---- compare, from end to end ----

CompareSettings small_compare(std::string_view cells) {
  CompareSettings settings;
  settings.workload = recipe("pages").defaults;
  settings.workload.items = 6;
  settings.workload.latency = origin::parse_wait("5ms");
  settings.cells = select_cells(cells);
  settings.options.limit = 3;
  settings.runs = 2;
  return settings;
}

TEST(Compare, MeasuresEveryCellOnEqualTerms) {
  std::size_t last = 0;
  const CompareReport report =
      compare(small_compare("*"), [&](const Progress& progress) {
        EXPECT_GE(progress.runs_done, last);
        EXPECT_LE(progress.runs_done, progress.runs_planned);
        last = progress.runs_done;
      });
  EXPECT_EQ(report.cells.size(), catalog().size());
  EXPECT_EQ(last, 2 * catalog().size());
  EXPECT_TRUE(report.comparable());
  ASSERT_TRUE(report.sequential());
  for (const CellReport& cell : report.cells) {
    EXPECT_TRUE(cell.verified) << cell.cell->name();
    EXPECT_EQ(cell.runs.size(), 2u);
    EXPECT_EQ(cell.digest, report.sequential()->digest);
    EXPECT_EQ(cell.bytes, report.sequential()->bytes);
    EXPECT_LE(cell.peak_in_flight, cell.width);
    EXPECT_LE(cell.origin_peak_in_flight, cell.width);
    EXPECT_GT(cell.of_ideal(), 0);
    EXPECT_LE(cell.of_ideal(), 1) << "nothing beats its lower bound";
    EXPECT_GT(cell.cpu_per_item(), 0);
    for (const auto& run : cell.runs) EXPECT_EQ(run.origin_requests, 6u);
  }
}

TEST(Compare, CountsNothingOfWhatWarmsARunUp) {
  const CompareReport report = compare(small_compare("*/gather"), {});
  for (const CellReport& cell : report.cells)
    for (const Figures& run : cell.runs) {
      EXPECT_EQ(run.origin_requests, 6u) << cell.cell->name();
      EXPECT_LE(run.connections, 6u);
    }
}

/// Results are large. Were they kept, each run would be forked from a parent
/// that is larger than the one before.
TEST(Compare, GivesTheLastRunTheMemoryOfTheFirst) {
  CompareSettings settings = small_compare("async/queue");
  settings.workload = recipe("sleep").defaults;
  settings.workload.items = 5'000;
  settings.workload.latency = origin::parse_wait("0ms");
  settings.runs = 8;
  const CompareReport report = compare(settings, {});
  const auto rss = [&](std::size_t run) {
    return static_cast<double>(report.cells[0].runs.at(run).peak_rss_bytes);
  };
  EXPECT_GT(rss(0), 1 << 20);
  // AddressSanitizer keeps what was freed, up to 256 MiB, to know it again.
  if (!under_asan) {
    EXPECT_NEAR(rss(7) / rss(0), 1, 0.1);
  }
  EXPECT_TRUE(report.cells[0].traces.empty());
}

// Of those that were kept for JSON, every run was forked from a larger parent.
TEST(Compare, KeepsNoTraceInMemoryWhileItMeasures) {
  using Traces = CompareSettings::Traces;
  for (const Traces traces : {Traces::all, Traces::last, Traces::middle}) {
    CompareSettings settings = small_compare("async/queue");
    settings.workload = recipe("sleep").defaults;
    settings.workload.items = 20'000;
    settings.workload.latency = origin::parse_wait("0ms");
    settings.runs = 4;
    settings.traces = traces;
    const CellReport cell = compare(settings, {}).cells.at(0);
    const auto inherited = [&](std::size_t run) {
      return static_cast<double>(cell.runs.at(run).inherited_rss_bytes);
    };
    if (!under_asan) {
      EXPECT_NEAR(inherited(3) / inherited(0), 1, 0.1);
    }
    EXPECT_EQ(cell.traces.size(), traces == Traces::all ? 4u : 1u);
  }
}

TEST(Compare, WatchesEventLoopsInARunApart) {
  CompareSettings settings = small_compare("async/queue,threads/queue");
  settings.workload.cpu = 4ms;
  settings.watch_lag = true;
  const CompareReport report = compare(settings, {});
  EXPECT_EQ(report.runs_done, 2u * 2 + 1);
  EXPECT_FALSE(report.cells[0].loop_lag) << "threads have none";
  ASSERT_TRUE(report.cells[1].loop_lag);
  EXPECT_EQ(report.cells[1].runs.size(), 2u);
  const Percentiles lag = *report.cells[1].loop_lag;
  EXPECT_LE(lag.p50, lag.p99);
  EXPECT_LE(lag.p99, lag.max);
  EXPECT_GE(lag.max, 1ms) << "an item computes for longer";
  for (const CellReport& one : report.cells) {
    EXPECT_GE(one.latency.p50, 5ms) << "the wait alone";
    EXPECT_LE(one.latency.p50, one.latency.p99);
    EXPECT_LE(one.latency.p99, one.latency.max);
  }
}

TEST(Compare, KeepsTheTracesItIsAskedFor) {
  using Traces = CompareSettings::Traces;
  for (const auto& [traces, kept] : {std::pair{Traces::none, 0u},
                                     {Traces::last, 1u},
                                     {Traces::middle, 1u},
                                     {Traces::all, 2u}}) {
    CompareSettings settings = small_compare("async/queue");
    settings.traces = traces;
    const CompareReport report = compare(settings, {});
    ASSERT_EQ(report.cells[0].traces.size(), kept);
    for (const Trace& trace : report.cells[0].traces)
      EXPECT_EQ(trace.results.size(), 6u);
  }
}

TEST(Compare, KeepsTheTraceOfTheMedianRun) {
  CompareSettings settings = small_compare("async/queue");
  settings.runs = 3;
  settings.traces = CompareSettings::Traces::middle;
  const CellReport cell = compare(settings, {}).cells.at(0);
  EXPECT_EQ(static_cast<double>(wall(cell.traces.at(0)).count()),
            cell.wall.median);
}

TEST(TraceStore, GivesBackWhatWasPutAside) {
  TraceStore store;
  std::vector<TraceStore::Place> places;
  for (int n = 1; n <= 4; ++n) {
    Trace trace{Clock::time_point(1s), Clock::time_point(1s + n * 1ms),
                Results(static_cast<std::size_t>(n))};
    trace.results.back().status = Status::failed;
    trace.results.back().error = {ErrorKind::reset, fmt::format("run {}", n)};
    trace.results.back().started = trace.began + 1us;
    trace.results.back().downloaded_on = {n, n + 1};
    places.push_back(store.put(trace));
  }
  const Trace third = store.get(places[2]);
  EXPECT_EQ(wall(third), 3ms);
  ASSERT_EQ(third.results.size(), 3u);
  EXPECT_EQ(third.results[2].error.text, "run 3");
  EXPECT_EQ(third.results[2].started, third.began + 1us);
  EXPECT_EQ(third.results[2].downloaded_on, (Lane{3, 4}));
  EXPECT_EQ(third.results[0].status, Status::not_run);
  EXPECT_EQ(middle_of({places[3], places[0], places[2]}).wall(), 3ms);
  EXPECT_EQ(middle_of(places).wall(), 2ms);
}

UrlList list_of(const std::string& text) {
  return {
      "list",
      std::make_shared<const std::vector<Item>>(parse_url_list(text, "list")),
      0};
}

TEST(Compare, LearnsAListFromTheSequentialRun) {
  origin::Process origin;
  CompareSettings settings = small_compare("async/queue,threads/queue");
  settings.url_list = list_of(origin.url("/items/1?bytes=10&wait=5ms") + '\n' +
                              origin.url("/items/2?bytes=20&wait=5ms"));
  const CompareReport report = compare(settings, {});
  EXPECT_FALSE(report.has_origin) << "not ours";
  EXPECT_TRUE(report.comparable());
  for (const CellReport& cell : report.cells) {
    EXPECT_EQ(cell.bytes, 30u);
    ASSERT_TRUE(cell.ideal);
    EXPECT_GE(cell.ideal->time, 5ms);
  }
}

/// What the runs of a cell were asked for, in all their processes.
struct Asked {
  std::atomic<int> runs, at_the_list, elsewhere;
};
Asked* asked = nullptr;
std::string list_base;

Results run_and_note(Workload items, const Options& options) {
  ++asked->runs;
  for (std::size_t i = 0; i < items.size(); ++i)
    ++(items[i].url.starts_with(list_base) ? asked->at_the_list
                                           : asked->elsewhere);
  return cell("threads/queue").run(items, options);
}

TEST(Compare, WarmsUpAListWithoutAskingItsServer) {
  asked =
      static_cast<Asked*>(mmap(nullptr, sizeof(Asked), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(asked, MAP_FAILED);
  origin::Process origin;
  list_base = origin.url("/");
  Cell noting = cell("threads/queue");
  noting.run = run_and_note;
  CompareSettings settings = small_compare("threads/queue");
  settings.cells = {&noting};
  settings.url_list = list_of(origin.url("/items/1?bytes=10") + '\n' +
                              origin.url("/items/2?bytes=20"));
  const CompareReport report = compare(settings, {});
  EXPECT_TRUE(report.comparable());
  EXPECT_FALSE(report.has_origin);
  // Two counted runs and one that is not, each after a warm-up.
  EXPECT_EQ(asked->runs, 6);
  EXPECT_EQ(asked->at_the_list, 3 * 2);
  EXPECT_EQ(asked->elsewhere, 3 * 2);
  EXPECT_EQ(origin.counters().requests, 2u + 3 * 2) << "and what was learnt";
  munmap(asked, sizeof(Asked));
}

TEST(Compare, RanksNothingWhenItemsFailed) {
  CompareSettings settings = small_compare("async/gather");
  settings.url_list = list_of("http://127.0.0.1:1/\n");
  const CompareReport report = compare(settings, {});
  EXPECT_FALSE(report.comparable());
  EXPECT_FALSE(report.cells[0].verified);
  EXPECT_EQ(conclude(report).find("Nothing is ranked: async/gather"), 0u)
      << conclude(report);
}

// ---- runs that are cut short ----

/// Sleeps of ten seconds, four at a time.
struct Endless {
  Endless() {
    items.resize(8);
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i].id = i;
      items[i].url = "sleep:10s";
      items[i].wait = 10s;
      items[i].expected = Expected{0, digest("")};
    }
    options.limit = 4;
    watch.control = control.get();
    watch.grace = 100ms;
  }

  SharedControl control;
  std::vector<Item> items;
  Options options;
  Watch watch;
};

/// Does not hear what it is told, and ends by no item's doing.
Results be_deaf(Workload items, const Options&) {
  std::this_thread::sleep_for(60s);
  return Results(items.size());
}

/// Ends when it is told to cancel, no sooner.
Results end_when_cancelled(Workload items, const Options& options) {
  Results results(items.size());
  options.control->began = 1;
  while (!options.control->abort) std::this_thread::sleep_for(1ms);
  for (Result& result : results)
    result.status = options.control->stop ? Status::skipped : Status::completed;
  return results;
}

Cell made_of(Results (*run)(Workload, const Options&)) {
  Cell made = cell("threads/queue");
  made.run = run;
  return made;
}

TEST(CutShort, ARunPastItsDeadlineComesHomeWithWhatThereIs) {
  Endless job;
  job.watch.deadline = 50ms;
  const auto began = Clock::now();
  const interleave::Run run = measure(made_of(end_when_cancelled), job.items,
                                      job.options, nullptr, job.watch);
  EXPECT_LT(Clock::now() - began, 10s);
  EXPECT_EQ(run.cut_short, CutShort::deadline);
  EXPECT_FALSE(run.killed);
  EXPECT_EQ(tally(run.trace), (Tally{.skipped = 8}));
}

Results linger_over_one_item(Workload items, const Options&) {
  if (items.size() == 1) std::this_thread::sleep_for(1500ms);
  return Results(items.size());
}

TEST(CutShort, AWarmUpDoesNotCountAgainstTheDeadline) {
  Endless job;
  job.watch.deadline = 1s;
  const std::vector<Item> one(1);
  job.watch.warm_up = one;
  EXPECT_EQ(measure(made_of(linger_over_one_item), job.items, job.options,
                    nullptr, job.watch)
                .cut_short,
            CutShort::no);
}

TEST(CutShort, AWarmUpThatStandsStillIsAStall) {
  Endless job;
  job.watch.patience = 200ms;
  job.watch.deadline = 1h;
  const std::vector<Item> one(1);
  job.watch.warm_up = one;
  EXPECT_EQ(measure(made_of(linger_over_one_item), job.items, job.options,
                    nullptr, job.watch)
                .cut_short,
            CutShort::stall);
}

TEST(CutShort, AStopTokenDoesWhatCtrlCDoes) {
  Endless job;
  std::stop_source source;
  source.request_stop();
  job.watch.stop = source.get_token();
  const interleave::Run run = measure(made_of(end_when_cancelled), job.items,
                                      job.options, nullptr, job.watch);
  EXPECT_EQ(run.cut_short, CutShort::interrupt);
  EXPECT_EQ(tally(run.trace), (Tally{.skipped = 8}));
}

TEST(CutShort, NothingHappeningForTooLongIsAStall) {
  Endless job;
  job.watch.patience = 200ms;
  job.watch.grace = 30s;  // there is nothing to wait for
  const auto began = Clock::now();
  const interleave::Run run = measure(made_of(end_when_cancelled), job.items,
                                      job.options, nullptr, job.watch);
  EXPECT_GE(Clock::now() - began, 200ms);
  EXPECT_LT(Clock::now() - began, 20s);
  EXPECT_EQ(run.cut_short, CutShort::stall);
}

TEST(CutShort, ProgressIsNoStallHoweverLongItTakes) {
  Endless job;
  job.watch.patience = 1500ms;
  for (Item& item : job.items) item.wait = 300ms;
  job.options.limit = 1;
  const interleave::Run run = measure(cell("threads/queue"), job.items,
                                      job.options, nullptr, job.watch);
  EXPECT_EQ(run.cut_short, CutShort::no);
  EXPECT_EQ(tally(run.trace).completed, 8u);
}

TEST(CutShort, AProcessThatDoesNotComeHomeIsKilledAndItsItemsAreLost) {
  Endless job;
  job.watch.deadline = 50ms;
  const auto began = Clock::now();
  const interleave::Run run =
      measure(made_of(be_deaf), job.items, job.options, nullptr, job.watch);
  EXPECT_LT(Clock::now() - began, 30s);
  EXPECT_TRUE(run.killed);
  EXPECT_EQ(run.cut_short, CutShort::deadline);
  EXPECT_EQ(tally(run.trace), (Tally{.lost = 8}));
  EXPECT_EQ(run.trace.results[0].error,
            (Error{ErrorKind::worker,
                   "the process of threads/queue was killed: told to stop, it "
                   "had not ended after 0.2 s"}));
}

// ---- what comes before a run ----

TEST(WarmUpItems, AreAsManyAtOnceAsLaterAndNotTooManyBytes) {
  constexpr std::size_t mib = std::size_t{1} << 20;
  const auto url = [](std::size_t, std::string_view path) {
    return std::string(path);
  };
  WorkloadSettings settings = recipe("pages").defaults;
  settings.items = 300;
  for (const std::size_t bytes : {100 * mib / 300, mib, 100 * mib, 1024 * mib})
    for (const char* name : {"threads/gather", "threads/queue"}) {
      settings.bytes = bytes;
      const auto items = warm_up_items(settings, cell(name), Options(), url);
      std::size_t sum = 0;
      for (const Item& item : items) sum += item.expected->bytes;
      EXPECT_LE(sum, 64 * mib) << name << " " << bytes;
      EXPECT_GE(sum, 32 * mib) << "not for nothing";
      EXPECT_GE(items.size(), cell(name).width(256, Options()));
    }
  settings.bytes = 100;
  EXPECT_EQ(warm_up_items(settings, cell("threads/queue"), {}, url)[0].expected,
            make_items(settings, url)[0].expected);
}

/// Most in flight of items that sleep until all have begun, or for three
/// seconds none has.
std::size_t most_in_flight(const Cell& cell, std::size_t items,
                           std::size_t warm_up) {
  std::vector<Item> asleep(items), before(warm_up);
  for (std::size_t i = 0; i < items; ++i) {
    asleep[i].id = i;
    asleep[i].url = "sleep:10m";
    asleep[i].wait = 10min;
  }
  for (std::size_t i = 0; i < warm_up; ++i) {
    before[i].id = i;
    before[i].url = "sleep:";
  }
  Options options;
  options.limit = static_cast<unsigned>(items);
  options.batch_size = items;
  const SharedControl control;
  Watch watch;
  watch.control = control.get();
  watch.warm_up = before;
  watch.tick = [&](const Control& now) {
    if (now.began == items) (*control).stop = (*control).abort = true;
  };
  watch.patience = 3s;
  watch.grace = 20s;
  return peak_in_flight(measure(cell, asleep, options, nullptr, watch).trace);
}

std::size_t told = 0;

Results report_what_was_told(Workload items, const Options&) {
  Results results(items.size());
  results.front().bytes = std::exchange(told, 0);
  return results;
}

TEST(Measure, TellsAModelOfTheWholeRunBeforeAnythingElse) {
  Model model = *cell("threads/gather").model;
  model.prepare = [](std::size_t tasks) { told = tasks; };
  Cell made = cell("threads/gather");
  made.model = &model;
  made.run = report_what_was_told;
  const std::vector<Item> all(40), first(3);
  Watch watch;
  EXPECT_EQ(measure(made, all, {}, nullptr, watch).trace.results[0].bytes, 40u);
  watch.warm_up = first;
  EXPECT_EQ(measure(made, all, {}, nullptr, watch).trace.results[0].bytes, 0u)
      << "the warm-up was told";
}

class WarmUp : public testing::TestWithParam<const Cell*> {};

// Of oneTBB it did: one with at most 256 items left room for no more threads.
TEST_P(WarmUp, DoesNotDecideHowManyAreInFlightLater) {
  constexpr std::size_t items = 300;
  EXPECT_EQ(most_in_flight(*GetParam(), items, 0), items);
  EXPECT_EQ(most_in_flight(*GetParam(), items, 4), items);
}

/// Those with several in flight; a sanitizer has no memory for 300 processes.
std::vector<const Cell*> crowds() {
  std::vector<const Cell*> cells = all_cells();
  std::erase_if(cells, [](const Cell* cell) {
    return cell->pattern->width == Width::one ||
           (under_a_sanitizer && cell->model->name == "processes");
  });
  return cells;
}

INSTANTIATE_TEST_SUITE_P(, WarmUp, testing::ValuesIn(crowds()), cell_test_name);

TEST(Compare, StopsWithWhatItHasWhenItsTokenSaysSo) {
  CompareSettings settings = small_compare("*/gather");
  std::stop_source source;
  const CompareReport report = compare(
      settings,
      [&](const Progress& progress) {
        if (progress.runs_done == 2) source.request_stop();
      },
      source.get_token());
  EXPECT_TRUE(report.interrupted);
  EXPECT_FALSE(report.comparable());
  EXPECT_LT(report.runs_done, report.runs_planned);
  EXPECT_TRUE(report.any_run());
}

// The machine may have any number of cores; these sentences need some.
CompareReport on_cores(unsigned cores,
                       std::vector<std::pair<const char*, double>> walls_ms) {
  const auto items = items_of(std::vector<std::pair<int, int>>(200, {20, 4}));
  CompareReport report;
  report.cores = report.settings.options.cores = cores;
  report.settings.options.limit = 32;
  report.items = items.size();
  report.items_cpu = 800ms;
  for (auto [name, ms] : walls_ms) {
    CellReport one;
    one.cell = &cell(name);
    one.ideal =
        ideal(*one.cell, Workload(items), report.settings.options, cores);
    one.verified = true;
    for (const double scatter : {0.99, 1.0, 1.01, 0.995, 1.005}) {
      Figures& run = one.runs.emplace_back();
      run.items = run.tally.completed = items.size();
      run.wall = std::chrono::microseconds(std::llround(ms * scatter * 1000));
      run.cpu.user = 900ms;
    }
    add_figures(one);
    report.cells.push_back(one);
  }
  return report;
}

TEST(Conclusion, ExplainsWhatOneCoreMeansForTheEventLoop) {
  EXPECT_EQ(
      conclude(on_cores(2, {{"async/queue", 830},
                            {"async/pipeline", 430},
                            {"threads/queue", 428}})),
      "Fastest in queue: threads/queue, 428 ms (98% of its ideal of 420 ms, "
      "bound by CPU).\n"
      "Only in pipeline: async/pipeline, 430 ms (98% of its ideal of 420 ms, "
      "bound by CPU).\n"
      "Bound by one core: async/queue: items are processed on the event loop's "
      "only thread (the items take 800 ms of CPU).\n"
      "Faster on 2 cores: threads/queue, 1.9x as fast as the event loop of "
      "their pattern.\n"
      "Bound by CPU: async/pipeline and threads/queue (the items take 800 ms "
      "of CPU, 400 ms on 2 cores).");
}

TEST(Conclusion, SaysNothingOfEventLoopsWhereOneCoreBindsAll) {
  const std::string text =
      conclude(on_cores(1, {{"async/queue", 830}, {"threads/queue", 840}}));
  EXPECT_EQ(text.find("event loop"), std::string::npos) << text;
  EXPECT_NE(text.find("Bound by CPU: async/queue and threads/queue (the items "
                      "take 800 ms of CPU)."),
            std::string::npos)
      << text;
}

// Named a cause once: the CPU of its tasks, with what --cpu asks for in it.
TEST(Conclusion, NamesNoCauseThatTheFiguresDoNotShow) {
  CompareReport report =
      on_cores(2, {{"threads/queue", 900}, {"processes/queue", 1000}});
  for (CellReport& cell : report.cells) cell.ideal = Ideal{700ms, Bound::limit};
  const std::string text = conclude(report);
  EXPECT_NE(text.find("Missing time: in threads/queue and processes/queue, no "
                      "figure here shows the cause."),
            std::string::npos)
      << text;
  for (Figures& run : report.cells[1].runs) run.cpu.system = 400ms;
  add_figures(report.cells[1]);
  EXPECT_NE(conclude(report).find("Missing time: in processes/queue, CPU "
                                  "beyond what the items need fills 83% of it"),
            std::string::npos)
      << conclude(report);
}

TEST(Conclusion, NamesTheDearestAndNotTheSlowest) {
  CompareReport report =
      on_cores(2, {{"threads/queue", 1000}, {"processes/queue", 900}});
  for (CellReport& cell : report.cells) cell.ideal = Ideal{700ms, Bound::limit};
  for (std::size_t run = 0; run < 5; ++run)
    report.cells[1].runs[run].cpu.system = 3s + run * 10ms;
  add_figures(report.cells[1]);
  EXPECT_NE(conclude(report).find("to 19.6 ms (processes/queue)."),
            std::string::npos)
      << conclude(report);
}

// User and system time are sampled, and what one of them gets the other lacks.
TEST(Compare, TakesTheMedianOfTheSumsAndNotTheSumOfTheMedians) {
  CellReport one;
  one.cell = &cell("threads/queue");
  for (const auto& [user, system] :
       {std::pair(4ms, 0ms), std::pair(0ms, 4ms), std::pair(3ms, 2ms)}) {
    Figures& run = one.runs.emplace_back();
    run.items = run.tally.completed = 1;
    run.wall = 10ms;
    run.cpu = {user, system};
  }
  add_figures(one);
  EXPECT_EQ(one.cpu_user.median + one.cpu_system.median, 5e6);
  EXPECT_EQ(one.cpu.median, 4e6);
  EXPECT_EQ(one.cpu_per_item(), 4e6);
}

TEST(Compare, ShowsTheBytesOfTheRunWhoseOutcomesItShows) {
  CellReport one;
  one.cell = &cell("threads/queue");
  for (const std::size_t completed : {4u, 3u, 4u}) {
    Figures& run = one.runs.emplace_back();
    run.items = 4;
    run.wall = 10ms;
    run.tally.completed = completed;
    run.bytes = 100 * completed;
    run.connections = completed;
  }
  one.runs.resize(2);
  add_figures(one);
  EXPECT_EQ(one.worst_run()->tally.completed, 3u);
  EXPECT_EQ(one.bytes, 300u);
  EXPECT_EQ(one.connections, 4u) << "3.5 is rounded";
}

}  // namespace
}  // namespace interleave
