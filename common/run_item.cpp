#include "common/run_item.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/compute.hpp"
#include "common/digest.hpp"
#include "common/waiting.hpp"

namespace interleave {

namespace {

bool announces = true;  // of this process; set before it has a second thread

/// Compares what came with what had to come; an item may have no expectation.
void verify(const Item& item, Result& result) {
  if (!item.expected) return;
  const auto& [bytes, digest, learnt] = *item.expected;
  if (result.bytes == bytes && result.digest == digest) return;
  if (learnt) {
    result.error = {
        ErrorKind::integrity,
        fmt::format("changed since it was learnt: {} bytes with digest "
                    "{:016x}, not {} bytes with {:016x}",
                    result.bytes, result.digest, bytes, digest)};
  } else if (result.bytes < bytes) {
    result.error = {
        ErrorKind::truncated,
        fmt::format("truncated: {} of {} bytes", result.bytes, bytes)};
  } else {
    result.error = {ErrorKind::integrity,
                    fmt::format("integrity: {} bytes with digest {:016x}, "
                                "not {} bytes with {:016x}",
                                result.bytes, result.digest, bytes, digest)};
  }
  result.status = Status::failed;
}

}  // namespace

bool stopped(const Options& options) noexcept {
  return options.control &&
         (options.control->stop.load(std::memory_order_relaxed) ||
          options.control->abort.load(std::memory_order_relaxed));
}

void pause_before(const Item& item, const Options& options) {
  const Clock::time_point end = Clock::now() + item.delay;
  for (auto now = Clock::now(); now < end && !stopped(options);
       now = Clock::now())
    std::this_thread::sleep_until(
        std::min<Clock::time_point>(end, now + abort_latency));
}

std::optional<Clock::time_point> begin_download(
    Result& result, const Options& options) noexcept {
  if (stopped(options)) {
    result.status = Status::skipped;
    return std::nullopt;
  }
  if (options.control)
    options.control->began.fetch_add(1, std::memory_order_relaxed);
  return Clock::now();
}

void end_download(Result& result, Clock::time_point started) noexcept {
  result.started = started;
  result.downloaded = Clock::now();
  result.downloaded_on = this_lane();
}

void leave_announcing_to_parent() noexcept {
  announces = false;
}

void report_outcome(const Result& result, const Options& options) noexcept {
  if (!options.control || !announces) return;
  const bool bad =
      result.status == Status::failed || result.status == Status::lost;
  if (bad && options.on_error == OnError::stop)
    options.control->stop.store(true, std::memory_order_relaxed);
  options.control->ended.fetch_add(1, std::memory_order_relaxed);
}

Result thrown(const char* what) noexcept {
  Result result;
  result.status = Status::failed;
  result.error.kind = ErrorKind::thrown;
  try {
    result.error.text = what;
  } catch (...) {  // no memory for the text: the kind has to do
  }
  return result;
}

Download download(const Item& item, Session& session) noexcept {
  Download here;
  if (const auto started = begin_download(here.result, session.options())) {
    try {
      here = session.fetch(item);
    } catch (const std::exception& error) {
      here = Download(thrown(error.what()));
    }
    end_download(here.result, *started);
  }
  return here;
}

void compute_result(const Item& item, Download& download) noexcept {
  Result& result = download.result;
  if (result.status != Status::skipped) {
    result.processing = Clock::now();
    result.processed_on = this_lane();
  }
  if (result.status == Status::completed) {
    try {
      result.digest = digest(download.body);
      verify(item, result);
      if (item.rounds > 0)
        result.output =
            fmt::format("{:016x}", compute(download.body, item.rounds));
      if (item.process_fn && result.status == Status::completed)
        result.output = item.process_fn(item, download.body);
    } catch (const std::exception& error) {
      fail(result, thrown(error.what()).error);
    } catch (...) {
      fail(result, thrown("not a std::exception").error);
    }
  }
  download.body = std::string();
}

bool sends(const Item& item, const Result& result) noexcept {
  return !item.follow_up.empty() && result.status == Status::completed;
}

void fail(Result& result, Error error) noexcept {
  if (error.kind == ErrorKind::none) return;
  result.status = Status::failed;
  result.error = std::move(error);
}

void finish(Result& result, const Options& options) noexcept {
  if (result.status != Status::skipped) result.finished = Clock::now();
  report_outcome(result, options);
}

Result process(const Item& item, Download download, Session& session) noexcept {
  compute_result(item, download);
  Result& result = download.result;
  if (sends(item, result)) {
    try {
      fail(result, session.send(item, result.output));
    } catch (const std::exception& error) {
      fail(result, thrown(error.what()).error);
    }
  }
  finish(result, session.options());
  return std::move(result);
}

Result run_item(const Item& item, Session& session) noexcept {
  return process(item, download(item, session), session);
}

}  // namespace interleave
