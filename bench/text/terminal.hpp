// What a report may look like where it goes.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace interleave {

struct Style {
  std::size_t columns = 80;  ///< 20 to 1000
  bool colour = false;
  bool unicode = false;  ///< else ASCII only
};

/// A variable of the environment; empty where it is not set.
using Environment = std::function<std::string_view(const char* name)>;
std::string_view from_environment(const char* name);

/// For a stream that is a terminal of `columns` columns (0: not known), or is
/// none. COLUMNS replaces the width of either. Colour is for terminals, unless
/// NO_COLOR or CI is set or TERM is `dumb`; characters outside of ASCII
/// are for a UTF-8 locale.
Style style_for(bool terminal, std::size_t columns, const Environment& env);

/// The same for a descriptor of this process.
Style style_for(int descriptor);

/// Whether a line may be drawn over again: a terminal, not in CI, not dumb.
bool may_animate(int descriptor);

/// A part of a line, marked where the style allows it. The text says the same
/// without the mark.
enum class Mark { none, heading, faint, good, bad, waiting, processing };
std::string marked(std::string_view text, Mark mark, const Style& style);

}  // namespace interleave
