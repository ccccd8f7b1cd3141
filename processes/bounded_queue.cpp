#include "processes/bounded_queue.hpp"

#include <utility>

#include "processes/group.hpp"

namespace interleave::processes {

void BoundedQueue::push(std::size_t i) {
  while (full()) group_.wait();
  parcels_.emplace_back(i);
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

void BoundedQueue::deliver(Child& producer, Parcel parcel) {
  if (full()) {
    blocked_.push_back({&producer, std::move(parcel)});
    return;
  }
  parcels_.push_back(std::move(parcel));
  feed();
  group_.rest(producer);
}

void BoundedQueue::consumer_ended(Child& consumer) {
  std::erase(idle_, &consumer);
  --consumers_;
  feed();
}

void BoundedQueue::producer_ended(Child& producer) {
  for (Blocked& blocked : blocked_)
    if (blocked.producer == &producer) blocked.producer = nullptr;
  remove_producer();
}

void BoundedQueue::remove_producer() {
  if (--producers_ == 0) close();
}

void BoundedQueue::feed() {
  if (consumers_ == 0) lose_all();
  while (!parcels_.empty() && !idle_.empty()) {
    Child& consumer = *idle_.front();
    idle_.pop_front();
    if (!group_.give(consumer, parcels_.front())) continue;
    parcels_.pop_front();
    admit_blocked();
  }
  if (!closed_ || !parcels_.empty()) return;
  for (Child* consumer : std::exchange(idle_, {})) group_.dismiss(*consumer);
}

void BoundedQueue::admit_blocked() {
  if (blocked_.empty()) return;
  auto [producer, parcel] = std::move(blocked_.front());
  blocked_.pop_front();
  parcels_.push_back(std::move(parcel));
  if (producer) group_.rest(*producer);
}

void BoundedQueue::lose_all() {
  while (!parcels_.empty()) {
    group_.lose(parcels_.front().i, "no worker process was left");
    parcels_.pop_front();
    admit_blocked();
  }
}

}  // namespace interleave::processes
