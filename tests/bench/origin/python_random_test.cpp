#include "bench/origin/python_random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <vector>

namespace interleave {
namespace {

/// What CPython 3.11 answers, written down by it.
struct Published {
  std::uint64_t seed;
  std::array<double, 3> doubles;
  std::array<std::uint64_t, 3> words;
  std::array<std::int64_t, 12> integers;  // randint(0, 10)
  std::array<std::int64_t, 3> wide;       // then randint(-5, 2**40)
  double between;                         // then uniform(2.5, -1)
  double after;                           // then randint(7, 7), random()
  std::uint64_t bits;                     // then getrandbits(64)
  std::int64_t widest;                    // then randint(-2**63, 2**63 - 2)
};

const Published all_published[] = {
    {0u,
     {0.8444218515250481, 0.7579544029403025, 0.420571580830845},
     {3626764237u, 1654615998u, 3255389356u},
     {6, 6, 0, 4, 8, 7, 6, 4, 7, 5, 9, 3},
     {307110291569, 306153162350, 209404584564},
     0.3357085116363394,
     0.9872592010330129,
     18129192151388919570u,
     5722498008835566369},
    {1u,
     {0.13436424411240122, 0.8474337369372327, 0.763774618976614},
     {577090037u, 2444712010u, 3639700191u},
     {2, 9, 1, 4, 1, 7, 7, 7, 10, 6, 3, 1},
     {62224870525, 950861988488, 7589884244},
     0.06458496631044763,
     0.7215400323407826,
     10904855999123826993u,
     -7337613800503426398},
    {41u,
     {0.38102068999577143, 0.23071918631047517, 0.1660367243141352},
     {1636471393u, 1426894585u, 990931328u},
     {6, 5, 3, 2, 6, 9, 4, 8, 4, 6, 9, 0},
     {548816116123, 42259463222, 703185659323},
     1.913712271293283,
     0.11981872308488406,
     608857392493832067u,
     6767957304516981824},
    {444u,
     {0.3088946587429545, 0.01323751590501987, 0.4844375347808497},
     {1326692461u, 1236154736u, 56854717u},
     {4, 4, 0, 4, 7, 4, 4, 8, 10, 7, 8, 4},
     {165335647580, 481002959683, 1085015775403},
     -0.8184127621413175,
     0.12479781380657928,
     12771725235361155380u,
     1286396451240189383},
    {4294967295u,
     {0.6353574441341173, 0.20319993954407756, 0.6073666030347188},
     {2728839433u, 2661025012u, 872737089u},
     {10, 9, 3, 3, 9, 8, 4, 9, 5, 6, 10, 4},
     {904078697517, 477017422518, 303269410380},
     -0.5056193382616643,
     0.7934860252197866,
     3000994647441137018u,
     6373832350665070478},
    {4294967301u,
     {0.15727238718789782, 0.2824866316461999, 0.6044540318498407},
     {675479763u, 2085189291u, 1213270837u},
     {2, 7, 4, 9, 0, 5, 10, 2, 10, 7, 5, 3},
     {350051233587, 1002458349158, 295608437669},
     1.0296068693370697,
     0.9161696033988121,
     6844014091558712404u,
     3569657739832873519},
    {18446744073709551615u,
     {0.021825695401270107, 0.3380953268613758, 0.21196748656082065},
     {93740670u, 1068495656u, 1452108352u},
     {0, 3, 5, 9, 3, 7, 9, 1, 5, 0, 3, 8},
     {1062273470230, 611011188473, 79842012302},
     1.4005485621759213,
     0.7512150449512007,
     11340233814823086462u,
     -2338002167404930253}};

TEST(PythonRandom, DrawsTheDoublesOfPython) {
  for (const Published& published : all_published) {
    PythonRandom random(published.seed);
    for (const double expected : published.doubles)
      EXPECT_EQ(random.random(), expected) << "seed " << published.seed;
  }
}

TEST(PythonRandom, DrawsTheBitsOfPython) {
  for (const Published& published : all_published) {
    PythonRandom random(published.seed);
    for (const std::uint64_t expected : published.words)
      EXPECT_EQ(random.getrandbits(32), expected) << "seed " << published.seed;
  }
}

TEST(PythonRandom, DrawsTheIntegersOfPythonAndGoesOnWhereItWould) {
  for (const Published& published : all_published) {
    SCOPED_TRACE(published.seed);
    PythonRandom random(published.seed);
    for (const std::int64_t expected : published.integers)
      EXPECT_EQ(random.randint(0, 10), expected);
    for (const std::int64_t expected : published.wide)
      EXPECT_EQ(random.randint(-5, std::int64_t{1} << 40), expected);
    EXPECT_EQ(random.uniform(2.5, -1), published.between);
    EXPECT_EQ(random.randint(7, 7), 7);
    EXPECT_EQ(random.random(), published.after);
    EXPECT_EQ(random.getrandbits(64), published.bits);
    using Limits = std::numeric_limits<std::int64_t>;
    EXPECT_EQ(random.randint(Limits::min(), Limits::max() - 1),
              published.widest);
  }
}

TEST(PythonRandom, GivesTheHundredWaitsOfTheBoundedMap) {
  PythonRandom random(41);
  double sum = 0;
  for (int i = 0; i < 100; ++i) sum += random.random();
  EXPECT_EQ(sum, 50.8110619189629);
  EXPECT_EQ(random.random(), 0.15514991054525218);
}

TEST(PythonRandom, IntegersStayInTheirRangeAndReachBothEnds) {
  PythonRandom random(1);
  std::vector<int> seen(8);
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t drawn = random.randint(-3, 4);
    ASSERT_GE(drawn, -3);
    ASSERT_LE(drawn, 4);
    ++seen[static_cast<std::size_t>(drawn + 3)];
  }
  for (const int count : seen) EXPECT_GT(count, 0);
}

TEST(PythonRandom, RefusesARangeThatIsNone) {
  using Limits = std::numeric_limits<std::int64_t>;
  PythonRandom random(1);
  EXPECT_THROW(random.randint(1, 0), std::invalid_argument);
  EXPECT_THROW(random.randint(Limits::max(), Limits::min()),
               std::invalid_argument);
  EXPECT_THROW(random.randint(Limits::min(), Limits::max()),
               std::invalid_argument);
  EXPECT_THROW(random.getrandbits(0), std::invalid_argument);
  EXPECT_THROW(random.getrandbits(65), std::invalid_argument);
}

}  // namespace
}  // namespace interleave
