#include "bench/html/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "bench/html/bars.hpp"
#include "bench/html/html.hpp"
#include "bench/report/lanes.hpp"
#include "bench/report/picture.hpp"
#include "bench/text/text.hpp"

namespace interleave::html {

namespace {

using Json = nlohmann::ordered_json;
using std::chrono::nanoseconds;

constexpr std::size_t most_lanes = 64;     // then rows are slots, if fewer
constexpr std::size_t most_rows = 16;      // without a script
constexpr std::size_t most_titles = 24;    // items
constexpr std::size_t crowded = 300;       // boxes in a row
constexpr int row_height = 15;             // px
constexpr std::int64_t whole = 1'000'000;  // units of a drawing: the wall time

bool known(Clock::time_point at) {
  return at != Clock::time_point{};
}

std::string title_of(const Box& box, const Trace& trace) {
  const Result& result = trace.results[box.item];
  std::string text = fmt::format("item {}", box.item + 1);
  for (const auto& [name, stamp] : stamps)
    if (known(result.*stamp))
      text += fmt::format(
          ", {} {}", name,
          format_duration(nanoseconds(result.*stamp - trace.began)));
  if (box.failed) text += fmt::format(": {}", to_string(result.status));
  return escaped(text);
}

/// Marks of one kind. Moves are relative, which halves the text of long runs.
class Path {
 public:
  explicit Path(std::string_view kind) : kind_(kind) {}

  void move(std::int64_t x, int y) {
    d_ += fmt::format("m{} {}", x - x_, y - y_);
    x_ = x;
    y_ = y;
  }
  void across(std::int64_t x) {
    d_ += fmt::format("h{}", x - x_);
    x_ = x;
  }
  void down(int by) {
    d_ += fmt::format("v{}", by);
    y_ += by;
  }
  std::string html() const {
    return d_.empty() ? d_
                      : fmt::format(R"(<path class="{}" d="{}"/>)", kind_, d_);
  }

 private:
  std::string_view kind_;
  std::string d_;
  std::int64_t x_ = 0;
  int y_ = 0;
};

/// Strokes keep their width on the screen: waiting low and pale, processing
/// tall and solid, held a dotted line, a failure a dot.
class Drawing {
 public:
  explicit Drawing(std::int64_t wall) : wall_(wall) {}

  void add(const Box& box, std::size_t row) {
    constexpr int half = 6;
    const int middle = static_cast<int>(row) * row_height + 8;
    for (const Span& span : box.spans) {
      if (x(span.to) == x(span.from)) continue;
      Path& path = span.part == ItemPhase::waiting ? waiting_
                   : span.part == ItemPhase::held  ? held_
                                                   : processing_;
      path.move(x(span.from), middle);
      path.across(x(span.to));
    }
    edge_.move(x(box.from()), middle - half);
    edge_.down(2 * half);
    if (!box.failed) return;
    failed_.move(x(box.to()), middle);
    failed_.across(x(box.to()));
  }

  std::string html() const {
    return waiting_.html() + held_.html() + processing_.html() + edge_.html() +
           failed_.html();
  }

 private:
  std::int64_t x(std::int64_t at) const {
    return std::llround(static_cast<double>(whole) * static_cast<double>(at) /
                        static_cast<double>(wall_));
  }

  std::int64_t wall_;
  Path waiting_{"waiting"}, held_{"held"}, processing_{"processing"},
      edge_{"edge"}, failed_{"failed"};
};

/// One drawing, or of a few items one each, with its stamps as a title.
std::string boxes_of(const Picture& picture, const Trace& trace,
                     std::size_t rows, bool titles) {
  std::string text;
  const std::int64_t wall = length_of(trace);
  Drawing drawing(wall);
  for (std::size_t n = 0; n < rows; ++n)
    for (const Box& box : picture.rows[n]) {
      drawing.add(box, n);
      if (!titles) continue;
      text += fmt::format("<g><title>{}</title>{}</g>\n", title_of(box, trace),
                          drawing.html());
      drawing = Drawing(wall);
    }
  return text + drawing.html();
}

std::string grid_of(std::int64_t end, std::int64_t wall, int height) {
  std::string path;
  for (const Tick& tick : ticks_of(Quantity::time, static_cast<double>(end)))
    path += fmt::format(
        "M{:.0f} 0V{}",
        static_cast<double>(whole) * tick.at / static_cast<double>(wall),
        height);
  return fmt::format(R"(<path class="grid" d="{}"/>)", path);
}

/// Where an item stands in a picture: its row, and that of its processing.
struct Place {
  std::optional<std::size_t> row, second;
};

std::vector<Place> places_of(const Picture& picture, std::size_t items) {
  std::vector<Place> places(items);
  for (std::size_t row = 0; row < picture.rows.size(); ++row)
    for (const Box& box : picture.rows[row])
      (box.spans.front().part == ItemPhase::waiting ? places[box.item].row
                                                    : places[box.item].second) =
          row;
  return places;
}

/// By item: as which one it finished, from 1; 0 where it did not.
std::vector<std::size_t> ranks_of(const Trace& trace) {
  std::vector<std::size_t> ranks(trace.results.size());
  std::size_t rank = 0;
  for (const std::size_t item : completion_order(trace))
    if (known(trace.results[item].finished)) ranks[item] = ++rank;
  return ranks;
}

template <class Number>
Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json();
}

std::string stamp_text(const Trace& trace, Clock::time_point at) {
  return known(at)
             ? fmt::format(
                   "{:.6f} ms",
                   std::chrono::duration<double, std::milli>(at - trace.began)
                       .count())
             : "-";
}

}  // namespace

std::int64_t length_of(const Trace& trace) {
  return std::max<std::int64_t>(nanoseconds(wall(trace)).count(), 1);
}

std::string timeline_of(std::string_view name, const Trace& trace,
                        std::int64_t end, Pointing pointing) {
  const bool script = pointing == Pointing::script;
  const Picture picture = picture_of(trace, most_lanes);
  const std::size_t rows =
      script ? picture.rows.size() : std::min(picture.rows.size(), most_rows);
  std::string names;
  std::size_t most = 0;
  for (std::size_t n = 0; n < rows; ++n) {
    names += fmt::format("{} {}\n", picture.row_name, n + 1);
    most = std::max(most, picture.rows[n].size());
  }
  const int height = static_cast<int>(rows) * row_height;
  const std::string keys =
      script ? fmt::format(
                   " tabindex=\"0\" role=\"application\" "
                   "aria-roledescription=\"timeline\" aria-label=\"Timeline of "
                   "{}. Left and right go from item to item, up and down from "
                   "row to row, plus and minus zoom, zero shows all. The table "
                   "below has the same stamps.\"",
                   escaped(name))
             : "";
  const std::string caption = escaped(caption_of(name, trace, picture, rows));
  return fmt::format(
      "<figure>\n<figcaption>{0}</figcaption>\n<div class=\"timeline\"{1}>"
      "<p class=\"names\" aria-hidden=\"true\">{2}</p><svg role=\"img\" "
      "aria-label=\"{0}\" viewBox=\"0 0 {3:.0f} {4}\" "
      "preserveAspectRatio=\"none\" style=\"height:{4}px\"{5}>{6}{7}</svg>"
      "<p class=\"scale\" aria-hidden=\"true\">{8}</p></div>\n</figure>\n",
      caption, keys, names,
      static_cast<double>(whole) * static_cast<double>(end) /
          static_cast<double>(length_of(trace)),
      height, most > crowded ? " class=\"crowded\"" : "",
      grid_of(end, length_of(trace), height),
      boxes_of(picture, trace, rows, !script && picture.items <= most_titles),
      labels_of(Quantity::time, static_cast<double>(end)));
}

std::string limits_of(std::string_view name, const Trace& trace,
                      std::int64_t end) {
  if (trace.limits.empty()) return "";
  constexpr int height = 60;
  const std::int64_t wall = length_of(trace);
  const auto x = [&](Clock::time_point at) {
    return std::llround(
        static_cast<double>(whole) *
        static_cast<double>(nanoseconds(at - trace.began).count()) /
        static_cast<double>(wall));
  };
  unsigned most = 1;
  for (const LimitStep& step : trace.limits) most = std::max(most, step.limit);
  const auto y = [&](unsigned limit) {
    return height - static_cast<int>((height - 2) * limit / most);
  };
  Path line("limit");
  int last = y(trace.limits.front().limit);
  line.move(x(trace.limits.front().at), last);
  for (const LimitStep& step : trace.limits) {
    line.across(x(step.at));
    line.down(y(step.limit) - last);
    last = y(step.limit);
  }
  line.across(x(trace.ended));
  const std::string caption =
      fmt::format("Limit of {}: from {} to {}, at most {}", escaped(name),
                  trace.limits.front().limit, trace.limits.back().limit, most);
  return fmt::format(
      "<figure>\n<figcaption>{0}</figcaption>\n<div class=\"timeline limits\">"
      "<p class=\"names\" aria-hidden=\"true\">{1}</p><svg role=\"img\" "
      "aria-label=\"{0}\" viewBox=\"0 0 {2:.0f} {3}\" "
      "preserveAspectRatio=\"none\" style=\"height:{3}px\">{4}{5}</svg>"
      "<p class=\"scale\" aria-hidden=\"true\">{6}</p></div>\n</figure>\n",
      caption, most,
      static_cast<double>(whole) * static_cast<double>(end) /
          static_cast<double>(wall),
      height, grid_of(end, wall, height), line.html(),
      labels_of(Quantity::time, static_cast<double>(end)));
}

std::string key_of_timelines() {
  std::string text = "<p class=\"key\">";
  for (const auto& [kind, words] : {std::pair{"waiting", "waiting"},
                                    {"held", "held between two stages"},
                                    {"processing", "processing"},
                                    {"failed", "failed"}})
    text += fmt::format(
        "<span class=\"timeline\"><svg viewBox=\"0 0 30 14\" "
        "aria-hidden=\"true\"><path class=\"{}\" d=\"{}\"/></svg>{}</span>\n",
        kind, kind == std::string_view("failed") ? "M15 7h0" : "M0 7h30",
        words);
  return text + "</p>\n";
}

std::string order_of(std::string_view name, const Trace& trace) {
  constexpr int side = 200;
  const std::size_t items = std::max<std::size_t>(trace.results.size(), 1);
  const std::uint64_t overtaken = overtakes(trace);
  Path dots("dots");
  const auto ranks = ranks_of(trace);
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i] == 0) continue;
    dots.move(static_cast<std::int64_t>(i + 1), static_cast<int>(ranks[i]));
    dots.across(static_cast<std::int64_t>(i + 1));
  }
  return fmt::format(
      "<figure class=\"order\">\n<figcaption>Order of completion: {0}. An item "
      "above the line finished later than it was submitted.</figcaption>\n"
      "<svg viewBox=\"0 -6 246 238\" role=\"img\" aria-label=\"Order of "
      "completion of {1}: {0} among {2}\"><path class=\"line\" "
      "d=\"M34 0V200H234M34 200L234 0\"/><g transform=\"translate(34 200) "
      "scale({3:.5g} {4:.5g})\" stroke-width=\"{5:.1f}\">{6}</g>"
      "<text x=\"34\" y=\"213\">0</text><text x=\"234\" y=\"213\">{7}</text>"
      "<text x=\"134\" y=\"228\">submitted as</text>"
      "<text x=\"18\" y=\"10\">{7}</text><text x=\"10\" y=\"100\" "
      "transform=\"rotate(-90 10 100)\">finished as</text></svg>\n</figure>\n",
      count_of(overtaken, "overtake"), escaped(name),
      count_of(trace.results.size(), "item"), side / static_cast<double>(items),
      -side / static_cast<double>(items),
      std::clamp(160. / static_cast<double>(items), 2., 7.), dots.html(),
      trace.results.size());
}

std::string items_of(std::string_view name, const Trace& trace, bool rows) {
  std::vector<Heading> head = {{"item", true}, {"lane"}};
  for (const auto& [title, stamp] : stamps) head.push_back({title, true});
  head.insert(head.end(), {{"finished as", true}, {"outcome"}});
  std::vector<Fields> items;
  const Lanes lanes(events(trace));
  const auto ranks = ranks_of(trace);
  for (std::size_t i = 0; rows && i < trace.results.size(); ++i) {
    const Result& result = trace.results[i];
    const std::size_t lane = lanes.number(result.downloaded_on);
    Fields& fields = items.emplace_back(
        Fields{fmt::format("{}", i + 1), lane ? fmt::format("{}", lane) : "-"});
    for (const auto& [title, stamp] : stamps)
      fields.push_back(stamp_text(trace, result.*stamp));
    fields.push_back(ranks[i] ? fmt::format("{}", ranks[i]) : "-");
    fields.emplace_back(to_string(result.status));
  }
  return fmt::format(
      "<details class=\"items\"><summary>Every item as a table</summary>\n{}{}"
      "</details>\n",
      table_of(fmt::format("Items of {}", name), head, items),
      rows ? "" : "<button type=\"button\">More rows</button>\n");
}

/// Nanoseconds from each stamp to the one before it, null where it is missing.
static std::vector<Json> steps_of(const Trace& trace, const Result& result) {
  std::vector<Json> steps;
  Clock::time_point last = trace.began;
  for (const auto& [name, stamp] : stamps) {
    const Clock::time_point at = result.*stamp;
    steps.push_back(known(at) ? Json(nanoseconds(at - last).count()) : Json());
    if (known(at)) last = at;
  }
  return steps;
}

std::string script_data(const Trace& trace) {
  const Picture picture = picture_of(trace, most_lanes);
  const std::vector<Place> places = places_of(picture, trace.results.size());
  const Lanes lanes(events(trace));
  const auto ranks = ranks_of(trace);
  const auto from_zero = [](std::size_t number) {
    return number ? Json(number - 1) : Json();
  };
  const auto lane_of = [&](const Lane& lane) {
    return from_zero(lanes.number(lane));
  };
  Json items = Json::array();
  for (std::size_t i = 0; i < trace.results.size(); ++i) {
    const Result& result = trace.results[i];
    Json item = {
        or_null(places[i].row),        or_null(places[i].second),
        lane_of(result.downloaded_on), lane_of(result.processed_on),
        from_zero(ranks[i]),           static_cast<int>(result.status)};
    for (Json& step : steps_of(trace, result)) item.push_back(std::move(step));
    if (!result.error.text.empty()) item.push_back(result.error.text);
    items.push_back(std::move(item));
  }
  const Json json = {
      {"schema", "interleave/page/v2"},
      {"wall", length_of(trace)},
      {"rows", picture.rows.size()},
      {"statuses", {"not run", "completed", "failed", "skipped", "lost"}},
      {"items", std::move(items)}};
  const std::string text =
      json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;  // no text in it can end its script element
  safe.reserve(text.size());
  for (const char c : text)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

}  // namespace interleave::html
