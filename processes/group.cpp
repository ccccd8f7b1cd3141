#include "processes/group.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/child_process.hpp"
#include "common/exit_status.hpp"
#include "common/run_item.hpp"
#include "common/usage.hpp"

namespace interleave::processes {

namespace {

/// Fewer than one epoll_wait reports, so that they cannot hide the living.
constexpr int most_unburied = 16;

/// Children that are done with their item and not yet dismissed.
constexpr std::size_t most_at_rest = 16;

[[noreturn]] void fail(const char* what, int error = errno) {
  throw std::system_error(error, std::generic_category(), what);
}

/// What a buffer keeps when it is empty, in bytes: room for usual bodies.
constexpr std::size_t most_kept = std::size_t{16} << 20;

void clear(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > most_kept) std::string().swap(buffer);
}

/// So long nothing has to happen until there is time to let them go.
constexpr std::chrono::milliseconds quiet{1};

/// How often the group looks for children that hang.
constexpr std::chrono::milliseconds look_every{250};

void run_child(int socket, const Child& child) {
  // A sibling that keeps a copy of this channel's other end would hide the
  // end of a dead worker, so every descriptor but its own is closed.
  const auto own = static_cast<unsigned>(socket);
  if (own > 3) close_range(3, own - 1, 0);
  close_range(own + 1, ~0U, 0);
  leave_announcing_to_parent();

  Channel channel(socket);
  child.produce ? child.produce(child.next, channel) : child.task(channel);
}

}  // namespace

Group::Group(Workload items, Results& results, const Options& options)
    : items_(items),
      results_(results),
      options_(options),
      poll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (poll_ < 0) fail("epoll_create1");
}

Group::~Group() {
  for (Child& child : children_) {
    kill(child.pid, SIGKILL);
    interleave::reap(child.pid);
    close(child.socket);
  }
  close(poll_);
}

void Group::spawn(std::size_t i, const ItemTask& task,
                  std::function<void()> on_outcome) {
  Child child;
  // It stays until it is dismissed: taking a process down takes longer than to
  // start the next item, which may wait for the same core.
  child.task = [task, i](Channel& parent) {
    task(i, parent);
    parent.receive();
  };
  child.on_outcome = std::move(on_outcome);
  child.holds = i;
  start_or_wait(std::move(child), !std::exchange(spawned_, true));
}

/// Only a child of the same kind is waited for: a worker with nothing to do
/// does not end before it was given something. With none to wait for, `first`
/// may fail; later ones cost the items that they would have had.
void Group::start_or_wait(Child child, bool first) {
  for (bool delayed = false;;) {
    try {
      start(child);
      return;
    } catch (const std::exception&) {  // no process, or no memory for one
      const bool alone =
          std::ranges::none_of(children_, [&](const Child& other) {
            return other.step == child.step && other.inbox == child.inbox;
          });
      if (alone && first) throw;
      if (!std::exchange(delayed, true)) ++spawn_failures().tasks;
      if (alone) break;
      wait();
    }
  }
  constexpr const char* why = "the system refused a process";
  if (child.holds) mark_lost(*child.holds, why);
  if (child.step > 0) lose_all_of(child, why);
  announce(child);
}

void Group::lose_all_of(const Child& producer, const std::string& why) {
  for (std::size_t i = producer.next; i < results_.size(); i += producer.step)
    mark_lost(i, why);
}

void Group::spawn(unsigned count, BoundedQueue& inbox, Task task) {
  Child worker;
  worker.task = std::move(task);
  worker.inbox = &inbox;
  start_workers(count, worker);
}

void Group::spawn(unsigned count, BoundedQueue& inbox, BoundedQueue& outbox,
                  Task task) {
  Child worker;
  worker.task = std::move(task);
  worker.inbox = &inbox;
  worker.outbox = &outbox;
  start_workers(count, worker);
}

void Group::spawn_producers(unsigned count, BoundedQueue& outbox,
                            ItemTask task) {
  // The first may have ended before the last is there: the queue stays open.
  outbox.add_producer();
  Child producer;
  producer.outbox = &outbox;
  producer.produce = std::move(task);
  producer.step = count;
  for (producer.next = 0; producer.next < count; ++producer.next)
    start_or_wait(producer, producer.next == 0);
  outbox.remove_producer();
}

void Group::start_workers(unsigned count, const Child& worker) {
  for (unsigned started = 0; started < count; ++started) {
    try {
      start(worker);
    } catch (const std::exception&) {  // no process, or no memory for one
      if (started == 0) throw;
      spawn_failures().workers += count - started;
      return;
    }
  }
}

Child& Group::start(const Child& child) {
  // All that takes memory comes before the fork: nothing may be missing then.
  Children made;
  Child& kept = made.emplace_back(child);
  done_.reserve(children_.size() + 1);
  if (kept.inbox) kept.inbox->make_room_for_consumer();

  std::array<int, 2> ends;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail("socketpair");
  const Clock::time_point began = Clock::now();
  const pid_t pid = fork_child([&] { run_child(ends[1], child); });
  const int error = errno;
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    fail("cannot fork a process (a smaller limit needs fewer)", error);
  }

  children_.splice(children_.end(), made);
  kept.pid = pid;
  kept.began = began;
  kept.socket = ends[0];
  try {
    watch(kept, EPOLL_CTL_ADD);
  } catch (const std::system_error&) {  // nobody would hear of its end
    kill(pid, SIGKILL);
    interleave::reap(pid);
    close(kept.socket);
    children_.pop_back();
    throw;
  }
  take_on(kept);
  return kept;
}

void Group::take_on(Child& child) {
  if (child.holds) child.deadline = child.began + time_for(*child.holds);
  if (child.step > 0) child.deadline = child.began + time_to_hand_in(child);
  if (child.outbox) child.outbox->add_producer();
  if (!child.inbox) return;
  child.inbox->add_consumer();
  child.inbox->ready(child);
}

void Group::wait() {
  const std::chrono::milliseconds timeout = done_.empty() ? look_every : quiet;
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(poll_, events.data(), events.size(),
                               static_cast<int>(timeout.count()));
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  if (count == 0 || done_.size() >= most_at_rest) dismiss_all(done_);
  std::array<Child*, events.size()> ended;
  int dead = 0;
  for (int at = 0; at < count; ++at) {
    Child& child = *static_cast<Child*>(events[at].data.ptr);
    if (events[at].events & EPOLLOUT) flush(child);
    if (events[at].events & ~EPOLLOUT && !receive_from(child))
      ended[dead++] = &child;
  }
  // Burying takes a while, and whoever waits for a result should not wait for
  // that too: a few dead may lie until nothing else has happened.
  const bool news = dead < count;
  if (!news || dead >= most_unburied)
    for (int at = 0; at < dead; ++at) reap(*ended[at]);
  kill_overdue();
}

/// A worker that is stopped, or hangs, would keep the group waiting for ever.
void Group::kill_overdue() {
  const Clock::time_point now = Clock::now();
  if (now < next_look_) return;
  next_look_ = now + look_every;
  for (Child& child : children_) {
    if (now < child.deadline) continue;
    child.overdue = true;
    kill(child.pid, SIGKILL);
  }
}

/// How long a worker may hold item `i`: its transfers and waits, its computing
/// while all others do the same, and the grace.
Clock::duration Group::time_for(std::size_t i) const {
  const auto one = [&](const std::string& url, Clock::duration wait) {
    return is_sleep_url(url) ? wait : Clock::duration(options_.timeout);
  };
  const Item& item = items_[i];
  const auto children = static_cast<int>(children_.size());
  const Clock::duration computing = item.cpu * children;
  return one(item.url, item.wait) + computing + options_.grace +
         (item.follow_up.empty() ? computing.zero()
                                 : one(item.follow_up, item.follow_up_wait));
}

Clock::duration Group::time_to_hand_in(const Child& producer) const {
  if (producer.next >= results_.size()) return options_.grace;
  return items_[producer.next].delay + options_.grace;
}

void Group::join() {
  while (!children_.empty()) wait();
}

void Group::watch(Child& child, int operation) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (child.waits_for_room) event.events |= EPOLLOUT;
  event.data.ptr = &child;
  if (epoll_ctl(poll_, operation, child.socket, &event) != 0) fail("epoll_ctl");
}

bool Group::receive_from(Child& child) {
  std::array<char, 64 * 1024> chunk;
  const ssize_t got =
      recv(child.socket, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got < 0) kill(child.pid, SIGKILL);  // it may live, and never be heard
  if (got <= 0) return false;

  try {
    child.received.append(chunk.data(), static_cast<std::size_t>(got));
    std::string_view left = child.received;
    std::size_t size = 0;
    while ((size = frame_size(left)) > 0 && left.size() >= size) {
      handle(child, parse_frame(left.substr(0, size)));
      left.remove_prefix(size);
    }
    child.received.erase(0, child.received.size() - left.size());
    if (child.received.empty()) clear(child.received);
    reserve_frame(child.received, size);
    return true;
  } catch (const std::exception&) {
    // What follows a damaged frame cannot be trusted either; and one that finds
    // no memory here is as lost as its item.
    kill(child.pid, SIGKILL);
    return false;
  }
}

void Group::handle(Child& child, Message parcel) {
  if (child.step > 0) return take_in(child, parcel);
  if (child.holds != parcel.i)
    throw std::runtime_error("the result of an item it does not hold");
  child.deadline = Clock::time_point::max();  // a worker rests, or waits
  if (child.outbox) return child.outbox->deliver(child, std::move(parcel));
  child.holds.reset();
  if (!child.inbox) {
    child.deadline = Clock::now() + options_.grace;
    done_.push_back(&child);
  }
  // When it was queued is known on this side only.
  Result& result = results_[parcel.i];
  parcel.download.result.queued = result.queued;
  result = std::move(parcel.download.result);
  interleave::report_outcome(result, options_);
  announce(child);
  mark_idle(child);
}

void Group::take_in(Child& producer, const Message& parcel) {
  if (parcel.i != producer.next || parcel.i >= results_.size())
    throw std::runtime_error("an item that is not its to hand in");
  producer.deadline = Clock::time_point::max();  // it waits for a place
  results_[parcel.i].queued = parcel.download.result.queued;
  producer.outbox->deliver(producer, Message(parcel.i, Download()));
}

/// What a child has sent is in a queue now, and no longer its to lose.
void Group::hand_over(Child& child) {
  child.holds.reset();
  child.next += child.step;
}

void Group::announce(Child& child) {
  if (const auto on_outcome = std::exchange(child.on_outcome, {})) on_outcome();
}

bool Group::flush(Child& child) {
  bool lives = true;
  while (child.sent < child.unsent.size()) {
    const ssize_t sent =
        send(child.socket, child.unsent.data() + child.sent,
             child.unsent.size() - child.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) child.sent += static_cast<std::size_t>(sent);
    if (sent >= 0 || errno == EINTR) continue;
    if (errno == EAGAIN) break;
    child.sent =
        child.unsent.size();   // it died, as receive_from() will find, too
    kill(child.pid, SIGKILL);  // or lives, and would wait for ever
    lives = false;
  }
  if (child.sent == child.unsent.size()) {
    clear(child.unsent);
    child.sent = 0;
  }
  const bool needs_room = !child.unsent.empty();
  if (std::exchange(child.waits_for_room, needs_room) == needs_room)
    return lives;
  try {
    watch(child, EPOLL_CTL_MOD);
    return lives;
  } catch (const std::system_error&) {  // it would never get the rest
    kill(child.pid, SIGKILL);
    return false;
  }
}

/// Empty when there is no memory for the words.
std::string Group::how_lost(const Child& child, int status) {
  try {
    return fmt::format("{} process {} {}",
                       child.step > 0 ? "producer" : "worker", child.pid,
                       child.overdue ? "did not answer in time and was killed"
                                     : how_it_ended(status));
  } catch (const std::bad_alloc&) {
    return {};
  }
}

void Group::reap(Child& child) {
  rusage usage{};
  const int status = interleave::reap(child.pid, &usage);
  try {
    record_child({child.began, Clock::now(),
                  static_cast<std::uint64_t>(usage.ru_maxrss) * 1024});
  } catch (const std::bad_alloc&) {  // an outcome counts more
  }
  // Closing would not do: a sibling forked a moment ago may still hold a copy
  // of the socket, and epoll would go on reporting it.
  epoll_ctl(poll_, EPOLL_CTL_DEL, child.socket, nullptr);
  close(child.socket);
  const std::string how = how_lost(child, status);
  if (child.holds) mark_lost(*child.holds, how);

  // The replacement comes first: a queue whose last worker left would give
  // up what it holds.
  if (status != 0 && !replace(child) && child.step > 0) lose_all_of(child, how);
  if (child.inbox) child.inbox->consumer_ended(child);
  if (child.outbox) child.outbox->producer_ended(child);
  announce(child);
  std::erase(done_, &child);
  children_.remove_if([&](const Child& kept) { return &kept == &child; });
}

bool Group::replace(const Child& dead) {
  if ((!dead.inbox && dead.step == 0) || dead.replacement) return false;
  Child replacement;
  replacement.task = dead.task;
  replacement.inbox = dead.inbox;
  replacement.outbox = dead.outbox;
  replacement.produce = dead.produce;
  replacement.next = dead.next;
  replacement.step = dead.step;
  replacement.replacement = true;
  try {
    start(replacement);
    return true;
  } catch (const std::exception&) {  // the crew goes on, smaller
    return false;
  }
}

/// A child that has ended since it was last heard must not cost an item that
/// it never had.
bool Group::give(Child& child, const Message& parcel) {
  if (!send_frame(child, parcel)) return false;
  child.holds = parcel.i;
  child.deadline = Clock::now() + time_for(parcel.i);
  return true;
}

void Group::mark_idle(Child& child) {
  if (child.inbox) child.inbox->ready(child);
  if (child.step == 0) return;
  child.deadline = Clock::now() + time_to_hand_in(child);
  send_frame(child, Message(child.next, Download()));  // go on
}

/// As flush(). A child for which there is no memory has ended as well.
bool Group::send_frame(Child& child, const Message& parcel) {
  try {
    append_frame(child.unsent, parcel);
    return flush(child);
  } catch (const std::bad_alloc&) {
    child.unsent.clear();
    child.sent = 0;
    kill(child.pid, SIGKILL);
    return false;
  }
}

void Group::send_shutdown(Child& child) {
  shutdown(child.socket, SHUT_WR);  // it reads the end, and leaves
  child.deadline = Clock::now() + options_.grace;
}

/// The list keeps the room that start() made in it.
void Group::dismiss_all(std::vector<Child*>& children) {
  for (Child* child : children) send_shutdown(*child);
  children.clear();
}

void Group::mark_lost(std::size_t i, const std::string& why) {
  Result& result = results_[i];
  result.status = Status::lost;
  result.error.kind = ErrorKind::worker;
  try {
    result.error.text = why;
  } catch (const std::bad_alloc&) {  // the kind has to do
  }
  interleave::report_outcome(result, options_);
}

}  // namespace interleave::processes
