#include "bench/compare/statistics.hpp"

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

/// The difference of two means of logarithms, as Welch takes it.
struct Welch {
  double error = 0;    ///< standard error of the difference
  double freedom = 0;  ///< degrees of it, at least 1; 0: nothing is known

  Welch(const Summary& a, const Summary& b) {
    const double of_a = a.log_variance / static_cast<double>(a.size);
    const double of_b = b.log_variance / static_cast<double>(b.size);
    error = std::sqrt(of_a + of_b);
    if (!std::isfinite(error)) return;
    const auto part = [](double of, std::size_t size) {
      return of * of / static_cast<double>(size - 1);
    };
    const double parts = part(of_a, a.size) + part(of_b, b.size);
    // Of two values, say, that happen to lie close together, their number would
    // be that of the other sample, however large: no more than of equal sizes.
    freedom = static_cast<double>(2 * (std::min(a.size, b.size) - 1));
    if (parts > 0)
      freedom = std::min(freedom, (of_a + of_b) * (of_a + of_b) / parts);
  }

  /// How far from the truth it lies with a two-sided chance of `chance`.
  double reach(double chance) const {
    if (freedom == 0) return std::numeric_limits<double>::infinity();
    const students_t_distribution<double> student(freedom);
    return quantile(complement(student, chance / 2)) * error;
  }
};

void add_logarithms(Summary& summary, const std::vector<double>& values) {
  if (values.size() < 2 || values.front() <= 0) return;
  const auto size = static_cast<double>(values.size());
  for (const double value : values) summary.log_mean += std::log(value) / size;
  double squares = 0;
  for (const double value : values) {
    const double away = std::log(value) - summary.log_mean;
    squares += away * away;
  }
  summary.log_variance = squares / (size - 1);
}

}  // namespace

double median_confidence(std::size_t size, double wanted) {
  return size < 2 ? 0 : coverage(size, rank_of_interval(size, wanted));
}

Summary summarise(std::span<const double> sample, double wanted) {
  const std::vector<double> values = sorted(sample);
  const std::size_t k = rank_of_interval(values.size(), wanted);
  Summary summary{quantile(values, 0.5), values[k - 1],
                  values[values.size() - k],
                  median_confidence(values.size(), wanted), values.size()};
  add_logarithms(summary, values);
  return summary;
}

bool overlap(const Summary& a, const Summary& b) {
  return a.low <= b.high && b.low <= a.high;
}

bool differ(const Summary& a, const Summary& b, double error) {
  if (overlap(a, b)) return false;
  return std::abs(a.log_mean - b.log_mean) > Welch(a, b).reach(error);
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
  const Welch welch(old_median, new_median);
  if (welch.freedom == 0)
    return {value, 0, std::numeric_limits<double>::infinity()};
  // A median scatters more than a mean: of many normal values, by pi / 2.
  const double reach =
      std::sqrt(std::numbers::pi / 2) * welch.reach(1 - confidence);
  return {value,
          std::min(value * std::exp(-reach), new_median.low / old_median.high),
          std::max(value * std::exp(reach), new_median.high / old_median.low)};
}

}  // namespace interleave
