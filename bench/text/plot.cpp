#include "bench/text/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "bench/text/text.hpp"

namespace interleave {

namespace {

constexpr std::array<std::string_view, 8> shapes{"●", "▲", "■", "◆",
                                                 "○", "△", "□", "◇"};
constexpr std::array<std::string_view, 8> letters{"o", "x", "+", "#",
                                                  "@", "%", "&", "="};

struct Square {
  std::string_view mark = " ";
  bool line = false;  // between two values: drawn faintly, and drawn over
};

class Canvas {
 public:
  Canvas(std::size_t columns, std::size_t rows)
      : columns_(columns), squares_(rows, std::vector<Square>(columns)) {}

  std::size_t columns() const { return columns_; }
  std::size_t rows() const { return squares_.size(); }

  void point(std::size_t column, std::size_t row, std::string_view mark) {
    Square& square = squares_[row][column];
    const bool taken = square.mark != " " && !square.line;
    square = {taken ? "*" : mark, false};
  }

  void line(std::size_t column, std::size_t row, std::string_view mark) {
    Square& square = squares_[row][column];
    if (square.mark == " ") square = {mark, true};
  }

  /// Without the blanks at its end.
  std::string row(std::size_t row, const Style& style) const {
    std::string text;
    std::size_t blanks = 0;
    for (const Square& square : squares_[row]) {
      if (square.mark == " ") {
        ++blanks;
        continue;
      }
      text.append(std::exchange(blanks, 0), ' ');
      text += square.line ? marked(square.mark, Mark::faint, style)
                          : std::string(square.mark);
    }
    return text;
  }

 private:
  std::size_t columns_;
  std::vector<std::vector<Square>> squares_;
};

/// Where values lie, from the lowest to the highest of all.
struct Scale {
  double low = std::numeric_limits<double>::infinity(), high = 0;

  explicit Scale(std::span<const Series> series) {
    for (const Series& one : series)
      for (const double value : one.values) {
        if (!(value > 0) || !std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
      }
  }
  bool empty() const { return high == 0; }

  /// The row of a value, from the top.
  double row(double value, std::size_t rows) const {
    const double range = std::log(high / low);
    const double share = range > 0 ? std::log(value / low) / range : 0.5;
    return (1 - share) * static_cast<double>(rows - 1);
  }
};

std::size_t column_of(std::size_t i, std::size_t count, std::size_t columns) {
  return count < 2 ? columns / 2 : i * (columns - 1) / (count - 1);
}

void draw(Canvas& canvas, const Series& series, const Scale& scale,
          std::string_view mark, std::string_view dot) {
  const auto whole = [](double row) {
    return static_cast<std::size_t>(std::lround(row));
  };
  const std::size_t count = series.values.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (!(series.values[i] > 0) || !std::isfinite(series.values[i])) continue;
    const std::size_t x = column_of(i, count, canvas.columns());
    const double y = scale.row(series.values[i], canvas.rows());
    canvas.point(x, whole(y), mark);
    if (i + 1 == count || !(series.values[i + 1] > 0)) continue;
    const std::size_t end = column_of(i + 1, count, canvas.columns());
    const double next = scale.row(series.values[i + 1], canvas.rows());
    for (std::size_t at = x + 1; at < end; ++at)
      canvas.line(at,
                  whole(std::lerp(y, next,
                                  static_cast<double>(at - x) /
                                      static_cast<double>(end - x))),
                  dot);
  }
}

/// Each label under its place; one that would touch the last is left out.
std::string labels_below(std::span<const std::string> labels,
                         std::size_t margin, std::size_t columns) {
  std::string text;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::size_t width = width_of(labels[i]);
    const std::size_t middle = margin + column_of(i, labels.size(), columns);
    std::size_t from = middle - std::min(middle, width / 2);
    if (width > margin + columns) continue;
    from = std::min(from, margin + columns - width);
    const std::size_t used = width_of(text);
    if (!text.empty() && from < used + 1) continue;
    text.append(from - std::min(from, used), ' ');
    text += labels[i];
  }
  return text + '\n';
}

}  // namespace

std::string plot_of(std::span<const Series> series,
                    std::span<const std::string> labels, std::size_t rows,
                    const Style& style) {
  const Scale scale(series);
  if (scale.empty()) return "";
  rows = std::max<std::size_t>(rows, 3);
  const auto& marks = style.unicode ? shapes : letters;
  const std::string top = significant(scale.high),
                    bottom = significant(scale.low);
  const std::size_t margin = std::max(width_of(top), width_of(bottom)) + 2;
  Canvas canvas(std::max<std::size_t>(style.columns, margin + 2) - margin,
                rows);
  for (std::size_t i = 0; i < series.size(); ++i)
    draw(canvas, series[i], scale, marks[i % marks.size()],
         style.unicode ? "·" : ".");

  std::string text;
  const std::string_view edge = style.unicode ? "│" : "|";
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string beside = row == 0          ? top
                               : row == rows - 1 ? bottom
                                                 : std::string();
    text += pad_left(beside, margin - 1);
    text += edge;
    text += canvas.row(row, style) + '\n';
  }
  text += labels_below(labels, margin, canvas.columns());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < series.size(); ++i)
    names.push_back(
        fmt::format("{} {}", marks[i % marks.size()], series[i].name));
  return text + legend(names, style.columns);
}

}  // namespace interleave
