#include "bench/experiments/versions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/grid/ideal.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"
#include "common/digest.hpp"

namespace interleave::experiments {

namespace {

/// What is wrong with a run, in words; empty when nothing is.
std::string trouble_of(const Run& run, std::span<const Item> items,
                       const Check& check) {
  const Results& results = run.trace.results;
  std::size_t wrong = 0;
  std::string first;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Result& result = results[i];
    const bool completed = result.status == Status::completed;
    if (check ? check(items[i], result) : completed) continue;
    if (wrong++ != 0) continue;
    first = fmt::format(
        "{}: {}", name_of(items[i]),
        completed ? fmt::format("came to {}", in_quotes(result.output))
        : result.error.text.empty() ? std::string(to_string(result.status))
                                    : printable(clip(result.error.text, 200)));
  }
  if (wrong == 0) return {};
  return fmt::format("{} of {} wrong; {}", wrong, results.size(), first);
}

std::vector<double> walls_of(const std::vector<Run>& runs) {
  std::vector<double> walls;
  for (const Run& run : runs)
    walls.push_back(static_cast<double>(wall(run.trace).count()));
  return walls;
}

/// The run whose wall time is in the middle.
Trace middle_of(const std::vector<Run>& runs) {
  std::vector<const Trace*> traces;
  for (const Run& run : runs) traces.push_back(&run.trace);
  const auto middle =
      traces.begin() + static_cast<std::ptrdiff_t>((traces.size() - 1) / 2);
  std::ranges::nth_element(traces, middle, {},
                           [](const Trace* trace) { return wall(*trace); });
  return **middle;
}

}  // namespace

Measured measure_version(Workbench& bench, Outcome& outcome,
                         const Version& version, std::span<const Item> items,
                         const Check& check) {
  Measured measured;
  measured.cell = version.cell;
  measured.runs = bench.runs(*version.cell, items, version.options);
  measured.row = outcome.rows.size();

  Row& row = outcome.rows.emplace_back();
  row.group = version.group;
  row.version = version.name;
  row.cell = version.cell->name();
  if (version.published) row.published = bench.scaled(*version.published);
  const std::vector<double> walls = walls_of(measured.runs);
  row.wall = summarise(walls);
  row.fastest = std::ranges::min(walls);
  row.runs = measured.runs.size();
  if (bench.settings().keep_traces) row.trace = middle_of(measured.runs);
  row.ideal = version.ideal;
  if (!row.ideal)
    if (const auto bound = ideal(*version.cell, Workload(items),
                                 version.options, bench.cores()))
      row.ideal = bound->time;
  for (const Run& run : measured.runs)
    if (row.failure_summary.empty())
      row.failure_summary = trouble_of(run, items, check);
  row.verified = row.failure_summary.empty();
  return measured;
}

void promise_equal(Outcome& outcome, std::span<const Measured> all) {
  // What went wrong, and the cells in which it did.
  std::vector<std::pair<std::string, std::string>> troubles;
  std::optional<std::uint64_t> reference;
  for (const Measured& one : all) {
    Row& row = outcome.rows[one.row];
    for (const Run& run : one.runs) {
      const std::uint64_t found = combined_digest(run.trace);
      if (!reference) reference = found;
      if (found == *reference || !row.verified) continue;
      row.verified = false;
      row.failure_summary =
          "not verified: its results are not those of the others";
    }
    if (row.verified) continue;
    auto same = std::ranges::find(troubles, row.failure_summary,
                                  &decltype(troubles)::value_type::first);
    if (same == troubles.end())
      same = troubles.insert(same, {row.failure_summary, {}});
    add_name(same->second, row.cell);
  }
  std::string otherwise;
  for (const auto& [failure_summary, cells] : troubles)
    otherwise += fmt::format("{}{}: {}", otherwise.empty() ? "" : "; ", cells,
                             failure_summary);
  outcome.expect(otherwise.empty(),
                 "every version completes every item, with the same results "
                 "in the same order",
                 otherwise);
}

void promise_no_shortcuts(Outcome& outcome) {
  std::string otherwise;
  for (const Row& row : outcome.rows)
    if (row.ideal && row.fastest < static_cast<double>(row.ideal->count()))
      otherwise = fmt::format("{} is", row.cell);
  outcome.expect(otherwise.empty(), "no version is faster than its ideal",
                 otherwise);
}

void promise_at_most(const Workbench& bench, Outcome& outcome,
                     const Measured& measured, double seconds) {
  if (!bench.full_scale()) return;
  const Row& row = outcome.rows[measured.row];
  const std::chrono::nanoseconds most = bench.scaled(seconds);
  outcome.expect(row.wall.median <= static_cast<double>(most.count()),
                 fmt::format("{} takes at most {}", row.cell, in_words(most)),
                 fmt::format("it took {:.3f} s: is this machine busy?",
                             row.wall.median / 1e9));
}

void promise_about(const Workbench& bench, Outcome& outcome,
                   const Measured& measured, double seconds, double tolerance) {
  if (!bench.full_scale()) return;
  const Row& row = outcome.rows[measured.row];
  const std::chrono::nanoseconds wanted = bench.scaled(seconds);
  const double share = row.wall.median / static_cast<double>(wanted.count());
  outcome.expect(std::abs(share - 1) <= tolerance,
                 fmt::format("{} takes {} within {:g}%", row.cell,
                             in_words(wanted), tolerance * 100),
                 fmt::format("it took {:.3f} s: is this machine busy?",
                             row.wall.median / 1e9));
}

std::string name_of(const Item& item) {
  if (!is_file_url(item.url)) return fmt::format("item {}", item.id + 1);
  return printable(std::string_view(item.url).substr(item.url.find(':') + 1));
}

const Cell& cell_named(std::string_view name) {
  return *select_cells(name).front();
}

std::optional<double> published_of(
    const Cell& cell,
    std::initializer_list<std::pair<std::string_view, double>> published) {
  const auto found = std::ranges::find(
      published, cell.name(), &std::pair<std::string_view, double>::first);
  if (found == published.end()) return std::nullopt;
  return found->second;
}

std::vector<Item> sleeping_items(
    std::span<const std::chrono::nanoseconds> waits) {
  std::vector<Item> items(waits.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].id = i;
    items[i].url = "sleep:";
    items[i].wait = waits[i];
    items[i].expected = Expected{0, digest("")};
  }
  return items;
}

std::vector<Item> sleeping_items(std::size_t count,
                                 std::chrono::nanoseconds wait) {
  return sleeping_items(std::vector<std::chrono::nanoseconds>(count, wait));
}

void add_name(std::string& list, std::string_view name) {
  if (!list.empty()) list += ", ";
  list += name;
}

std::string tally_text(const Trace& trace) {
  const Tally counts = count_outcomes(trace);
  std::string text;
  const std::pair<std::size_t, const char*> parts[] = {
      {counts.completed, "completed"},
      {counts.failed, "failed"},
      {counts.skipped, "skipped"},
      {counts.lost, "lost"},
      {counts.not_run, "not run"}};
  for (const auto& [count, word] : parts)
    if (count > 0) add_name(text, fmt::format("{} {}", count, word));
  return text;
}

std::string first_error(const Trace& trace) {
  const Result* first = nullptr;
  for (const Result& result : trace.results)
    if (result.status == Status::failed &&
        (!first || result.finished < first->finished))
      first = &result;
  return first ? first->error.text : "";
}

std::string in_words(std::chrono::nanoseconds time) {
  return format_duration(time);
}

}  // namespace interleave::experiments
