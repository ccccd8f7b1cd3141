#include "bench/compare/scale.hpp"

#include <fmt/format.h>

#include <vector>

#include "bench/report/facts.hpp"
#include "bench/report/metrics.hpp"
#include "bench/report/report.hpp"
#include "bench/text/document.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

std::string bytes(const std::optional<double>& count) {
  return count ? format_size(static_cast<std::uint64_t>(*count)) : "-";
}

std::vector<Field> row_of(const ScaleStep& rung) {
  const std::chrono::duration<double> wall = rung.wall, wait = rung.wait;
  return {{fmt::format("{}", rung.items)},
          {fmt::format("{}", rung.in_flight)},
          {fmt::format("{:.3f}", wall.count())},
          {percent(wait.count() / wall.count())},
          {shown(rung.cpu_per_item, Unit::us)},
          {bytes(rung.resident)},
          {bytes(rung.taken)}};
}

Columns grid_of(const ScaleReport& report) {
  Columns table({{"", "items"},
                 {"in", "flight"},
                 {"wall", "s"},
                 {"of", "ideal"},
                 {"CPU", "us/item"},
                 {"resident", "per item"},
                 {"machine", "per item"}});
  for (const ScaleSeries& ladder : report.ladders) {
    table.add_heading(fmt::format("{}: {}", ladder.cell->name(),
                                  ladder.requests
                                      ? "requests of 100 bytes, over HTTP"
                                      : "items that sleep"));
    for (const ScaleStep& rung : ladder.rungs) table.add_row(row_of(rung));
    if (ladder.ended_at > 0)
      table.add_heading(
          fmt::format("  at {}: {}", ladder.ended_at, printable(ladder.wall)));
  }
  return table;
}

constexpr std::string_view reading =
    "wall: of one run, whose items wait 100 ms below 100 items, 10 s from a "
    "million on, else 1 s. resident: peak memory of the model's processes "
    "beyond that of one item, per item, its result included. machine: what was "
    "less available meanwhile, per item, with the kernel's own and the "
    "origin's.";

}  // namespace

std::string written(Document document, const ScaleReport& report,
                    const Context& context) {
  add_facts(document, "", report.date, report.cores, context);
  document.table(grid_of(report), Rest::below);
  document.note(reading, Mark::faint);
  document.conclusion(conclude(report));
  return document.take();
}

}  // namespace interleave
