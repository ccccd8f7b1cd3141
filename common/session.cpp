#include "common/session.hpp"

#include <thread>

namespace interleave {

Download Session::fetch(const Item& item) {
  if (item.url.starts_with("sleep:")) {
    std::this_thread::sleep_for(item.wait);
    Download nothing;
    nothing.result.status = Status::completed;
    return nothing;
  }
  if (!transfer_) transfer_ = std::make_unique<Transfer>(options_);
  transfer_->prepare(item);
  return transfer_->take(curl_easy_perform(transfer_->handle()));
}

}  // namespace interleave
