// One object in memory that a process shares with the children it forks.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace interleave {

/// Lives as long as this does; in each process, where this is copied by fork.
template <class T>
class SharedMemory {
 public:
  /// Throws std::system_error when there is no memory.
  SharedMemory() {
    void* memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      throw std::system_error(errno, std::generic_category(),
                              "no shared memory");
    value_ = new (memory) T;
  }
  ~SharedMemory() { munmap(static_cast<void*>(value_), sizeof(T)); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }
  T* get() const { return value_; }

  /// Makes it what it was at first. No other process may use it meanwhile.
  void renew() { new (static_cast<void*>(value_)) T; }

 private:
  T* value_;
};

}  // namespace interleave
