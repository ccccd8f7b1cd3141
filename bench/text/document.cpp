#include "bench/text/document.hpp"

#include <fmt/format.h>

#include "bench/text/text.hpp"

namespace interleave {

void Document::begin(Part part) {
  const bool close = last_ == Part::none ||
                     (part == Part::item && last_ == part) ||
                     (style_ && part == Part::note &&
                      (last_ == Part::note || last_ == Part::title));
  if (!close) text_ += '\n';
  last_ = part;
}

void Document::title(std::string_view text) {
  begin(Part::title);
  if (style_)
    text_ += marked(text, Mark::heading, *style_) + '\n';
  else
    text_ += fmt::format("### {}\n", text);
}

void Document::facts(std::initializer_list<std::string> lines) {
  begin(Part::other);
  std::string_view separator;
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    if (style_) {
      text_ += wrap(printable(line), style_->columns, 2);
    } else {
      text_ += separator;
      text_ += escape_markdown(printable(line));
      separator = "\\\n";
    }
  }
  if (!style_) text_ += '\n';
}

void Document::table(const Columns& table, Rest rest,
                     std::string_view caption) {
  begin(Part::other);
  if (style_)
    text_ += wrap(printable(caption), style_->columns, 2) +
             table.render(*style_, rest);
  else
    text_ += fmt::format("{}{}{}", caption, caption.empty() ? "" : "\n\n",
                         table.markdown());
}

void Document::note(std::string_view text, Mark mark) {
  begin(Part::note);
  if (style_)
    text_ += marked(wrap(spelled(printable(text), *style_), style_->columns),
                    mark, *style_);
  else
    text_ += escape_markdown(printable(text)) + '\n';
}

void Document::item(std::string_view word, std::string_view text, Mark mark) {
  begin(Part::item);
  const std::string inert = printable(text);
  if (!style_) {
    const std::string label = word.empty() ? "" : std::string(word) + ": ";
    text_ += fmt::format("- {}{}\n", label, escape_markdown(inert));
    return;
  }
  const std::string lead = word.empty() ? "- " : "  " + pad_right(word, 5);
  // wrap() drops spaces in front.
  const std::string hung =
      wrap(std::string(lead.size(), 'x') + inert, style_->columns, lead.size());
  text_ += marked(lead, mark, *style_) + hung.substr(lead.size());
}

void Document::picture(const std::function<std::string(const Style&)>& draw) {
  if (!style_) return;
  const std::string drawn = draw(*style_);
  if (drawn.empty()) return;
  begin(Part::other);
  text_ += drawn;
}

void Document::conclusion(std::string_view statements) {
  begin(Part::other);
  text_ += style_ ? interleave::statements(statements, style_->columns)
                  : statements_markdown(statements);
}

}  // namespace interleave
