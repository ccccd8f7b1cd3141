#include "common/session.hpp"

#include <stdexcept>

#include "common/beast_client.hpp"
#include "common/file.hpp"
#include "common/waiting.hpp"

namespace interleave {

std::string_view to_string(Transport transport) {
  return transport == Transport::curl ? "curl" : "beast";
}

Session::Session(const Options& options) : options_(options) {}

Session::~Session() = default;

/// An exception leaves a coroutine behind in the client's loop, which must not
/// go on with what is gone: they go together.
template <class Work>
auto Session::by_beast(Work work) {
  try {
    if (!beast_) beast_ = std::make_unique<BlockingBeast>(options_);
    return work(*beast_);
  } catch (...) {
    beast_.reset();
    throw;
  }
}

Download Session::fetch(const Item& item) {
  if (is_sleep_url(item.url))
    return without_body(wait_for(item.wait, options_));
  if (is_file_url(item.url)) return read_file(item, options_);
  if (options_.transport == Transport::beast)
    return by_beast([&](BlockingBeast& beast) { return beast.fetch(item); });
  transfer().prepare(item);
  return perform();
}

Error Session::send(const Item& item, const std::string& output) {
  if (is_sleep_url(item.follow_up))
    return wait_for(item.follow_up_wait, options_);
  if (options_.transport == Transport::beast)
    return by_beast(
        [&](BlockingBeast& beast) { return beast.send(item, output); });
  transfer().prepare_put(item.follow_up, output);
  return perform().result.error;
}

Transfer& Session::transfer() {
  if (transfer_) return *transfer_;
  initialise_curl();
  multi_.reset(curl_multi_init());
  if (!multi_) throw std::runtime_error("libcurl: no multi handle left");
  transfer_ = std::make_unique<Transfer>(options_, connections_);
  return *transfer_;
}

Download Session::perform() {
  CURLcode code = perform_once();
  while (transfer_->again(code)) code = perform_once();
  return transfer_->take(code);
}

/// What curl_easy_perform does, which would wait for up to a second before it
/// looked whether to go on.
CURLcode Session::perform_once() {
  CURL* const easy = transfer_->handle();
  if (curl_multi_add_handle(multi_.get(), easy) != CURLM_OK)
    return CURLE_FAILED_INIT;
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  int running = 1;
  while (!aborted(options_)) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
      code = CURLE_FAILED_INIT;
      break;
    }
    int left = 0;
    if (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      code = message->data.result;
      break;
    }
    curl_multi_poll(multi_.get(), nullptr, 0, abort_latency.count(), nullptr);
  }
  curl_multi_remove_handle(multi_.get(), easy);
  return code;
}

}  // namespace interleave
