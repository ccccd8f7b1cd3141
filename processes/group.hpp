// A set of child processes joined together: none outlives its group.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "common/options.hpp"
#include "common/result.hpp"
#include "common/wire.hpp"
#include "processes/bounded_queue.hpp"
#include "processes/channel.hpp"

namespace interleave::processes {

/// What a child runs, after the fork, with its own end of the channel.
using Task = std::function<void(Channel&)>;

/// The same, told an item: the one it does, or the first it hands in.
using ItemTask = std::function<void(std::size_t i, Channel&)>;

/// What the parent keeps of one child.
struct Child {
  Task task;
  BoundedQueue* inbox = nullptr;     // where its jobs come from
  BoundedQueue* outbox = nullptr;    // where its parcels go; or the results
  std::function<void()> on_outcome;  // called in the parent
  std::optional<std::size_t> holds;  // the item it would take with it
  bool replacement = false;          // for a worker that died
  bool overdue = false;              // killed at its deadline
  Clock::time_point deadline = Clock::time_point::max();

  // Of a producer only: every `step`-th item is its to hand in.
  ItemTask produce;
  std::size_t next = 0;
  std::size_t step = 0;

  pid_t pid = 0;
  Clock::time_point began;
  int socket = -1;       // the parent's end
  std::string received;  // not yet a whole frame
  std::string unsent;    // the socket had no room for it
  std::size_t sent = 0;  // how much of that is gone by now
  bool waits_for_room = false;
};

/// Thread safety: the forking thread only, and it must be the only thread.
/// Invariants: every child holds at most one item; when a child ends, by
/// itself or killed, it is waited for, and an item it held is marked lost. One
/// that holds an item for longer than it may take, or stays when it has nothing
/// left to do, is killed when Options::grace is over as well.
/// The destructor kills and waits for those that are left.
class Group {
 public:
  /// What children send is written to `results` and announced here, lost items
  /// too. All that is given must outlive the group. Throws std::system_error
  /// when the system has no descriptor left.
  Group(Workload items, Results& results, const Options& options);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /// Forks a child for item `i`; `on_outcome` is called here, once, when its
  /// result has come or it ended without one. When the system refuses a
  /// process, waits for one of the group to end and tries again; with none to
  /// wait for the item is lost. Refused the very first one, throws
  /// std::system_error or std::bad_alloc.
  void spawn(std::size_t i, const ItemTask& task,
             std::function<void()> on_outcome = {});

  /// Forks `count` workers fed by `inbox`, or as many as the system grants;
  /// throws std::system_error when it grants none. What they send goes to
  /// the results or, when given, to `outbox`. A worker that dies is replaced
  /// once.
  void spawn(unsigned count, BoundedQueue& inbox, Task task);
  void spawn(unsigned count, BoundedQueue& inbox, BoundedQueue& outbox,
             Task task);

  /// Forks `count` producers that fill `outbox`; each is told the first item
  /// it hands in, and every `count`-th from there is its own. When the system
  /// refuses one, waits for another to end and tries again; with none to wait
  /// for its items are lost, and the first one throws. A producer that dies
  /// takes no item with it:
  /// it is replaced once, and the replacement goes on where it stopped.
  void spawn_producers(unsigned count, BoundedQueue& outbox, ItemTask task);

  /// Blocks until children said something or ended, and acts on it; or, for
  /// nothing, a few times a second.
  void wait();

  /// Waits until every child has ended.
  void join();

 private:
  friend class BoundedQueue;
  using Children = std::list<Child>;

  // The life of a child.
  Child& start(const Child& child);
  void take_on(Child& child);
  void start_workers(unsigned count, const Child& worker);
  void watch(Child& child, int operation);
  bool receive_from(Child& child);  // false once it has nothing more to say
  void handle(Child& child, Message parcel);
  static void announce(Child& child);
  bool flush(Child& child);  // false when the child has ended
  bool send_frame(Child& child, const Message& parcel);
  void reap(Child& child);
  static std::string how_lost(const Child& child, int status);
  bool replace(const Child& dead);
  void start_or_wait(Child child, bool first);
  void take_in(Child& producer, const Message& parcel);

  // Children that hang.
  void kill_overdue();
  Clock::duration time_for(std::size_t i) const;
  Clock::duration time_to_hand_in(const Child& producer) const;

  // What a queue tells it.
  bool give(Child& child, const Message& parcel);  // false: it has ended
  static void hand_over(Child& child);
  void mark_idle(Child& child);
  void send_shutdown(Child& child);
  void dismiss_all(std::vector<Child*>& children);
  void mark_lost(std::size_t i, const std::string& why);
  void lose_all_of(const Child& producer, const std::string& why);

  const Workload items_;
  Results& results_;
  const Options& options_;
  int poll_;
  Children children_;
  Clock::time_point next_look_;
  bool spawned_ = false;      // the first item has got its child, or none
  std::vector<Child*> done_;  // that have done their items, and may go
};

}  // namespace interleave::processes
