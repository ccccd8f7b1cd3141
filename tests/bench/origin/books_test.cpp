#include "bench/origin/books.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace interleave {
namespace {

Item look_up(std::string isbn) {
  Item item;
  item.argument = std::move(isbn);
  return item;
}

std::string refusal(std::string isbn, std::string_view body) {
  try {
    return "accepted: " + read_book(look_up(std::move(isbn)), body);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(Books, AnIsbnIsTenDigits) {
  PythonRandom random(1);
  // "".join(str(random.randint(0, 9)) for _ in range(10)), seed 1
  EXPECT_EQ(random_isbn(random), "2914177763");
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(is_isbn(random_isbn(random)));
  for (const char* text :
       {"", "123456789", "12345678901", "123456789X", "12345 7890"})
    EXPECT_FALSE(is_isbn(text)) << text;
}

TEST(Books, TheShareOfHitsIsTheOneAskedFor) {
  PythonRandom random(1);
  int found = 0;
  for (int i = 0; i < 10'000; ++i)
    found += book_of(7, random_isbn(random), 0.25).has_value();
  EXPECT_NEAR(found, 2'500, 200);
}

TEST(Books, NothingIsFoundAtZeroAndEverythingAtOne) {
  PythonRandom random(2);
  for (int i = 0; i < 1'000; ++i) {
    const std::string isbn = random_isbn(random);
    EXPECT_FALSE(book_of(7, isbn, 0));
    EXPECT_TRUE(book_of(7, isbn, 1));
  }
}

TEST(Books, ALargerShareKeepsTheBooksOfASmallerOne) {
  PythonRandom random(3);
  for (int i = 0; i < 1'000; ++i) {
    const std::string isbn = random_isbn(random);
    const auto few = book_of(7, isbn, 0.2), more = book_of(7, isbn, 0.6);
    if (few) {
      EXPECT_EQ(few, more);
    }
  }
}

TEST(Books, AnotherSeedIsAnotherCatalogue) {
  PythonRandom random(4);
  int same = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string isbn = random_isbn(random);
    EXPECT_EQ(book_of(1, isbn, 1), book_of(1, isbn, 1));
    same += book_of(1, isbn, 1) == book_of(2, isbn, 1);
  }
  EXPECT_LT(same, 10);
}

TEST(Books, StaysTheCatalogueItWas) {
  EXPECT_EQ(catalogue_reply(1, "2914177763", 1),
            R"({"ISBN:2914177763":{"authors":[{"name":"Fatma Sato"}],)"
            R"("publish_date":"1951","title":"The Patient Harbour"}})");
}

TEST(Books, RefusesWhatIsNoNumberOrShare) {
  EXPECT_THROW(book_of(1, "123", 0.5), std::invalid_argument);
  EXPECT_THROW(book_path("12345 7890"), std::invalid_argument);
  EXPECT_THROW(book_of(1, "1234567890", -0.1), std::invalid_argument);
  EXPECT_THROW(book_of(1, "1234567890", 1.1), std::invalid_argument);
  EXPECT_THROW(book_of(1, "1234567890", std::nan("")), std::invalid_argument);
}

TEST(Books, TheReaderFindsWhatTheCatalogueHolds) {
  PythonRandom random(5);
  int found = 0;
  for (int i = 0; i < 1'000; ++i) {
    const std::string isbn = random_isbn(random);
    const auto book = book_of(9, isbn, 0.5);
    EXPECT_EQ(read_book(look_up(isbn), catalogue_reply(9, isbn, 0.5)),
              book ? book->title : "");
    found += book.has_value();
  }
  EXPECT_GT(found, 0);
  EXPECT_EQ(catalogue_reply(9, "1234567890", 0), "{}");
  EXPECT_EQ(book_path("1234567890"),
            "/api/books?bibkeys=ISBN:1234567890&format=json");
}

TEST(Books, ARefusalSaysWhatIsWrongWithTheReply) {
  const std::string isbn = "1234567890";
  EXPECT_EQ(refusal(isbn, ""),
            "book look-up: the reply is not JSON, as byte 1 shows");
  EXPECT_EQ(refusal(isbn, "{\"ISBN"),
            "book look-up: the reply is not JSON, as byte 7 shows");
  EXPECT_EQ(refusal(isbn, "{} {}"),
            "book look-up: the reply is not JSON, as byte 4 shows");
  EXPECT_EQ(refusal(isbn, "{\"\xff\": 1}"),
            "book look-up: the reply is not JSON, as byte 3 shows");
  EXPECT_EQ(refusal(isbn, "{\"a\": 1e999}"),
            "book look-up: the reply has a number that cannot be read");
  EXPECT_EQ(refusal(isbn, "[]"),
            "book look-up: the reply is of type array, not an object");
  EXPECT_EQ(refusal(isbn, R"({"ISBN:1": {"title": "A"}})"),
            "book look-up: the reply is about 'ISBN:1', not "
            "'ISBN:1234567890' alone");
  EXPECT_EQ(refusal(isbn, R"({"ISBN:1234567890": {"title": "A"}, "b": 1})"),
            "book look-up: the reply is about 'ISBN:1234567890' and more, not "
            "'ISBN:1234567890' alone");
  for (const char* book : {"[]", "{}", "null", R"({"title": 1})",
                           R"({"title": ""})", R"({"title": null})"})
    EXPECT_EQ(refusal(isbn, std::string("{\"ISBN:1234567890\": ") + book + "}"),
              "book look-up: 'ISBN:1234567890' has no title");
}

TEST(Books, AReplyNestedDeeplyIsRefusedAndNothingElse) {
  EXPECT_EQ(refusal("1234567890", std::string(50'000, '[')),
            "book look-up: the reply is not JSON, as byte 50001 shows");
  EXPECT_EQ(refusal("1234567890",
                    std::string(50'000, '[') + std::string(50'000, ']')),
            "book look-up: the reply is of type array, not an object");
  EXPECT_EQ(refusal("1234567890", R"({"ISBN:1234567890": {"title": )" +
                                      std::string(50'000, '[') +
                                      std::string(50'000, ']') + "}}"),
            "book look-up: 'ISBN:1234567890' has no title");
}

}  // namespace
}  // namespace interleave
