// What every parser promises about any bytes whatever: one function each.
#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace interleave::fuzz {

/// Thrown when a promise was broken. No parser throws it, so none of the
/// handlers below can take it for a refusal.
class Broken : public std::exception {
 public:
  explicit Broken(const char* promise) : promise_(promise) {}
  const char* what() const noexcept override { return promise_; }

 private:
  const char* promise_;  // a literal
};

inline void require(bool kept, const char* promise) {
  if (!kept) throw Broken(promise);
}

/// Whether a text can be shown on a terminal as it is: UTF-8 without controls.
bool is_printable(std::string_view text);

/// Whether it is made of printable ASCII and blanks alone.
bool is_ascii(std::string_view text);

// Each gives `bytes` to a parser and throws Broken when what came of them
// cannot be: refusing them is always right if the refusal is worded, and what
// is accepted must mean the same when it is written and read once more.
void url_list(std::string_view bytes);    // bench/workload/url_list.hpp
void frame(std::string_view bytes);       // common/wire.hpp
void request(std::string_view bytes);     // bench/origin/request.hpp
void item_path(std::string_view bytes);   // bench/origin/content.hpp, fault.hpp
void units(std::string_view bytes);       // bench/text/units.hpp
void scan(std::string_view bytes);        // bench/experiments/work/scan.hpp
void image(std::string_view bytes);       // bench/origin/image.hpp
void book_reply(std::string_view bytes);  // bench/origin/books.hpp
void saved(std::string_view bytes);       // bench/compare/saved.hpp
void server(std::string_view bytes);      // bench/workload/server.hpp

struct Target {
  std::string_view name;
  void (*check)(std::string_view bytes);
};

/// All of them: the names are those of the programs, fuzz_NAME, and of the
/// folders of corpus/.
std::span<const Target> targets();

}  // namespace interleave::fuzz
