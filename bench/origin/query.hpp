// What stands behind the '?' of a request's target.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace interleave::origin {

/// `name=value` pairs joined by '&', every name known and at most once; values
/// are taken as they are (nothing is percent-decoded). The views point into
/// what was parsed.
class Query {
 public:
  /// At most `most` names are known. Throws std::invalid_argument that names
  /// the parameter which is unknown, repeated or without a value.
  Query(std::string_view target, std::initializer_list<std::string_view> known);

  /// Calls `read` with the value, if there is one; what it says of a bad value
  /// (std::invalid_argument) is told with the name.
  template <class Read>
  void with(std::string_view name, Read read) const {
    for (std::size_t i = 0; i < count_; ++i) {
      if (names_[i] != name || !values_[i].data()) continue;
      try {
        read(values_[i]);
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(std::string(name) + ": " + error.what());
      }
    }
  }

  bool has(std::string_view name) const;

 private:
  static constexpr std::size_t most = 8;

  void add(std::string_view pair);

  // A name that is known and absent has no value, not even an empty one.
  std::array<std::string_view, most> names_;
  std::array<std::string_view, most> values_;
  std::size_t count_ = 0;
};

/// `target` without its query.
std::string_view path_of(std::string_view target);

/// A whole number from `low` to `high`. Throws std::invalid_argument.
std::uint64_t read_integer(std::string_view text, std::uint64_t low,
                           std::uint64_t high);

}  // namespace interleave::origin
