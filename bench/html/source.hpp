// Compiled code on a page, highlighted, with lines marked that others lack.
// What stands in a `<pre>` with a `data-source` is in that file, verbatim.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/grid/catalog.hpp"

namespace interleave::html {

using Lines = std::vector<std::string_view>;

/// The lines of a text, which outlives them, without their ends.
Lines lines_of(std::string_view text);

/// A line of C++ as HTML in which comments, strings and keywords are marked;
/// without the markup it is the line.
std::string highlighted(std::string_view line);

/// For each line of two texts whether the other lacks it. What is left over
/// is the same on both sides.
struct Difference {
  std::vector<bool> left, right;
};
Difference difference(const Lines& left, const Lines& right);

/// Texts that are compared pair by pair. `name` stands for a text in the
/// `data-not` of lines that it lacks, so it has no spaces.
class Versions {
 public:
  struct Version {
    std::string name;
    Lines lines;
  };
  explicit Versions(std::vector<Version> versions);

  /// Lines [from, to) of one of them as HTML.
  std::string rows(std::size_t version, std::size_t from, std::size_t to) const;

 private:
  std::vector<Version> versions_;
  std::vector<std::vector<std::string>> lacking_;  // names, by version and line
};

/// Lines between two empty ones: numbers from 0, without the last.
struct Region {
  std::size_t first, last;
};

/// A pattern's file in its parts.
struct Listing {
  std::string concept_line;      ///< what every model says
  std::string words;             ///< what this one says: the rest above it
  Lines lines;                   ///< of the whole file
  std::vector<Region> preamble;  ///< up to the pattern: includes, its tasks
  std::vector<Region> pattern;   ///< its paragraphs, the first with its head
};

/// `text` outlives it. Throws std::logic_error where it is no pattern of that
/// name.
Listing listing_of(std::string_view text, std::string_view pattern);

/// A pattern in one model, as a part of a page that shows several.
struct Column {
  const Cell* cell;
  Listing listing;
};

/// The cells of a pattern, in the order of the models.
std::vector<Column> columns_of(const Pattern& pattern);

/// The code of each column in paragraphs, compared by the names of the models.
/// Paragraphs that do the same have the same row, from 3.
std::vector<std::string> paragraphs(std::span<const Column> columns);

/// All code of a pattern's file: everything below its first comment.
std::string whole_code(const Column& column);

/// A file from its first line to its last.
std::string whole_file(std::string_view path, std::string_view text);

/// A box for the `<pre>`s of a file: it scrolls in a window that is narrower
/// than a line of code.
std::string code_box(std::string_view path, std::string_view code);

/// `code` from the file in its `<pre>`, in a row of the box's grid unless 0.
std::string code_of(std::string_view path, std::string_view code,
                    std::size_t row = 0);

}  // namespace interleave::html
