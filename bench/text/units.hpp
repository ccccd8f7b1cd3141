// Durations and sizes as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace interleave {

/// Reads `250ms`, `89us`, `1.5s`, `10ns`, `2m` (minutes) or `0`; exact to the
/// nanosecond, from 0 to 292 years. Throws std::invalid_argument with a text
/// that says what is wrong and what would be right.
std::chrono::nanoseconds parse_duration(std::string_view text);

/// Reads a number of bytes: `10966`, `64KiB`, `1.5MiB`, `2GiB`, `10kB` (1000),
/// `10MB`, `1GB`. Throws std::invalid_argument as parse_duration() does.
std::uint64_t parse_size(std::string_view text);

/// Three significant digits and a unit: `89.0 ms`, `2.85 s`, `12.3 us`. Below
/// a microsecond whole nanoseconds, above 1000 s whole seconds.
std::string format_duration(std::chrono::nanoseconds duration);

/// Three significant digits and a binary unit: `10.7 KiB`, `512 B`.
std::string format_size(std::uint64_t bytes);

/// `text` from elsewhere (a server, a file, an exception) made inert. UTF-8
/// that can be shown stays as it is; bytes of controls, of characters that are
/// invisible or change the direction of writing, and of no character at all
/// become `\xNN`, so no escape code reaches a terminal.
std::string printable(std::string_view text);

/// `text` in single quotes, safe to print anywhere: what printable() changes,
/// quotes, backslashes, `<`, `>` and `&` become `\xNN`, and what is longer than
/// 40 bytes ends in `...`.
std::string in_quotes(std::string_view text);

}  // namespace interleave
