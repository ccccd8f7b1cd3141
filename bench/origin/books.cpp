#include "bench/origin/books.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/text/units.hpp"
#include "common/digest.hpp"

namespace interleave {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 8> adjectives{
    "Quiet", "Second", "Borrowed", "Salt", "Hollow", "Patient", "Last", "Blue"};
constexpr std::array<std::string_view, 8> nouns{
    "Harbour",    "Winter", "Ledger", "Café",
    "Lighthouse", "Garden", "Engine", "Map"};
constexpr std::array<std::string_view, 8> first_names{
    "Ana", "Björn", "Chidi", "Dora", "Emeka", "Fatma", "Gül", "Hiro"};
constexpr std::array<std::string_view, 8> last_names{
    "Muñoz", "Okafor", "Lind", "Sato", "Novák", "Haddad", "Reyes", "Weiß"};

void check_isbn(std::string_view isbn) {
  if (!is_isbn(isbn))
    throw std::invalid_argument(
        fmt::format("{} is not an ISBN of ten digits", in_quotes(isbn)));
}

/// Numbers that are drawn one after the other from what a book's number and
/// the seed make.
PythonRandom random_for(std::uint64_t seed, std::string_view isbn) {
  return PythonRandom(digest(isbn, seed));
}

template <class Words>
std::string_view any_of(const Words& words, PythonRandom& random) {
  const auto last = static_cast<std::int64_t>(words.size()) - 1;
  return words[static_cast<std::size_t>(random.randint(0, last))];
}

[[noreturn]] void refuse_reply(const std::string& what) {
  throw std::runtime_error("book look-up: " + what);
}

Json parse_reply(std::string_view body) {
  try {
    return Json::parse(body);
  } catch (const Json::parse_error& error) {
    refuse_reply(
        fmt::format("the reply is not JSON, as byte {} shows", error.byte));
  } catch (const Json::exception&) {  // a number that no double can hold
    refuse_reply("the reply has a number that cannot be read");
  }
}

}  // namespace

std::string random_isbn(PythonRandom& random) {
  std::string isbn;
  for (int i = 0; i < 10; ++i)
    isbn += static_cast<char>('0' + random.randint(0, 9));
  return isbn;
}

bool is_isbn(std::string_view text) {
  return text.size() == 10 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Book> book_of(std::uint64_t seed, std::string_view isbn,
                            double hit_share) {
  check_isbn(isbn);
  if (!(hit_share >= 0 && hit_share <= 1))
    throw std::invalid_argument(
        fmt::format("a share of hits is from 0 to 1, not {}", hit_share));
  PythonRandom random = random_for(seed, isbn);
  if (random.random() >= hit_share) return std::nullopt;

  Book book;
  const std::string_view adjective = any_of(adjectives, random);
  book.title = fmt::format("The {} {}", adjective, any_of(nouns, random));
  for (auto authors = random.randint(1, 2); authors > 0; --authors) {
    const std::string_view first = any_of(first_names, random);
    book.authors.push_back(
        fmt::format("{} {}", first, any_of(last_names, random)));
  }
  book.year = static_cast<int>(random.randint(1950, 2025));
  return book;
}

std::string book_path(std::string_view isbn) {
  check_isbn(isbn);
  return fmt::format("/api/books?bibkeys=ISBN:{}&format=json", isbn);
}

std::string catalogue_reply(std::uint64_t seed, std::string_view isbn,
                            double hit_share) {
  const std::optional<Book> book = book_of(seed, isbn, hit_share);
  Json reply = Json::object();
  if (book) {
    Json authors = Json::array();
    for (const std::string& name : book->authors)
      authors.push_back({{"name", name}});
    reply[fmt::format("ISBN:{}", isbn)] = {
        {"title", book->title},
        {"authors", std::move(authors)},
        {"publish_date", fmt::format("{}", book->year)}};
  }
  return reply.dump();
}

std::string read_book(const Item& item, std::string_view body) {
  const Json reply = parse_reply(body);
  if (!reply.is_object())
    refuse_reply(fmt::format("the reply is of type {}, not an object",
                             reply.type_name()));
  if (reply.empty()) return "";

  const std::string wanted = "ISBN:" + item.argument;
  const auto found = reply.find(wanted);
  if (found == reply.end() || reply.size() > 1)
    refuse_reply(fmt::format(
        "the reply is about {}{}, not {} alone", in_quotes(reply.begin().key()),
        reply.size() > 1 ? " and more" : "", in_quotes(wanted)));
  // Not copied: that would be a call for each level of what may nest deeply.
  const auto title = found->find("title");
  if (title == found->end() || !title->is_string() ||
      title->get_ref<const std::string&>().empty())
    refuse_reply(fmt::format("{} has no title", in_quotes(wanted)));
  return title->get<std::string>();
}

}  // namespace interleave
