#include "bench/html/embedded.hpp"

#include <algorithm>

namespace interleave {

std::string_view embedded(std::string_view path) {
  const auto files = embedded_files();
  const auto found = std::ranges::find(files, path, &EmbeddedFile::path);
  return found == files.end() ? std::string_view() : found->text;
}

}  // namespace interleave
