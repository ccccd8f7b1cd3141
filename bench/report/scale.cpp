#include "bench/report/scale.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "bench/text/columns.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

using Json = nlohmann::ordered_json;

std::string title_of(const Ladder& ladder) {
  return fmt::format("{}: {}", ladder.cell->name(),
                     ladder.requests ? "requests of 100 bytes, over HTTP"
                                     : "items that sleep");
}

std::string bytes(const std::optional<double>& count) {
  return count ? format_size(static_cast<std::uint64_t>(*count)) : "-";
}

/// What stands in a line: items, in flight, wall, of ideal, CPU, memory twice.
std::array<std::string, 7> fields_of(const Rung& rung) {
  const std::chrono::duration<double> wall = rung.wall, wait = rung.wait;
  return {fmt::format("{}", rung.items),
          fmt::format("{}", rung.in_flight),
          fmt::format("{:.3f}", wall.count()),
          fmt::format("{:.0f}%", 100 * wait.count() / wall.count()),
          significant(rung.cpu_per_item / 1e3),
          bytes(rung.resident),
          bytes(rung.taken)};
}

std::string wall_of(const Ladder& ladder) {
  return fmt::format("at {}: {}", ladder.ended_at, printable(ladder.wall));
}

std::string machine_of(const ScaleReport& report, const Context& context) {
  return fmt::format("{} of {} cores of {}, {}; {} {}", report.cores,
                     context.cores_online, printable(context.cpu_model),
                     printable(context.kernel), context.compiler,
                     context.build_type);
}

constexpr std::string_view reading =
    "wall: of one run, whose items wait 100 ms below 100 items, 10 s from a "
    "million on, else 1 s. resident: peak memory of the model's processes "
    "beyond that of one item, an item, its result included. machine: what was "
    "less available meanwhile, an item, with the kernel's own and the "
    "origin's.";

Json rung_json(const Rung& rung) {
  const auto whole = [](const std::optional<double>& value) {
    return value ? Json(std::llround(*value)) : Json(nullptr);
  };
  return {{"items", rung.items},
          {"wait_ns", rung.wait.count()},
          {"wall_ns", rung.wall.count()},
          {"peak_in_flight", rung.in_flight},
          {"cpu_per_item_ns", std::llround(rung.cpu_per_item)},
          {"peak_rss_bytes", rung.peak_rss_bytes},
          {"resident_per_item_bytes", whole(rung.resident)},
          {"machine_per_item_bytes", whole(rung.taken)}};
}

}  // namespace

std::string table_of(const ScaleReport& report, const Context& context,
                     const Style& style) {
  Columns table({{"", "items", 0},
                 {"in", "flight", 1},
                 {"wall", "s", 2},
                 {"of", "ideal", 6},
                 {"CPU", "us/item", 3},
                 {"resident", "per item", 4},
                 {"machine", "per item", 5}});
  for (const Ladder& ladder : report.ladders) {
    table.add_heading(title_of(ladder));
    for (const Rung& rung : ladder.rungs) {
      std::vector<Field> row;
      for (std::string& field : fields_of(rung))
        row.push_back({std::move(field)});
      table.add_row(std::move(row));
    }
    if (ladder.ended_at > 0) table.add_heading("  " + wall_of(ladder));
  }
  std::string text = wrap(machine_of(report, context), style.columns, 2);
  text += '\n' + table.render(style) + '\n';
  text += marked(wrap(reading, style.columns), Mark::faint, style);
  return text + '\n' + statements(conclude(report), style.columns);
}

std::string json_of(const ScaleReport& report, const Context& context) {
  Json json = {{"schema", "interleave/scale/v1"},
               {"date", report.date},
               {"version", context.version},
               {"git_commit", context.git_commit},
               {"host", context.host},
               {"kernel", context.kernel},
               {"cpu_model", context.cpu_model},
               {"cores", report.cores},
               {"most_sleeping", report.settings.most_sleeping},
               {"most_requests", report.settings.most_requests},
               {"interrupted", report.interrupted},
               {"conclusion", conclude(report)},
               {"ladders", Json::array()}};
  for (const Ladder& ladder : report.ladders) {
    const bool ended = ladder.ended_at > 0;
    Json one = {{"cell", ladder.cell->name()},
                {"over", ladder.requests ? "http" : "sleep"},
                {"ended_at", ended ? Json(ladder.ended_at) : Json(nullptr)},
                {"wall", ended ? Json(ladder.wall) : Json(nullptr)},
                {"most_in_flight", ladder.most_in_flight()},
                {"rungs", Json::array()}};
    for (const Rung& rung : ladder.rungs)
      one["rungs"].push_back(rung_json(rung));
    json["ladders"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string markdown_of(const ScaleReport& report, const Context& context) {
  std::string text = fmt::format(
      "{}\\\n{}; commit {}\n\n| items | in flight | wall, s | of ideal | CPU, "
      "us/item | resident/item | machine/item |\n"
      "|--:|--:|--:|--:|--:|--:|--:|\n",
      escape_markdown(machine_of(report, context)),
      escape_markdown(report.date), escape_markdown(context.git_commit));
  for (const Ladder& ladder : report.ladders) {
    text += fmt::format("| **{}** | | | | | | |\n",
                        escape_markdown(title_of(ladder)));
    for (const Rung& rung : ladder.rungs) {
      for (const std::string& field : fields_of(rung))
        text += "| " + field + ' ';
      text += "|\n";
    }
    if (ladder.ended_at > 0)
      text +=
          fmt::format("| {} | | | | | | |\n", escape_markdown(wall_of(ladder)));
  }
  return text + '\n' + escape_markdown(std::string(reading)) + "\n\n" +
         statements_markdown(conclude(report));
}

}  // namespace interleave
