// UTF-8, one character at a time.
#pragma once

#include <cstddef>
#include <string_view>

namespace interleave {

struct Character {
  char32_t code = 0;      ///< only where it is valid
  std::size_t bytes = 1;  ///< one where it is not valid
  bool valid = false;
};

/// The first character of a text that is not empty.
Character first_character(std::string_view text);

/// Whether a terminal shows the character where it stands and does nothing
/// else: no control character, none that changes the direction of writing, and
/// none that is invisible.
bool is_shown(char32_t code);

/// Whether the character is a blank beyond ASCII, such as a no-break space.
bool is_wide_blank(char32_t code);

}  // namespace interleave
