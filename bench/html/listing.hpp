// Compiled code on a page: what stands in a `<pre>` is in the file, verbatim.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/grid/catalog.hpp"
#include "bench/html/source.hpp"

namespace interleave::site {

/// A pattern in one model, as a part of a page that shows several.
struct Column {
  const Cell* cell;
  Listing listing;
};

/// The cells of a pattern, in the order of the models.
std::vector<Column> columns_of(const Pattern& pattern);

/// The code of `columns[n]` in paragraphs. Each line says which of the other
/// columns lack it; paragraphs that do the same have the same row, from 1.
std::string paragraphs(const std::vector<Column>& columns, std::size_t n);

/// All code of a pattern's file: everything below its first comment.
std::string whole_code(const Column& column);

/// A file from its first line to its last.
std::string whole_file(std::string_view path, std::string_view text);

/// What the first comment of a file says of its model, as a paragraph.
std::string words_of(const Column& column);

}  // namespace interleave::site
