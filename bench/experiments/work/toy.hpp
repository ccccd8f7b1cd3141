// The work of the toy experiments: next to nothing, with a known outcome.
#pragma once

#include <string>
#include <string_view>

#include "common/item.hpp"

namespace interleave {

/// f(t) = t + 1: `item.argument` is the number t as text, and the output is
/// what Python's repr() makes of the sum. Throws std::invalid_argument when it
/// is not a finite number.
std::string plus_one(const Item& item, std::string_view body);

/// The argument itself: a task whose result is its own number.
std::string echo(const Item& item, std::string_view body);

/// Throws std::runtime_error("Boom!").
std::string boom(const Item& item, std::string_view body);

/// The first link of a chain, for the argument 9: `result9-1`.
std::string first_result(const Item& item, std::string_view body);

/// The second link: `result9-2 derived from result9-1`.
std::string derived_result(const Item& item, std::string_view body);

/// As Python's repr(): the shortest digits that are read back as the same
/// number, with `.0` behind a whole one.
std::string python_repr(double number);

}  // namespace interleave
