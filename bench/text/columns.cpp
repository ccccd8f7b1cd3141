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
    const std::string text = clip(spelled(field.text, style_), width);
    const std::size_t room = width - width_of(text);
    if (!column.left) pending_ += room;
    if (!text.empty()) {
      line_.append(std::exchange(pending_, 0), ' ');
      line_ += marked(text, field.mark, style_);
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

/// "speed-", "up" is one word.
std::string heading_of(const Column& column) {
  if (column.over.empty()) return column.under;
  if (column.over.ends_with('-'))
    return column.over.substr(0, column.over.size() - 1) + column.under;
  return column.over + (column.under.empty() ? "" : " ") + column.under;
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

std::vector<std::size_t> Columns::widths(const Style& style) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_)
    widths.push_back(std::max(width_of(column.over), width_of(column.under)));
  for (const Line& line : lines_) {
    if (line.kind == Line::Kind::heading) continue;
    // Of a message only its first field stands in a column.
    const std::size_t fields =
        line.kind == Line::Kind::message ? 1 : line.fields.size();
    for (std::size_t i = 0; i < fields; ++i)
      widths[i] =
          std::max(widths[i], width_of(spelled(line.fields[i].text, style)));
  }
  return widths;
}

constexpr std::size_t least_worth =
    6;  // columns that are worth a gap and a field

/// The first column and as many of those that are `left` as fit.
Columns::Shown Columns::take(std::vector<std::size_t>& left,
                             const std::vector<std::size_t>& widths,
                             std::size_t room, Rest rest) const {
  Shown shown{{0, widths.front()}};
  std::size_t used = widths.front();
  while (!left.empty()) {
    std::size_t count = 1, more = 0;
    if (rest == Rest::below)
      while (count < left.size() && columns_[left[count]].joined) ++count;
    for (std::size_t n = 0; n < count; ++n)
      more += widths[left[n]] + columns_[left[n]].gap;
    // What no line has room for is cut.
    const bool cut = rest == Rest::below && shown.size() == 1;
    if (used + more > room && !cut) break;
    if (cut && used + least_worth > room) {
      left.clear();
      break;
    }
    for (std::size_t n = 0; n < count; ++n) {
      used += columns_[left[n]].gap;
      if (used >= room) break;
      shown.emplace_back(left[n], std::min(widths[left[n]], room - used));
      used += shown.back().second;
    }
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
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
  const std::string first = over.take();
  return (first == "\n" ? "" : first) + under.take() + rule(total, style);
}

std::string Columns::block(const Shown& shown, const Style& style) const {
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

std::string Columns::render(const Style& style, Rest rest) const {
  std::vector<std::size_t> left(columns_.size() - 1);
  std::iota(left.begin(), left.end(), std::size_t{1});
  if (rest == Rest::dropped)
    std::ranges::stable_sort(left, {},
                             [&](std::size_t i) { return columns_[i].rank; });
  const std::vector<std::size_t> widths = this->widths(style);
  std::string text = block(take(left, widths, style.columns, rest), style);
  while (rest == Rest::below && !left.empty())
    text += '\n' + block(take(left, widths, style.columns, rest), style);
  return text;
}

std::string Columns::markdown_of(const Line& line) const {
  const bool heading = line.kind == Line::Kind::heading;
  std::string text = "|";
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::string field = i < line.fields.size() ? line.fields[i].text : "";
    field.erase(0, field.find_first_not_of(' '));
    field = escape_markdown(printable(field));
    if (columns_[i].joined) {
      text.resize(text.size() - 2 + std::min(columns_[i].gap, field.size()));
      text += field + " |";
    } else {
      if (heading && i == 0) field = "**" + field + "**";
      text += ' ' + field + (field.empty() ? "|" : " |");
    }
  }
  return text + '\n';
}

std::string Columns::markdown() const {
  Line head{Line::Kind::row, {}};
  std::string rule = "|";
  for (const Column& column : columns_) {
    head.fields.push_back({heading_of(column)});
    if (!column.joined) rule += column.left ? "---|" : "--:|";
  }
  std::string text = markdown_of(head) + rule + '\n';
  for (const Line& line : lines_) text += markdown_of(line);
  return text;
}

}  // namespace interleave
