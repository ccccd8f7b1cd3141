#include "processes/bounded_queue.hpp"

#include <new>
#include <utility>

#include "processes/group.hpp"

namespace interleave::processes {

void BoundedQueue::push(std::size_t i) {
  while (full()) group_.wait();
  try {
    entries_.push_back({nullptr, Message(i)});
  } catch (const std::bad_alloc&) {
    group_.mark_lost(i, "no memory to queue it");
  }
  feed();
}

void BoundedQueue::close() {
  closed_ = true;
  feed();
}

void BoundedQueue::ready(Child& consumer) {
  idle_.push_back(&consumer);
  feed();
}

void BoundedQueue::deliver(Child& producer, Message parcel) {
  Entries one;
  one.push_back({&producer, std::move(parcel)});
  group_.hand_over(producer);
  if (full()) return blocked_.splice(blocked_.end(), one);
  entries_.splice(entries_.end(), one);
  feed();
  group_.mark_idle(producer);
}

void BoundedQueue::consumer_ended(Child& consumer) {
  std::erase(idle_, &consumer);
  --consumers_;
  feed();
}

void BoundedQueue::producer_ended(Child& producer) {
  for (Entry& blocked : blocked_)
    if (blocked.producer == &producer) blocked.producer = nullptr;
  remove_producer();
}

void BoundedQueue::remove_producer() {
  if (--producers_ == 0) close();
}

void BoundedQueue::feed() {
  if (consumers_ == 0) lose_all();
  while (!entries_.empty() && !idle_.empty()) {
    Child& consumer = *idle_.front();
    idle_.erase(idle_.begin());
    if (!group_.give(consumer, entries_.front().parcel)) continue;
    entries_.pop_front();
    admit_blocked();
  }
  if (!closed_ || !entries_.empty()) return;
  group_.dismiss_all(idle_);
}

void BoundedQueue::admit_blocked() {
  if (blocked_.empty()) return;
  Child* const producer = blocked_.front().producer;
  entries_.splice(entries_.end(), blocked_, blocked_.begin());
  if (producer) group_.mark_idle(*producer);
}

void BoundedQueue::lose_all() {
  while (!entries_.empty()) {
    group_.mark_lost(entries_.front().parcel.i, "no worker process was left");
    entries_.pop_front();
    admit_blocked();
  }
}

}  // namespace interleave::processes
