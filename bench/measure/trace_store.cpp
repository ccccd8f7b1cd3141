#include "bench/measure/trace_store.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/wire.hpp"

namespace interleave {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

TraceStore::TraceStore() : file_(std::tmpfile()) {
  if (!file_) fail("a temporary file for the traces");
}

TraceStore::Place TraceStore::put(const Trace& trace) {
  std::string bytes;
  append_steps(bytes, trace.limits);
  for (std::size_t i = 0; i < trace.results.size(); ++i)
    append_frame(bytes, Message(i, Download(trace.results[i])));
  if (std::fseek(file_.get(), 0, SEEK_END) != 0) fail("seeking in the traces");
  const long offset = std::ftell(file_.get());
  // Flushed, so that no child finds bytes in its copy of the buffer.
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() ||
      std::fflush(file_.get()) != 0)
    fail("putting a trace aside");
  return {offset,      bytes.size(),         trace.began,
          trace.ended, trace.results.size(), trace.limits.size()};
}

Trace TraceStore::get(const Place& place) const {
  std::string bytes(place.bytes, '\0');
  if (std::fseek(file_.get(), place.offset, SEEK_SET) != 0 ||
      std::fread(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    fail("reading a trace that was put aside");
  Trace trace{place.began, place.ended, Results(place.items)};
  std::string_view rest = bytes;
  trace.limits = take_steps(rest, place.limits);
  while (!rest.empty()) {
    const std::size_t size = frame_size(rest);
    Message parcel = parse_frame(rest.substr(0, size));
    trace.results[parcel.i] = std::move(parcel.download.result);
    rest.remove_prefix(size);
  }
  return trace;
}

TraceStore::Place middle_of(std::vector<TraceStore::Place> places) {
  const auto middle =
      places.begin() + static_cast<std::ptrdiff_t>((places.size() - 1) / 2);
  std::ranges::nth_element(places, middle, {}, &TraceStore::Place::wall);
  return *middle;
}

}  // namespace interleave
