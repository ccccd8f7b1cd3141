// Sources for a page: in paragraphs, with the words of C++ marked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace interleave::site {

using Lines = std::vector<std::string_view>;

/// The lines of a text, which outlives them, without their ends.
Lines lines_of(std::string_view text);

/// A line of C++ as HTML in which comments, strings and keywords are marked;
/// without the mark-up it is the line.
std::string highlighted(std::string_view line);

/// For each line of `lines` whether `other` lacks it, as `diff` sees it.
std::vector<bool> lacking(const Lines& lines, const Lines& other);

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

}  // namespace interleave::site
