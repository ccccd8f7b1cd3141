// A table in as many columns as fit, in a terminal or in Markdown.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "bench/text/terminal.hpp"

namespace interleave {

/// One column of a table.
struct Column {
  std::string over, under;  ///< the two lines of its heading
  std::size_t rank = 0;     ///< columns are taken in this order while they fit
  bool left = false;        ///< aligned, as text is; numbers are not
  std::size_t gap = 2;      ///< spaces before it
  bool joined = false;      ///< to the column before: "±2.0%" to "82.0"
};

/// One cell of a table.
struct Field {
  std::string text;
  Mark mark = Mark::none;
};

/// What becomes of columns that do not fit.
enum class Rest {
  dropped,  ///< those of the highest ranks
  below,    ///< they follow below, beside the first one again
};

class Columns {
 public:
  explicit Columns(std::vector<Column> columns)
      : columns_(std::move(columns)) {}

  /// A field for each column.
  void add_row(std::vector<Field> fields);
  /// The first field, then words in place of all others.
  void add_message(std::string first, std::string words);
  /// A line between rows.
  void add_heading(std::string text);

  bool empty() const { return lines_.empty(); }

  /// Every line is at most `style.columns` wide and has no space at its end.
  std::string render(const Style& style, Rest rest = Rest::dropped) const;

  /// All columns, in GitHub's Markdown.
  std::string markdown() const;

 private:
  struct Line {
    enum class Kind { row, message, heading } kind;
    std::vector<Field> fields;
  };

  /// Indices of columns in reading order, with their widths.
  using Shown = std::vector<std::pair<std::size_t, std::size_t>>;

  std::vector<std::size_t> widths(const Style& style) const;
  Shown take(std::vector<std::size_t>& left,
             const std::vector<std::size_t>& widths, std::size_t room,
             Rest rest) const;
  std::string head(const Shown& shown, const Style& style) const;
  std::string block(const Shown& shown, const Style& style) const;
  std::string markdown_of(const Line& line) const;

  std::vector<Column> columns_;
  std::vector<Line> lines_;
};

}  // namespace interleave
