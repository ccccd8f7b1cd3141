#include "common/session.hpp"

#include <thread>

#include "common/file.hpp"

namespace interleave {

Download Session::fetch(const Item& item) {
  if (only_waits(item.url)) {
    std::this_thread::sleep_for(item.wait);
    Download nothing;
    nothing.result.status = Status::completed;
    return nothing;
  }
  if (names_a_file(item.url)) return read_file(item, options_);
  transfer().prepare(item);
  return transfer().take(curl_easy_perform(transfer().handle()));
}

Error Session::send(const Item& item, const std::string& output) {
  if (only_waits(item.then)) {
    std::this_thread::sleep_for(item.then_wait);
    return {};
  }
  transfer().prepare_put(item.then, output);
  const CURLcode code = curl_easy_perform(transfer().handle());
  return transfer().take(code).result.error;
}

Transfer& Session::transfer() {
  if (!transfer_) transfer_ = std::make_unique<Transfer>(options_);
  return *transfer_;
}

}  // namespace interleave
