// docs/failure.md as tests: every cell under every fault, both policies.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "bench/faults/laboratory.hpp"

namespace interleave::faults {

namespace {

using Pair = std::tuple<const Cell*, const Fault*>;

std::vector<const Fault*> every_fault() {
  std::vector<const Fault*> all;
  for (const Fault& fault : all_faults()) all.push_back(&fault);
  return all;
}

std::string pair_name(const testing::TestParamInfo<Pair>& info) {
  const auto& [cell, fault] = info.param;
  std::string name = cell->name() + "_under_" + fault->name;
  std::ranges::replace(name, '/', '_');
  std::ranges::replace(name, '-', '_');
  return name;
}

class Promises : public testing::TestWithParam<Pair> {
 protected:
  static void SetUpTestSuite() { lab_ = std::make_unique<Laboratory>(); }
  static void TearDownTestSuite() { lab_.reset(); }

  static void expect_kept(OnError on_error) {
    const auto& [cell, fault] = GetParam();
    const Finding finding = lab_->examine(*cell, *fault, on_error);
    EXPECT_EQ(broken_promises(finding), std::vector<std::string>{});
  }

 private:
  static inline std::unique_ptr<Laboratory> lab_;
};

TEST_P(Promises, AreKeptWhenErrorsAreCollected) {
  expect_kept(OnError::collect);
}

TEST_P(Promises, AreKeptWhenTheFirstErrorStopsTheRun) {
  expect_kept(OnError::stop);
}

INSTANTIATE_TEST_SUITE_P(, Promises,
                         testing::Combine(testing::ValuesIn(select_cells("*")),
                                          testing::ValuesIn(every_fault())),
                         pair_name);

}  // namespace
}  // namespace interleave::faults
