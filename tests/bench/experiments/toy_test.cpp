#include "bench/experiments/work/toy.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "bench/origin/python_random.hpp"

namespace interleave {
namespace {

Item with_argument(std::string argument) {
  Item item;
  item.argument = std::move(argument);
  return item;
}

TEST(Toy, PlusOneGivesThePublishedDigits) {
  PythonRandom random(41);
  for (const char* published : {"1.3810206899957715", "1.2307191863104752",
                                "1.1660367243141352", "1.9138334347727128"})
    EXPECT_EQ(plus_one(with_argument(python_repr(random.random())), ""),
              published);
}

TEST(Toy, PlusOneTakesNumbersAndNothingElse) {
  EXPECT_EQ(plus_one(with_argument("1"), ""), "2.0");
  EXPECT_EQ(plus_one(with_argument("-1.5e0"), ""), "-0.5");
  for (const char* text : {"", " 1", "1 ", "one", "nan", "inf", "1e999", "1,5"})
    EXPECT_THROW(plus_one(with_argument(text), ""), std::invalid_argument)
        << text;
}

TEST(Toy, WritesNumbersAsPythonDoes) {
  EXPECT_EQ(python_repr(0), "0.0");
  EXPECT_EQ(python_repr(-0.0), "-0.0");
  EXPECT_EQ(python_repr(1e15), "1000000000000000.0");
  EXPECT_EQ(python_repr(1e16), "1e+16");
  EXPECT_EQ(python_repr(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(python_repr(0.0001), "0.0001");
  EXPECT_EQ(python_repr(0.00001), "1e-05");
  EXPECT_EQ(python_repr(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(python_repr(5e-324), "5e-324");
  EXPECT_EQ(python_repr(std::numeric_limits<double>::infinity()), "inf");
}

TEST(Toy, BoomSaysBoom) {
  try {
    boom(Item(), "");
    FAIL() << "it did not throw";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "Boom!");
  }
}

TEST(Toy, TheSecondResultIsDerivedFromTheFirst) {
  EXPECT_EQ(first_result(with_argument("9"), ""), "result9-1");
  EXPECT_EQ(derived_result(with_argument("9"), ""),
            "result9-2 derived from result9-1");
  EXPECT_EQ(echo(with_argument("19"), "body"), "19");
}

}  // namespace
}  // namespace interleave
