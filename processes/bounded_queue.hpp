// A bounded queue in the parent that feeds child processes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <utility>
#include <vector>

#include "common/wire.hpp"

namespace interleave::processes {

class Group;
struct Child;

/// Children cannot share a queue the way threads do, so it lives in the
/// parent, which hands out one parcel at a time: a killed worker takes no more
/// than the item it held with it.
///
/// Thread safety: the forking thread only.
/// Invariants: never holds more than its capacity; a worker whose parcel found
/// no place gets nothing new until it does; once closed and empty, each worker
/// it feeds is told that nothing more comes. A queue that workers fill closes
/// itself when the last of them has ended.
class BoundedQueue {
 public:
  /// A capacity of 0 counts as 1: with no place nothing could ever pass.
  BoundedQueue(std::size_t capacity, Group& group)
      : capacity_(std::max<std::size_t>(capacity, 1)), group_(group) {}

  /// Blocks while the queue is full, listening to the children meanwhile.
  void push(std::size_t i);

  /// Nothing more will be pushed.
  void close();

 private:
  friend class Group;

  struct Entry {
    Child* producer;  // who waits for a place, unless it has ended
    Message parcel;
  };
  using Entries = std::list<Entry>;

  // What the group tells it about the children. What takes memory comes first
  // in each, so that nothing is half done when there is none.
  void make_room_for_consumer() { idle_.reserve(consumers_ + 1); }
  void add_consumer() { ++consumers_; }
  void add_producer() { ++producers_; }
  void ready(Child& consumer);
  void deliver(Child& producer, Message parcel);
  void consumer_ended(Child& consumer);
  void producer_ended(Child& producer);
  void remove_producer();

  bool full() const { return entries_.size() >= capacity_; }
  void feed();
  void admit_blocked();
  void lose_all();

  const std::size_t capacity_;
  Group& group_;
  Entries entries_;
  bool closed_ = false;
  std::size_t consumers_ = 0;
  std::size_t producers_ = 0;
  std::vector<Child*> idle_;  // consumers with nothing to do
  Entries blocked_;           // not empty only while the queue is full
};

}  // namespace interleave::processes
