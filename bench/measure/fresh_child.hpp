// A child process in which something is measured, and its pipe to the parent.
#pragma once

#include <sys/types.h>

#include <functional>
#include <stdexcept>

namespace interleave {

/// The measurement itself failed, through no fault of an item: the process that
/// measures died, the origin is gone, the system refused something.
class InfrastructureError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The only place that forks what is measured, and what works beside it: what
/// a run starts, no other run inherits.
///
/// Invariants: the caller has one thread; the child ends with this object at
/// the latest.
class FreshChild {
 public:
  /// Runs `body` with the end of the pipe to write to. Ctrl-C and `timeout`
  /// reach the whole group, so the child leaves them to its parent. Throws
  /// InfrastructureError when there can be no pipe or no child.
  explicit FreshChild(const std::function<void(int report)>& body);
  ~FreshChild();
  FreshChild(const FreshChild&) = delete;
  FreshChild& operator=(const FreshChild&) = delete;

  int report() const { return report_; }  ///< to read from

  /// Waits for its end: its wait status.
  int wait();
  /// Ends it by force.
  void kill();

 private:
  pid_t pid_ = -1;
  int report_ = -1;
  bool waited_for_ = false;
};

}  // namespace interleave
