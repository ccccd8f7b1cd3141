#include "bench/html/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "bench/html/html.hpp"
#include "bench/report/picture.hpp"
#include "bench/text/text.hpp"

namespace interleave::site {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t most_rows = 16;
constexpr std::size_t most_told = 24;  ///< items that tell their stamps
constexpr int row_height = 15;         ///< px
constexpr double width = 1000;         ///< of the drawing, in its own units

struct Axis {
  std::int64_t end;

  double x(std::int64_t at) const {
    return width * static_cast<double>(at) / static_cast<double>(end);
  }
  /// 1, 2 or 5 times a power of ten, so that there are a few of them.
  std::int64_t step() const {
    const double rough = static_cast<double>(end) / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double times : {1., 2., 5.})
      if (rough <= times * power) return std::llround(times * power);
    return std::llround(10 * power);
  }
};

std::string stamps_of(const Box& box, const Trace& trace) {
  const Result& result = trace.results[box.item];
  std::string text = fmt::format("item {}", box.item + 1);
  const auto add = [&](std::string_view name, Clock::time_point at) {
    if (at == Clock::time_point{}) return;
    text += fmt::format(", {} {}", name,
                        format_duration(nanoseconds(at - trace.began)));
  };
  add("queued", result.queued);
  add("started", result.started);
  add("downloaded", result.downloaded);
  add("processing", result.processing);
  add("finished", result.finished);
  if (box.failed) text += fmt::format(": {}", to_string(result.status));
  return text;
}

/// Paths by what they show; boxes that share them are one element.
struct Shapes {
  std::string waiting, held, processing, edge, failed;

  /// Waiting is low and pale, processing tall and solid, held a line.
  void add(const Box& box, const Axis& axis, int y) {
    for (const Span& span : box.spans) {
      const double from = axis.x(span.from), to = axis.x(span.to);
      if (span.part == Part::waiting)
        waiting +=
            fmt::format("M{:.0f} {}H{:.0f}v5H{:.0f}z", from, y + 4, to, from);
      else if (span.part == Part::held)
        held += fmt::format("M{:.0f} {}H{:.0f}", from, y + 6, to);
      else
        processing += fmt::format("M{:.1f} {}H{:.1f}v12H{:.1f}z", from, y,
                                  std::max(to, from + .8), from);
    }
    edge += fmt::format("M{:.0f} {}v12", axis.x(box.from()), y);
    if (box.failed)
      failed +=
          fmt::format("M{:.0f} {}l-8 8m0 -8l8 8", axis.x(box.to()), y + 2);
  }

  std::string paths() const {
    std::string text;
    const auto add = [&](std::string_view kind, const std::string& path) {
      if (!path.empty())
        text += fmt::format("<path class=\"{}\" d=\"{}\"/>", kind, path);
    };
    add("waiting", waiting);
    add("held", held);
    add("processing", processing);
    add("edge", edge);
    add("failed", failed);
    return text;
  }
};

/// A few items tell their stamps when they are pointed at.
std::string rows_of(const Picture& picture, const Trace& trace,
                    const Axis& axis, std::size_t rows) {
  std::string text;
  Shapes shapes;
  for (std::size_t n = 0; n < rows; ++n) {
    const int y = static_cast<int>(n) * row_height + 2;
    for (const Box& box : picture.rows[n]) {
      shapes.add(box, axis, y);
      if (picture.items > most_told) continue;
      text += fmt::format("<g><title>{}</title>{}</g>\n",
                          escaped(stamps_of(box, trace)), shapes.paths());
      shapes = {};
    }
  }
  return text + shapes.paths() + '\n';
}

std::string grid_of(const Axis& axis, int height) {
  std::string path;
  for (std::int64_t at = 0; at <= axis.end; at += axis.step())
    path += fmt::format("M{:.1f} 0V{}", axis.x(at), height);
  return fmt::format("<path class=\"grid\" d=\"{}\"/>\n", path);
}

std::string ticks_of(const Axis& axis) {
  std::string text = "<p class=\"ticks\" aria-hidden=\"true\">";
  for (std::int64_t at = 0; at <= axis.end; at += axis.step()) {
    const double share = axis.x(at) / width;
    if (share > .93) break;  // no room for its words
    text += fmt::format("<span style=\"left:{:.1f}%\">{}</span>", 100 * share,
                        at ? format_duration(nanoseconds(at)) : "0");
  }
  return text + "</p>\n";
}

std::string names_of(const Picture& picture, std::size_t rows) {
  std::string text = "<p class=\"names\" aria-hidden=\"true\">";
  for (std::size_t n = 1; n <= rows; ++n)
    text += fmt::format("<span>{} {}</span>", picture.row_name, n);
  return text + "</p>\n";
}

std::string table_of(const Trace& trace) {
  std::string text =
      "<details><summary>Every item</summary>\n<table>\n<thead><tr>"
      "<th>item</th><th class=\"number\">started, ms</th>"
      "<th class=\"number\">downloaded</th><th class=\"number\">finished</th>"
      "</tr></thead>\n<tbody>\n";
  const auto cell = [&](Clock::time_point at) {
    const double ms =
        std::chrono::duration<double, std::milli>(at - trace.began).count();
    return at == Clock::time_point{}
               ? std::string("<td class=\"number\">-</td>")
               : fmt::format("<td class=\"number\">{:.3f}</td>", ms);
  };
  for (std::size_t i = 0; i < trace.results.size(); ++i) {
    const Result& result = trace.results[i];
    text +=
        fmt::format("<tr><td>{}</td>{}{}{}</tr>\n", i + 1, cell(result.started),
                    cell(result.downloaded), cell(result.finished));
  }
  return text + "</tbody>\n</table>\n</details>\n";
}

}  // namespace

std::int64_t length_of(const Trace& trace) {
  return std::max<std::int64_t>(nanoseconds(wall(trace)).count(), 1);
}

std::string drawing_of(std::string_view name, const Trace& trace,
                       std::int64_t end, Table table) {
  constexpr std::size_t lanes_at_once = 64;
  const Picture picture = picture_of(trace, lanes_at_once);
  const std::size_t rows = std::min(picture.rows.size(), most_rows);
  const Axis axis{end};
  std::string words = fmt::format(
      "{}: {}, {} on {}", name, format_duration(nanoseconds(wall(trace))),
      count_of(picture.items, "item"), count_of(picture.lanes, "lane"));
  if (rows < picture.rows.size())
    words += fmt::format("; {} of {} {}s are drawn", rows, picture.rows.size(),
                         picture.row_name);
  const int height = static_cast<int>(rows) * row_height;
  return fmt::format(
      "<figure class=\"timeline\">\n<figcaption>{0}</figcaption>\n{1}"
      "<svg role=\"img\" aria-label=\"{0}\" viewBox=\"0 0 1000 {2}\" "
      "preserveAspectRatio=\"none\" style=\"height:{2}px\">\n{3}{4}</svg>\n"
      "{5}{6}</figure>\n",
      escaped(words), names_of(picture, rows), height, grid_of(axis, height),
      rows_of(picture, trace, axis, rows), ticks_of(axis),
      table == Table::yes ? table_of(trace) : "");
}

std::string legend() {
  return "<p class=\"key\"><span><svg viewBox=\"0 0 30 14\" "
         "aria-hidden=\"true\"><path class=\"waiting\" d=\"M0 4H30v5H0z\"/>"
         "</svg>waiting</span> <span><svg viewBox=\"0 0 30 14\" "
         "aria-hidden=\"true\"><path class=\"held\" d=\"M0 6H30\"/></svg>held "
         "between two stages</span> <span><svg viewBox=\"0 0 30 14\" "
         "aria-hidden=\"true\"><path class=\"processing\" d=\"M0 0H30v12H0z\"/>"
         "</svg>processing</span></p>\n";
}

}  // namespace interleave::site
