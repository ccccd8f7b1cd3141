// A catalogue of books, made of a seed, and the look-ups in it as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/origin/python_random.hpp"
#include "common/item.hpp"

namespace interleave {

struct Book {
  std::string title;
  std::vector<std::string> authors;  ///< one or two
  int year = 0;

  bool operator==(const Book&) const = default;
};

/// Ten digits, each drawn with randint(0, 9). (No check digit is computed: the
/// published experiment had none either.)
std::string random_isbn(PythonRandom& random);

/// Whether `text` is ten digits.
bool is_isbn(std::string_view text);

/// What the catalogue with this seed has under `isbn`: the same on every
/// machine. `hit_share`, from 0 to 1, is the share of all numbers that are
/// found; a book that is found at one share is found at every larger one.
/// Throws std::invalid_argument when `isbn` is not ten digits, or the share is
/// not from 0 to 1.
std::optional<Book> book_of(std::uint64_t seed, std::string_view isbn,
                            double hit_share);

/// The path to ask for: `/api/books?bibkeys=ISBN:<isbn>&format=json`.
std::string book_path(std::string_view isbn);

/// The body that answers it: `{}`, or `{"ISBN:<isbn>": {"title": ...}}`.
std::string catalogue_reply(std::uint64_t seed, std::string_view isbn,
                            double hit_share);

/// Reads such a reply: the title of the book, or an empty text for `{}`.
/// `item.argument` is the number that was asked for. Throws std::runtime_error
/// when the reply is not JSON, not of this form or about another number.
std::string read_book(const Item& item, std::string_view body);

}  // namespace interleave
