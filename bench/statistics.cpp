#include "bench/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace interleave {

namespace {

using boost::math::binomial_distribution;
using boost::math::students_t_distribution;

std::vector<double> sorted(std::span<const double> sample) {
  std::vector<double> values(sample.begin(), sample.end());
  std::ranges::sort(values);
  return values;
}

/// Between the two nearest values where it falls between them.
double quantile(const std::vector<double>& values, double share) {
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above],
                   at - static_cast<double>(below));
}

/// Of the interval from the k-th smallest to the k-th largest of `size` values,
/// k from 1. Each value is below the true median as often as above it, so the
/// number of those below is binomial; the interval misses when it is less than
/// k, or as many are not.
double coverage(std::size_t size, std::size_t k) {
  const binomial_distribution<double> below(static_cast<double>(size), 0.5);
  return 1 - 2 * cdf(below, static_cast<double>(k - 1));
}

/// The k of the narrowest interval with the confidence that is wanted.
std::size_t rank_of_interval(std::size_t size, double wanted) {
  std::size_t k = 1;
  while (2 * (k + 1) <= size && coverage(size, k + 1) >= wanted) ++k;
  return k;
}

std::vector<double> logarithms(std::span<const double> sample) {
  std::vector<double> values;
  for (const double value : sample) values.push_back(std::log(value));
  return values;
}

double sum_of_squares(const std::vector<double>& values) {
  double mean = 0, squares = 0;
  for (const double value : values)
    mean += value / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares;
}

}  // namespace

double median_confidence(std::size_t size, double wanted) {
  return size < 2 ? 0 : coverage(size, rank_of_interval(size, wanted));
}

Summary summarise(std::span<const double> sample, double wanted) {
  const std::vector<double> values = sorted(sample);
  const std::size_t k = rank_of_interval(values.size(), wanted);
  return {quantile(values, 0.5), values[k - 1], values[values.size() - k],
          median_confidence(values.size(), wanted)};
}

bool overlap(const Summary& a, const Summary& b) {
  return a.low <= b.high && b.low <= a.high;
}

double chance_apart(std::size_t size) {
  // All of one below all of the other, or above: 2 of the (2n over n) orders.
  double chance = 2;
  for (std::size_t i = 1; i <= size; ++i)
    chance *= static_cast<double>(i) / static_cast<double>(size + i);
  return chance;
}

std::vector<std::size_t> outliers(std::span<const double> sample) {
  std::vector<std::size_t> far;
  if (sample.size() < 5) return far;
  const std::vector<double> values = sorted(sample);
  const double lower = quantile(values, 0.25), upper = quantile(values, 0.75);
  const double reach = 3 * (upper - lower);
  for (std::size_t i = 0; i < sample.size(); ++i)
    if (sample[i] < lower - reach || sample[i] > upper + reach)
      far.push_back(i);
  return far;
}

Ratio ratio_of_medians(std::span<const double> before,
                       std::span<const double> after, double confidence) {
  const Summary old_median = summarise(before, confidence);
  const Summary new_median = summarise(after, confidence);
  const double value = new_median.median / old_median.median;
  const auto n = static_cast<double>(before.size());
  const auto m = static_cast<double>(after.size());
  const double freedom = n + m - 2;
  if (freedom < 1) return {value, 0, std::numeric_limits<double>::infinity()};

  const double variance =
      (sum_of_squares(logarithms(before)) + sum_of_squares(logarithms(after))) /
      freedom;
  // A median scatters more than a mean: of many normal values, by pi / 2.
  const double error =
      std::sqrt(std::numbers::pi / 2 * variance * (1 / n + 1 / m));
  const students_t_distribution<double> student(freedom);
  const double reach =
      quantile(complement(student, (1 - confidence) / 2)) * error;
  return {value,
          std::min(value * std::exp(-reach), new_median.low / old_median.high),
          std::max(value * std::exp(reach), new_median.high / old_median.low)};
}

}  // namespace interleave
