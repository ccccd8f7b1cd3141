// Medians, how far they can be trusted, and what a difference of two is worth.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace interleave {

/// The middle of a sample, and an interval for the median of what the sample
/// was drawn from. No run is dropped.
struct Summary {
  double median = 0, low = 0, high = 0;

  /// How often an interval made like this one holds the true median: 0 for a
  /// single value, 0.9375 for five, at least 0.95 for six and more, when that
  /// is what was asked for.
  double confidence = 0;

  std::size_t size = 0;
  /// Of the logarithms: their mean, and the unbiased estimate of their
  /// variance. Infinite where that is not known: of one value, and where a
  /// value is not positive.
  double log_mean = 0;
  double log_variance = std::numeric_limits<double>::infinity();

  /// Half the interval, as a share of the median; 0 for a median of 0.
  double spread() const { return median == 0 ? 0 : (high - low) / 2 / median; }
};

inline constexpr double wanted_confidence = 0.95;

/// `sample` must not be empty; the median of an even number of values is the
/// mean of the two in the middle. The interval goes from one value to another:
/// the k-th smallest to the k-th largest, with the largest k that keeps the
/// confidence `wanted`, or all of them where none does. That needs no
/// assumption but that the values are independent and alike.
Summary summarise(std::span<const double> sample,
                  double wanted = wanted_confidence);

/// The confidence of summarise() for a sample of `size` values.
double median_confidence(std::size_t size, double wanted = wanted_confidence);

/// Whether the intervals of two samples have a value in common.
bool overlap(const Summary& a, const Summary& b);

/// Whether two samples come from different distributions, with at most `error`
/// (two-sided) of being wrong when they are equal: their intervals do not
/// overlap, and Welch's test of their logarithms finds a difference. Welch's
/// takes neither equal variances nor equal sizes. It takes normal logarithms,
/// but errs to the safe side where they have long tails; the intervals assume
/// nothing, and keep it from naming one of two samples whose medians have the
/// other order. Never of single values.
bool differ(const Summary& a, const Summary& b, double error);

/// The indices of values that lie far from the others: more than three times
/// the distance of the quartiles beyond the nearer quartile. Below five values
/// there is none. To be told, not to be left out.
std::vector<std::size_t> outliers(std::span<const double> sample);

/// What became of the median from one sample to another, as a factor.
struct Ratio {
  double value = 1;          ///< median of `after` / median of `before`
  double low = 0, high = 0;  ///< holds the true factor with the confidence that
                             ///< was asked for; 0 to infinity when two values
                             ///< or fewer cannot say
};

/// All values must be positive. The interval holds two others. One is Welch's,
/// which takes the logarithms of each sample to scatter normally: without some
/// such assumption, ranks of five and five cannot say more than 99.2%. The
/// other divides the ends of both summarise(), which assumes nothing, for what
/// is not normal at all, such as two ways to run.
Ratio ratio_of_medians(std::span<const double> before,
                       std::span<const double> after, double confidence);

}  // namespace interleave
