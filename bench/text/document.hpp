// A report as it is written, for a terminal or as Markdown.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bench/text/columns.hpp"

namespace interleave {

/// Its parts, in reading order, are set apart by empty lines; not so notes in a
/// terminal, and items. Text from elsewhere is made inert. In a terminal no
/// line is wider than the style allows.
class Document {
 public:
  Document() = default;  ///< Markdown
  explicit Document(const Style& style) : style_(style) {}

  bool is_markdown() const { return !style_; }

  void title(std::string_view text);
  /// What was measured, and where; a line each. Empty ones are left out.
  void facts(std::initializer_list<std::string> lines);
  /// The caption is our own words: in Markdown its mark-up counts.
  void table(const Columns& table, Rest rest = Rest::dropped,
             std::string_view caption = "");
  /// A paragraph.
  void note(std::string_view text, Mark mark = Mark::none);
  /// Of a list, behind a word of at most four characters or a dash.
  void item(std::string_view word, std::string_view text,
            Mark mark = Mark::none);
  /// What follows is another list.
  void end_list() { last_ = Part::other; }
  /// Only in a terminal.
  void picture(const std::function<std::string(const Style&)>& draw);
  /// A line for each statement.
  void conclusion(std::string_view statements);

  std::string take() { return std::move(text_); }

 private:
  enum class Part { none, title, note, item, other };
  void begin(Part part);

  std::optional<Style> style_;
  std::string text_;
  Part last_ = Part::none;
};

}  // namespace interleave
