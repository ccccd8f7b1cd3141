#include "bench/compare/statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace interleave {
namespace {

std::vector<double> one_to(std::size_t size) {
  std::vector<double> values(size);
  std::iota(values.begin(), values.end(), 1);
  return values;
}

TEST(Summary, IsTheMedianAndTheExtremesOfAFewValues) {
  const Summary odd = summarise(std::array{5.0, 1.0, 3.0});
  EXPECT_EQ(odd.median, 3);
  EXPECT_EQ(odd.low, 1);
  EXPECT_EQ(odd.high, 5);
  EXPECT_DOUBLE_EQ(odd.spread(), 2.0 / 3);
  EXPECT_EQ(summarise(std::array{4.0, 1.0, 2.0, 3.0}).median, 2.5);
  EXPECT_EQ(Summary{}.spread(), 0);
}

TEST(Summary, ClaimsNothingOfASingleValue) {
  const Summary one = summarise(std::array{7.0});
  EXPECT_EQ(one.median, 7);
  EXPECT_EQ(one.low, 7);
  EXPECT_EQ(one.high, 7);
  EXPECT_EQ(one.confidence, 0);
}

// Golden: sums of binomial coefficients over powers of two, done by hand. The
// ranks from 20 on are those of the tables in textbooks.
TEST(Summary, HasTheIntervalOfItsOrderStatistics) {
  struct {
    std::size_t size, low, high;
    double confidence;
  } const golden[] = {
      {2, 1, 2, 1 - 2.0 / 4},
      {3, 1, 3, 1 - 2.0 / 8},
      {4, 1, 4, 1 - 2.0 / 16},
      {5, 1, 5, 1 - 2.0 / 32},
      {6, 1, 6, 1 - 2.0 / 64},
      {7, 1, 7, 1 - 2.0 / 128},
      {8, 1, 8, 1 - 2.0 / 256},
      {9, 2, 8, 1 - 20.0 / 512},
      {10, 2, 9, 1 - 22.0 / 1024},
      {15, 4, 12, 1 - 1152.0 / 32768},
      {20, 6, 15, 1 - 43400.0 / (1 << 20)},
      {100, 40, 61, 0.9647998},
  };
  for (const auto& [size, low, high, confidence] : golden) {
    const Summary summary = summarise(one_to(size));
    EXPECT_EQ(summary.low, static_cast<double>(low)) << size;
    EXPECT_EQ(summary.high, static_cast<double>(high)) << size;
    EXPECT_NEAR(summary.confidence, confidence, 1e-7) << size;
    EXPECT_EQ(median_confidence(size), summary.confidence);
  }
}

TEST(Summary, HoldsTheTrueMedianAsOftenAsItSays) {
  std::mt19937_64 random(1);
  std::exponential_distribution<double> skewed(std::log(2));  // median 1
  for (const std::size_t size : {3u, 5u, 9u, 20u}) {
    int held = 0;
    constexpr int times = 20'000;
    for (int i = 0; i < times; ++i) {
      std::vector<double> sample(size);
      for (double& value : sample) value = skewed(random);
      const Summary summary = summarise(sample);
      held += summary.low <= 1 && 1 <= summary.high;
    }
    EXPECT_NEAR(held / double(times), median_confidence(size), 0.006) << size;
  }
}

TEST(Summary, IntervalsThatTouchOverlap) {
  const Summary a{2, 1, 3};
  EXPECT_TRUE(overlap(a, {4, 3, 5}));
  EXPECT_FALSE(overlap(a, {5, 4, 6}));
  EXPECT_TRUE(overlap(a, {2, 0, 9}));
}

TEST(Outliers, AreTheValuesFarFromTheQuartiles) {
  using Indices = std::vector<std::size_t>;
  EXPECT_EQ(outliers(std::array{10.0, 11.0, 12.0, 13.0, 14.0}), Indices{});
  EXPECT_EQ(outliers(std::array{40.0, 11.0, 12.0, 10.0, 13.0}), Indices{0});
  // Quartiles 11 and 13: 19 is three times their distance away, 19.1 is more.
  EXPECT_EQ(outliers(std::array{10.0, 11.0, 12.0, 13.0, 19.0}), Indices{});
  EXPECT_EQ(outliers(std::array{10.0, 11.0, 12.0, 13.0, 19.1}), Indices{4});
  EXPECT_EQ(outliers(std::array{1.0, 11.0, 12.0, 12.5, 13.0}), Indices{0});
  EXPECT_EQ(outliers(std::array{1.0, 1.0, 1.0, 99.0}), Indices{});
  EXPECT_EQ(outliers(std::array{5.0, 5.0, 5.0, 5.0, 5.0}), Indices{});
}

// Logarithms that scatter by 0.01 around 0, and around log 2.
std::vector<double> scattered(double factor) {
  std::vector<double> values;
  for (const double step : {-0.02, -0.01, 0.0, 0.01, 0.02})
    values.push_back(factor * std::exp(step));
  return values;
}

// Golden: the t of 8 degrees at 99.95 % is 5.041305, as in any table. The
// variance is (0.001 + 0.001) / 8, times pi / 2, times (1/5 + 1/5).
TEST(Ratio, HasTheIntervalOfWelch) {
  const Ratio ratio = ratio_of_medians(scattered(1), scattered(2), 0.999);
  const double reach = 5.041305 * std::sqrt(0.00025 * 1.5707963 * 0.4);
  EXPECT_DOUBLE_EQ(ratio.value, 2);
  EXPECT_NEAR(ratio.low, 2 * std::exp(-reach), 1e-6);
  EXPECT_NEAR(ratio.high, 2 * std::exp(reach), 1e-6);
  const Ratio back = ratio_of_medians(scattered(2), scattered(1), 0.999);
  EXPECT_NEAR(back.low, 1 / ratio.high, 1e-12)
      << "turned round, it is the same";
}

TEST(Ratio, HoldsWhatTheIntervalsOfTheMediansAllow) {
  // Student's reach is 2.306004 times the same root: 0.029.
  const Ratio ratio = ratio_of_medians(scattered(1), scattered(2), 0.95);
  EXPECT_NEAR(ratio.low, 2 * std::exp(-0.04), 1e-9);
  EXPECT_NEAR(ratio.high, 2 * std::exp(0.04), 1e-9);
}

// Golden: as above, without pi / 2. Logarithms whose means differ by 0.06 have
// t = 0.06 / 0.01 = 6, and with 8 degrees a two-sided chance of 0.000323.
TEST(Differ, IsWelchsTestOfTheLogarithms) {
  const Summary one = summarise(scattered(1));
  const Summary other = summarise(scattered(std::exp(0.06)));
  EXPECT_FALSE(differ(one, other, 0.000322));
  EXPECT_TRUE(differ(one, other, 0.000324));
  EXPECT_TRUE(differ(other, one, 0.000324));
}

TEST(Differ, TakesTheDegreesOfTheSampleThatScatters) {
  std::vector<double> exact(50, std::exp(0.06));
  for (std::size_t i = 0; i < exact.size(); i += 2) exact[i] *= 1.00001;
  // t = 0.06 / sqrt(0.00005) = 8.485, of 4 degrees: 0.00106.
  EXPECT_FALSE(differ(summarise(scattered(1)), summarise(exact), 0.00105));
  EXPECT_TRUE(differ(summarise(scattered(1)), summarise(exact), 0.00107));
}

TEST(Differ, NeedsIntervalsThatDoNotOverlap) {
  // 40 and 40 values whose means differ by far more than their errors.
  std::vector<double> low, high;
  for (int i = 0; i < 40; ++i) {
    low.push_back(i < 20 ? 1 : 1.001);
    high.push_back(i < 21 ? 1.001 : 1.5);
  }
  EXPECT_FALSE(differ(summarise(low), summarise(high), 0.01));
}

TEST(Differ, IsNeverSaidOfSingleValues) {
  const Summary one = summarise(std::array{1.0});
  EXPECT_FALSE(differ(one, summarise(std::array{9.0}), 0.5));
  EXPECT_FALSE(differ(one, summarise(scattered(9)), 0.5));
}

TEST(Differ, IsNotSaidOfWhatHasNoLogarithm) {
  EXPECT_FALSE(differ(summarise(std::array{0.0, 0.0}),
                      summarise(std::array{1.0, 1.01}), 0.5));
}

TEST(Ratio, SaysNothingOfOneValueEach) {
  const Ratio ratio = ratio_of_medians(std::array{1.0}, std::array{3.0}, 0.95);
  EXPECT_EQ(ratio.value, 3);
  EXPECT_EQ(ratio.low, 0);
  EXPECT_TRUE(std::isinf(ratio.high));
}

TEST(Ratio, HoldsTheTruthAtLeastAsOftenAsItSays) {
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> noise(0, 0.1);
  for (const std::size_t size : {3u, 5u, 15u}) {
    int held = 0;
    constexpr int times = 10'000;
    for (int i = 0; i < times; ++i) {
      std::vector<double> before(size), after(size);
      for (double& value : before) value = noise(random);
      for (double& value : after) value = 1.5 * noise(random);
      const Ratio ratio = ratio_of_medians(before, after, 0.99);
      held += ratio.low <= 1.5 && 1.5 <= ratio.high;
    }
    EXPECT_GE(held / double(times), 0.988) << size;
  }
}

TEST(Ratio, IsNarrowerOfMoreValues) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> noise(0, 0.1);
  double last = std::numeric_limits<double>::infinity();
  for (const std::size_t size : {2u, 5u, 20u, 80u}) {
    std::vector<double> before(size), after(size);
    for (double& value : before) value = noise(random);
    for (double& value : after) value = noise(random);
    const Ratio ratio = ratio_of_medians(before, after, 0.999);
    EXPECT_LT(ratio.high / ratio.low, last) << size;
    last = ratio.high / ratio.low;
  }
  EXPECT_LT(last, 1.5);
}

}  // namespace
}  // namespace interleave
