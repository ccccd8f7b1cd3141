// What the suites over every cell share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "bench/grid/catalog.hpp"
#include "bench/measure/measure.hpp"
#include "bench/origin/content.hpp"
#include "bench/origin/process.hpp"
#include "common/digest.hpp"

namespace interleave {

inline void PrintTo(const Cell* cell, std::ostream* out) {
  *out << cell->name();
}

/// Every cell, or those of one pattern, as a test parameter.
inline std::vector<const Cell*> all_cells() {
  return select_cells("*");
}

/// `threads/queue` becomes `threads_queue`, which a test name may contain.
inline std::string cell_test_name(
    const testing::TestParamInfo<const Cell*>& info) {
  std::string name = info.param->name();
  std::ranges::replace(name, '/', '_');
  return name;
}

/// One origin per test program, with a gate, started before anything else.
class CellTest : public testing::TestWithParam<const Cell*> {
 protected:
  static void SetUpTestSuite() {
    origin::Settings settings;
    settings.gate = true;
    origin_ = std::make_unique<origin::Process>(settings);
  }
  static void TearDownTestSuite() { origin_.reset(); }

  static origin::Process& origin() { return *origin_; }
  static const Cell& cell() { return *GetParam(); }

  /// Items with everything known, `path` making the path of each.
  template <class Path>
  static std::vector<Item> items_at(std::size_t count, Path path,
                                    std::size_t bytes = 1000) {
    std::vector<Item> items(count);
    for (std::size_t i = 0; i < count; ++i) {
      items[i].id = i;
      items[i].url = origin().url(path(origin::ItemSpec{i, 1, bytes, waits_}));
      items[i].wait = waits_.low;
      items[i].expected = Expected{bytes, digest(origin::body_of(1, i, bytes))};
    }
    return items;
  }
  static std::vector<Item> items(std::size_t count, std::size_t bytes = 1000) {
    return items_at(count, origin::item_path, bytes);
  }

  /// One run of the cell, as the harness does it.
  interleave::Run run(const std::vector<Item>& items) {
    Watch watch;
    watch.control = control_.get();
    watch.deadline = std::chrono::seconds(60);
    return measure(cell(), items, options_, origin_.get(), watch);
  }

  /// How long the origin makes an item wait; long enough to be overlapped.
  static inline origin::WaitSpec waits_{
      origin::WaitSpec::Kind::fixed, std::chrono::milliseconds(10), {}};
  Options options_;
  SharedControl control_;

 private:
  static inline std::unique_ptr<origin::Process> origin_;
};

}  // namespace interleave
