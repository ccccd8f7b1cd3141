#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/origin/books.hpp"
#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

void book_reply(std::string_view bytes) {
  Item item;
  item.argument = "1234567890";
  std::string title;
  try {
    title = read_book(item, bytes);
  } catch (const std::runtime_error& error) {
    const std::string_view text = error.what();
    require(text.starts_with("book look-up: ") && is_printable(text),
            "a refusal says what it is about, and is printable");
    return;
  }
  if (title.empty()) {
    require(nlohmann::json::parse(bytes).empty(),
            "only an empty reply means not found");
    return;
  }
  const nlohmann::json again = {{"ISBN:1234567890", {{"title", title}}}};
  require(read_book(item, again.dump()) == title,
          "a title is read back as it was written");
}

}  // namespace interleave::fuzz
