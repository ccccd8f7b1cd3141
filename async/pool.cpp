#include "async/pool.hpp"

#include <exception>

#include "common/usage.hpp"

namespace interleave::async {

Pool::Pool(unsigned count) {
  threads_.reserve(count);
  try {
    while (threads_.size() < count)
      threads_.emplace_back([this] { pool_.attach(); });
  } catch (const std::exception&) {  // no thread, or no memory for one
    if (threads_.empty()) throw;
    spawn_failures().workers += count - threads_.size();
  }
}

}  // namespace interleave::async
