#include "bench/report/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "bench/report/picture.hpp"
#include "bench/text/axis.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

using Nanoseconds = std::chrono::nanoseconds;

/// What stands for what: the shape says it without the colour.
struct Glyph {
  std::string_view text;
  Mark mark = Mark::none;
};

Glyph glyph(ItemPhase part, bool unicode) {
  switch (part) {
    case ItemPhase::waiting:
      return {unicode ? "░" : ".", Mark::waiting};
    case ItemPhase::held:
      return {unicode ? "·" : "-", Mark::faint};
    case ItemPhase::processing:
      return {unicode ? "█" : "#", Mark::processing};
    default:
      return {" ", Mark::none};
  }
}

std::string_view start_bar(bool unicode) {
  return unicode ? "│" : "|";
}

constexpr Glyph failure{"x", Mark::bad};

/// How much of a column's time each part takes, in ns.
using Times = std::array<std::int64_t, 4>;

/// The rows of one group, on its time axis.
class Canvas {
 public:
  /// `span` ns, more than 0, over `columns` columns, at least 1.
  Canvas(std::int64_t span, std::size_t columns, const Style& style)
      : span_(span), columns_(columns), style_(style) {}

  std::size_t column(std::int64_t at) const {
    const double share = static_cast<double>(at) / static_cast<double>(span_);
    const double place = share * static_cast<double>(columns_);
    return std::min(static_cast<std::size_t>(std::max(place, 0.0)),
                    columns_ - 1);
  }

  std::string draw(const Row& row) {
    std::vector<Times> times(columns_);
    for (const Box& box : row)
      for (const Span& span : box.spans) spread(span, times);
    std::vector<ItemPhase> shown;
    for (const auto& time : times) shown.push_back(most_of(time));
    std::vector<std::pair<std::string, Mark>> cells;
    for (const ItemPhase part : shown) {
      const Glyph it = glyph(part, style_.unicode);
      cells.emplace_back(it.text, it.mark);
      drew_held_ |= part == ItemPhase::held;
    }
    for (const Box& box : row) overlay(box, shown, cells);
    return joined(cells);
  }

  /// The values of a limit, each in the column in which it was set, where
  /// there is room behind the one before; of several in a column, the last.
  std::string draw(const std::vector<LimitStep>& steps,
                   Clock::time_point began) const {
    std::vector<std::string> values(columns_);
    for (const LimitStep& step : steps)
      values[column(Nanoseconds(step.at - began).count())] =
          fmt::format("{}", step.limit);
    std::string line;
    for (std::size_t c = 0; c < columns_; ++c) {
      const bool fits = c + values[c].size() <= columns_;
      const bool apart = line.empty() || c > line.size();
      if (!values[c].empty() && fits && apart)
        line = pad_right(line, c) + values[c];
    }
    return line;
  }

  bool drew_held() const { return drew_held_; }
  bool drew_failure() const { return drew_failure_; }

 private:
  /// The last column of what ends at `to`: the one before, when it ends just
  /// where a column begins.
  std::size_t last_column(std::int64_t from, std::int64_t to) const {
    return std::max(column(from), column(std::max(from, to - 1)));
  }

  void spread(const Span& span, std::vector<Times>& times) const {
    const std::size_t first = column(span.from);
    const std::size_t last = last_column(span.from, span.to);
    for (std::size_t c = first; c <= last; ++c)
      times[c][static_cast<std::size_t>(span.part)] += std::max<std::int64_t>(
          0, std::min(span.to, edge(c + 1)) - std::max(span.from, edge(c)));
  }

  std::int64_t edge(std::size_t column) const {
    return static_cast<std::int64_t>(static_cast<double>(span_) *
                                     static_cast<double>(column) /
                                     static_cast<double>(columns_));
  }

  /// Blank only where there was nothing to do for more than half of the time.
  ItemPhase most_of(const Times& time) const {
    const auto most = std::ranges::max_element(time);
    const std::int64_t width = std::max<std::int64_t>(edge(1), 1);
    const std::int64_t busy = std::accumulate(time.begin(), time.end(), 0L);
    if (2 * busy < width) return ItemPhase::idle;
    return static_cast<ItemPhase>(most - time.begin());
  }

  void overlay(const Box& box, const std::vector<ItemPhase>& shown,
               std::vector<std::pair<std::string, Mark>>& cells) {
    const std::size_t first = column(box.from());
    const std::size_t last = last_column(box.from(), box.to());
    const std::string number = fmt::format("{}", box.item + 1);
    if (last > first) {
      cells[first] = {std::string(start_bar(style_.unicode)), Mark::none};
      std::size_t same = first + 1;
      while (same <= last && shown[same] == shown[first + 1]) ++same;
      if (same - first > number.size() + 2)
        for (std::size_t n = 0; n < number.size(); ++n)
          cells[first + 1 + n] = {number.substr(n, 1), Mark::none};
    } else if (shown[first] == ItemPhase::idle) {
      const auto longest = std::ranges::max_element(
          box.spans, {}, [](const Span& span) { return span.to - span.from; });
      const Glyph it = glyph(longest->part, style_.unicode);
      cells[first] = {std::string(it.text), it.mark};
    }
    if (!box.failed) return;
    cells[last] = {std::string(failure.text), failure.mark};
    drew_failure_ = true;
  }

  /// Cells of one colour are marked together.
  std::string joined(
      const std::vector<std::pair<std::string, Mark>>& cells) const {
    std::string line, run;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      run += cells[c].first;
      if (c + 1 < cells.size() && cells[c + 1].second == cells[c].second)
        continue;
      line += marked(std::exchange(run, {}), cells[c].second, style_);
    }
    return line;
  }

  std::int64_t span_;
  std::size_t columns_;
  const Style& style_;
  bool drew_held_ = false, drew_failure_ = false;
};

std::string axis_lines(std::int64_t span, std::size_t columns,
                       std::size_t margin, const Canvas& canvas,
                       const Style& style) {
  constexpr std::size_t apart = 10;  // columns from one label to the next
  const Steps steps = steps_of(Quantity::time, static_cast<double>(span),
                               std::max<std::size_t>(columns / apart, 1));
  std::string ruler, labels;
  std::vector<bool> ticks(columns);
  const auto gap = static_cast<std::int64_t>(steps.gap());
  for (std::int64_t at = 0; at < span; at += gap) {
    const std::size_t column = canvas.column(at);
    const std::string label =
        fmt::format("{:.0f}", static_cast<double>(at) / steps.unit_size);
    ticks[column] = true;
    if (column + label.size() > columns) continue;
    labels = pad_right(labels, column) + label;
  }
  for (const bool tick : ticks)
    ruler += style.unicode ? (tick ? "┬" : "─") : (tick ? "+" : "-");
  const std::string unit = pad_left(steps.unit, margin - 1) + ' ';
  return std::string(margin, ' ') + marked(ruler, Mark::faint, style) + '\n' +
         unit + labels + '\n';
}

/// Empty where no limit moved.
std::string limit_line(const Trace& trace, std::size_t margin,
                       const Canvas& canvas) {
  if (trace.limits.empty()) return "";
  return pad_right("limit", margin) + canvas.draw(trace.limits, trace.began) +
         '\n';
}

std::string legend_of(const Style& style, bool has_held, bool has_failure) {
  std::vector<std::string> entries;
  const auto add = [&](Glyph it, std::string_view word) {
    entries.push_back(fmt::format("{0}{0} {1}", it.text, word));
  };
  add(glyph(ItemPhase::waiting, style.unicode), "waiting");
  add(glyph(ItemPhase::processing, style.unicode), "processing");
  if (has_held)
    add(glyph(ItemPhase::held, style.unicode), "held between stages");
  entries.push_back(fmt::format("{} an item", start_bar(style.unicode)));
  if (has_failure) entries.emplace_back("x failed");
  return marked(legend(entries, style.columns), Mark::faint, style);
}

}  // namespace

std::string timelines_of(std::span<const TimelineGroup> groups,
                         const Style& style, std::size_t most_rows) {
  std::string text;
  bool has_held = false, has_failure = false;
  for (const TimelineGroup& group : groups) {
    std::int64_t span = 1;
    std::size_t margin = width_of("lane 0 ");
    std::vector<Picture> pictures;
    for (const Timeline& timeline : group.timelines) {
      span = std::max(span, Nanoseconds(wall(*timeline.trace)).count());
      pictures.push_back(picture_of(*timeline.trace, most_rows));
      const std::size_t rows = std::min(pictures.back().rows.size(), most_rows);
      margin = std::max(margin, 6 + fmt::formatted_size("{}", rows));
    }
    const std::size_t columns = style.columns - margin;
    Canvas canvas(span, columns, style);
    if (!group.heading.empty())
      text += marked(wrap(group.heading, style.columns), Mark::heading, style);
    for (std::size_t n = 0; n < pictures.size(); ++n) {
      const Picture& picture = pictures[n];
      text += wrap(caption_of(group.timelines[n].title,
                              *group.timelines[n].trace, picture, most_rows),
                   style.columns, 2);
      text += limit_line(*group.timelines[n].trace, margin, canvas);
      for (std::size_t r = 0; r < picture.rows.size() && r < most_rows; ++r) {
        const std::string name = fmt::format("{} {}", picture.row_name, r + 1);
        std::string row =
            pad_right(name, margin) + canvas.draw(picture.rows[r]);
        row.erase(row.find_last_not_of(' ') + 1);
        text += row + '\n';
      }
    }
    text += axis_lines(span, columns, margin, canvas, style) + '\n';
    has_held |= canvas.drew_held();
    has_failure |= canvas.drew_failure();
  }
  return text.empty() ? text : text + legend_of(style, has_held, has_failure);
}

}  // namespace interleave
