#include "tests/fuzz/promises.hpp"

#include <algorithm>
#include <array>

#include "bench/text/characters.hpp"

namespace interleave::fuzz {

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const Character first = first_character(text);
    if (!first.valid || !is_shown(first.code)) return false;
    text.remove_prefix(first.bytes);
  }
  return true;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::span<const Target> targets() {
  static constexpr std::array all{
      Target{"url_list", url_list}, Target{"frame", frame},
      Target{"request", request},   Target{"item_path", item_path},
      Target{"units", units},       Target{"scan", scan},
      Target{"image", image},       Target{"book_reply", book_reply},
      Target{"saved", saved},       Target{"server", server}};
  return all;
}

}  // namespace interleave::fuzz
