#include "bench/text/columns.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "bench/text/text.hpp"

namespace interleave {

namespace {

/// One line, put together field by field; marks take no room.
class LineBuilder {
 public:
  explicit LineBuilder(const Style& style) : style_(style) {}

  void add(const Field& field, const Column& column, std::size_t width) {
    if (column_ > 0) pending_ += column.gap;
    ++column_;
    const std::size_t room = width - std::min(width, width_of(field.text));
    if (!column.left) pending_ += room;
    if (!field.text.empty()) {
      line_.append(std::exchange(pending_, 0), ' ');
      line_ += marked(field.text, field.mark, style_);
    }
    if (column.left) pending_ += room;
  }

  /// As much of a text as fits, two spaces behind what there is.
  void add_text(const Field& field, std::size_t room) {
    if (column_ > 0) line_.append(pending_ + 2, ' ');
    line_ += marked(clip(field.text, room), field.mark, style_);
  }

  std::string take() { return line_ + '\n'; }

 private:
  const Style& style_;
  std::string line_;
  std::size_t pending_ = 0;  // spaces that only count if something follows
  std::size_t column_ = 0;
};

std::string rule(std::size_t width, const Style& style) {
  std::string line;
  for (std::size_t i = 0; i < width; ++i) line += style.unicode ? "─" : "-";
  return marked(line, Mark::faint, style) + '\n';
}

}  // namespace

void Columns::add_row(std::vector<Field> fields) {
  lines_.push_back({Line::Kind::row, std::move(fields)});
}

void Columns::add_message(std::string first, std::string words) {
  lines_.push_back({Line::Kind::message,
                    {{std::move(first)}, {std::move(words), Mark::bad}}});
}

void Columns::add_heading(std::string text) {
  lines_.push_back({Line::Kind::heading, {{std::move(text), Mark::heading}}});
}

std::vector<std::size_t> Columns::widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_)
    widths.push_back(std::max(width_of(column.over), width_of(column.under)));
  for (const Line& line : lines_) {
    if (line.kind == Line::Kind::heading) continue;
    // Of a message only its first field stands in a column.
    const std::size_t fields =
        line.kind == Line::Kind::message ? 1 : line.fields.size();
    for (std::size_t i = 0; i < fields; ++i)
      widths[i] = std::max(widths[i], width_of(line.fields[i].text));
  }
  return widths;
}

Columns::Shown Columns::choose(const std::vector<std::size_t>& widths,
                               std::size_t columns) const {
  std::vector<std::size_t> order(columns_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) { return columns_[i].rank; });
  Shown shown;
  std::size_t used = 0;
  for (const std::size_t i : order) {
    used += widths[i] + (shown.empty() ? 0 : columns_[i].gap);
    if (!shown.empty() && used > columns) break;
    shown.emplace_back(i, widths[i]);
  }
  std::ranges::sort(shown);
  return shown;
}

std::string Columns::head(const Shown& shown, const Style& style) const {
  LineBuilder over(style), under(style);
  std::size_t total = 0;
  for (const auto& [i, width] : shown) {
    over.add({columns_[i].over, Mark::faint}, columns_[i], width);
    under.add({columns_[i].under, Mark::faint}, columns_[i], width);
    total += width + (total == 0 ? 0 : columns_[i].gap);
  }
  return over.take() + under.take() + rule(total, style);
}

std::string Columns::render(const Style& style) const {
  const Shown shown = choose(widths(), style.columns);
  std::string text = head(shown, style);
  for (const Line& line : lines_) {
    LineBuilder built(style);
    std::size_t room = style.columns;
    switch (line.kind) {
      case Line::Kind::row:
        for (const auto& [i, width] : shown)
          built.add(line.fields[i], columns_[i], width);
        break;
      case Line::Kind::message:
        built.add(line.fields.front(), columns_.front(), shown.front().second);
        room -= std::min(room, shown.front().second + 2);
        [[fallthrough]];
      case Line::Kind::heading:
        built.add_text(line.fields.back(), room);
    }
    text += built.take();
  }
  return text;
}

}  // namespace interleave
