// docs/failure.md as tests: every cell under every fault, both policies.

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "bench/faults/fault_injector.hpp"
#include "bench/origin/fault.hpp"

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

template <Transport transport>
class Over : public testing::TestWithParam<Pair> {
 protected:
  static void SetUpTestSuite() {
    lab_ = std::make_unique<FaultInjector>(transport);
  }
  static void TearDownTestSuite() { lab_.reset(); }

  static void expect_kept(OnError on_error) {
    const auto& [cell, fault] = GetParam();
    const Finding finding = lab_->examine(*cell, *fault, on_error);
    EXPECT_EQ(broken_promises(finding), std::vector<std::string>{})
        << (on_error == OnError::stop ? "stop" : "collect");
  }

 private:
  static inline std::unique_ptr<FaultInjector> lab_;
};

class Promises : public Over<Transport::curl> {};

TEST_P(Promises, AreKeptWithEitherPolicy) {
  expect_kept(OnError::collect);
  expect_kept(OnError::stop);
}

INSTANTIATE_TEST_SUITE_P(, Promises,
                         testing::Combine(testing::ValuesIn(select_cells("*")),
                                          testing::ValuesIn(every_fault())),
                         pair_name);

/// Beast asks numeric addresses only, which is where the origin is.
std::vector<const Fault*> faults_of_the_origin() {
  std::vector<const Fault*> all = every_fault();
  std::erase_if(all, [](const Fault* fault) {
    return fault->name == "unknown-host" || fault->name == "redirect-host";
  });
  return all;
}

/// A transport is the same for every pattern of a model: one of each does.
class PromisesOverBeast : public Over<Transport::beast> {};

TEST_P(PromisesOverBeast, AreKeptWithEitherPolicy) {
  expect_kept(OnError::collect);
  expect_kept(OnError::stop);
}

INSTANTIATE_TEST_SUITE_P(
    , PromisesOverBeast,
    testing::Combine(
        testing::ValuesIn(select_cells("sequential/*,*/queue,async/gather")),
        testing::ValuesIn(faults_of_the_origin())),
    pair_name);

TEST(Pairs, AreEveryCellUnderEveryFault) {
  std::cout << catalog().size() << " cells under " << all_faults().size()
            << " faults: " << catalog().size() * all_faults().size()
            << " pairs, each with both policies\n";
  std::set<std::string> names;
  for (const Fault& fault : all_faults()) names.insert(fault.name);
  EXPECT_EQ(names.size(), all_faults().size()) << "a name stands for two";
  for (const origin::Fault& served : origin::faults())
    EXPECT_TRUE(names.contains(std::string(served.name))) << served.name;
}

}  // namespace
}  // namespace interleave::faults
