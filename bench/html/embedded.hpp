// Files of this project that the program carries: pattern sources, the page.
#pragma once

#include <span>
#include <string_view>

namespace interleave {

struct EmbeddedFile {
  std::string_view path;  ///< from the root of the project
  std::string_view text;
};

/// As they were when the program was built; CMake makes the table of them.
std::span<const EmbeddedFile> embedded_files();

/// The text of the one with this path; empty when there is none.
std::string_view embedded(std::string_view path);

}  // namespace interleave
