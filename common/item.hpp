// What is to be done: an item, and the workload that orders items.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace interleave {

/// CLOCK_MONOTONIC on Linux, so stamps taken on both sides of a fork compare.
using Clock = std::chrono::steady_clock;

/// What an item must turn out to be. An item without it is not verified by
/// length and digest (a url list before its digests were learnt).
struct Expected {
  std::size_t bytes = 0;
  std::uint64_t digest = 0;  ///< digest() of the body, common/digest.hpp
  bool learnt = false;  ///< from an earlier reply: the server may change it

  bool operator==(const Expected&) const = default;
};

struct Item;

/// What processing makes of a body, beside verifying it; it becomes
/// Result::output. May throw: that fails the item. A plain function, so that
/// an item means the same on both sides of a fork.
using ProcessFn = std::string (*)(const Item& item, std::string_view body);

/// One piece of work: fetch `url`, then process what came.
struct Item {
  std::size_t id = 0;  ///< its place in the run's workload, from 0

  /// `http://` and `https://` are fetched with libcurl; `sleep:` only waits
  /// for `wait` and yields no bytes; `file:/path` and `file:///path` are read
  /// whole where Options::allow_files says so (the path is taken as it is,
  /// nothing in it is decoded). Everything else fails, scheme_denied.
  std::string url;

  /// The waiting time the url is known to cost; the ideals are made of it.
  /// Zero where it is not known.
  Clock::duration wait{};

  /// Rounds of compute() that processing costs (common/compute.hpp), and
  /// what they take on an idle core of this machine.
  std::uint64_t rounds = 0;
  Clock::duration cpu{};

  std::optional<Expected> expected;

  /// Called once the body is verified and the rounds are done; what it returns
  /// replaces their output. nullptr: nothing.
  ProcessFn process_fn = nullptr;
  std::string argument;  ///< for `process_fn`

  /// A second request, made when processing is done; empty for none.
  /// `http://` and `https://`: the output is sent there with PUT, and a reply
  /// that refuses it fails the item. `sleep:` waits for `follow_up_wait`. The
  /// same session makes it, and the item is finished when it has ended.
  std::string follow_up;
  Clock::duration follow_up_wait{};

  /// How long a producer waits before it hands the item in (producers).
  Clock::duration delay{};
};

/// Whether a url only waits, or is read from a file; else libcurl fetches it.
inline bool is_sleep_url(std::string_view url) {
  return url.starts_with("sleep:");
}
inline bool is_file_url(std::string_view url) {
  return url.starts_with("file:");
}

/// The items of a run, or one batch of them: a view, cheap to copy.
///
/// Indices are those of the whole run, in a batch too, so `results[i]` belongs
/// to `items[i]` everywhere.
///
/// Thread safety: reading is safe from any thread. submission_order() is
/// walked by one thread at a time, the one that hands the items out; shares
/// are walked by one thread each.
/// Invariants: the items outlive every view of them.
class Workload {
 public:
  class Order;
  class Batches;

  /// `queued`, when given, has a place per item and receives the moment each
  /// was taken up (see submission_order). `stop`, when given, ends the handing
  /// out of items early once it is true: they stay as not_run.
  Workload(std::span<const Item> items, std::span<Clock::time_point> queued,
           const std::atomic<bool>* stop = nullptr)
      : items_(items), queued_(queued), stop_(stop), last_(items.size()) {}
  explicit Workload(std::span<const Item> items) : Workload(items, {}) {}

  const Item& operator[](std::size_t i) const { return items_[i]; }

  /// How many items this view hands out.
  std::size_t size() const { return last_ - first_; }

  /// The indices of this view, first to last. Taking the next one is the
  /// moment its item is *queued*: the harness's stamp sits here, so that no
  /// pattern has to mention time.
  Order submission_order() const;

  /// Every `step`-th index from `first` on, for one of several that hand items
  /// in. They are not stamped: stamp_queued() does that, when the item's delay
  /// is over. `step` 0 counts as 1.
  Order share(std::size_t first, std::size_t step) const;

  /// Stamps item `i` as queued, now; returns `i`.
  std::size_t stamp_queued(std::size_t i) const {
    if (!queued_.empty()) queued_[i] = Clock::now();
    return i;
  }

  /// This view cut into batches of `batch_size` items, the last one possibly
  /// smaller. `batch_size` 0 counts as 1.
  Batches batches(std::size_t batch_size) const;

 private:
  bool stopped() const {
    return stop_ && stop_->load(std::memory_order_relaxed);
  }

  std::span<const Item> items_;
  std::span<Clock::time_point> queued_;
  const std::atomic<bool>* stop_;
  std::size_t first_ = 0, last_;
};

/// A range of indices that ends early once the run was stopped; dereferencing
/// its iterator stamps the item as queued, unless it is a share.
class Workload::Order {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::size_t*;
    using reference = std::size_t;

    explicit iterator(const Order& order)
        : order_(&order), i_(order.items_.first_) {}

    std::size_t operator*() const {
      return order_->stamps_ ? order_->items_.stamp_queued(i_) : i_;
    }
    iterator& operator++() {
      i_ += order_->step_;
      return *this;
    }
    iterator operator++(int) {
      const iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(std::default_sentinel_t) const {
      return i_ >= order_->items_.last_ || order_->items_.stopped();
    }

   private:
    const Order* order_;
    std::size_t i_;
  };

  Order(Workload items, std::size_t step, bool stamps)
      : items_(items), step_(step), stamps_(stamps) {}
  iterator begin() const { return iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  Workload items_;
  std::size_t step_;
  bool stamps_;
};

/// The batches of a workload, each a Workload itself.
class Workload::Batches {
 public:
  class iterator {
   public:
    iterator(const Batches& all, std::size_t first)
        : all_(&all), first_(first) {}

    Workload operator*() const {
      Workload batch = all_->items_;
      batch.first_ = first_;
      batch.last_ = next();
      return batch;
    }
    iterator& operator++() {
      first_ = next();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const {
      return first_ == all_->items_.last_ || all_->items_.stopped();
    }

   private:
    std::size_t next() const {
      const std::size_t left = all_->items_.last_ - first_;
      return first_ + std::min(left, all_->batch_size_);
    }

    const Batches* all_;
    std::size_t first_;
  };

  Batches(Workload items, std::size_t batch_size)
      : items_(items), batch_size_(std::max<std::size_t>(batch_size, 1)) {}
  iterator begin() const { return {*this, items_.first_}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  Workload items_;
  std::size_t batch_size_;
};

inline Workload::Order Workload::submission_order() const {
  return {*this, 1, true};
}

inline Workload::Order Workload::share(std::size_t first,
                                       std::size_t step) const {
  Workload from = *this;
  from.first_ = std::min(first_ + first, last_);
  return {from, std::max<std::size_t>(step, 1), false};
}

inline Workload::Batches Workload::batches(std::size_t batch_size) const {
  return {*this, batch_size};
}

}  // namespace interleave
