// What fetches, for a model whose workers block.
#pragma once

#include <memory>
#include <string>

#include "common/options.hpp"
#include "common/transfer.hpp"

namespace interleave {

class BlockingBeast;

/// Keeps connections alive from one item to the next. Who owns a session is
/// half of the lesson: one for a loop, one per worker thread, one per child
/// process (opened after the fork).
///
/// Thread safety: one thread at a time.
class Session {
 public:
  /// `options` must outlive the session. Nothing is opened before the first
  /// fetch; that one may fail with what the system refuses.
  explicit Session(const Options& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Blocks until the item is here or failed. Throws std::runtime_error when
  /// libcurl itself cannot be set up.
  Download fetch(const Item& item);

  /// Blocks until the item's second request, `then`, has been made with
  /// `output`, and returns what went wrong, if anything. Throws as fetch().
  Error send(const Item& item, const std::string& output);

  const Options& options() const { return options_; }

 private:
  struct CleanUp {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  Transfer& transfer();
  Download perform();
  CURLcode perform_once();
  template <class Work>
  auto by_beast(Work work);

  const Options& options_;
  Connections connections_;
  // Made when the first url needs them.
  std::unique_ptr<Transfer> transfer_;
  std::unique_ptr<CURLM, CleanUp> multi_;  // keeps the connections
  std::unique_ptr<BlockingBeast> beast_;   // instead of both
};

}  // namespace interleave
