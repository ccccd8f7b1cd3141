#include "async/files.hpp"

#include <liburing.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_random_access_file.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <span>

#include "async/loop.hpp"
#include "async/offload.hpp"
#include "common/file.hpp"

namespace interleave::async {

namespace {

constexpr unsigned pool_threads = 4;

/// Asio takes at most 128 finished reads from its ring at a time, and is not
/// told again of those it left there: more at once may wait for ever.
constexpr unsigned most_in_ring = 64;

/// Whether a request goes through a ring and comes back. Asio is not asked: it
/// takes a ring that can be made for one that can be used, and misses that no
/// descriptor was left for the event that goes with it.
bool ring_works() {
  io_uring ring;
  if (io_uring_queue_init(2, &ring, 0) < 0) return false;
  const int event = eventfd(0, EFD_CLOEXEC);
  io_uring_cqe* done = nullptr;
  bool works = event >= 0;
  if (works) {
    io_uring_prep_nop(io_uring_get_sqe(&ring));
    works = io_uring_submit(&ring) == 1 &&
            io_uring_wait_cqe(&ring, &done) == 0 && done->res == 0;
  }
  if (event >= 0) close(event);
  io_uring_queue_exit(&ring);
  return works;
}

/// Asio's ring is larger, and some kernels count it as locked memory.
bool asio_has_its_ring(const Executor& loop) {
  try {
    const asio::basic_random_access_file<Executor> file(loop);
    return true;
  } catch (const boost::system::system_error&) {
    return false;
  }
}

/// Gives the ring a descriptor of its own; one that it refuses is closed.
void open_in(asio::basic_random_access_file<Executor>& ring, File& file) {
  boost::system::error_code refused;
  const int own = dup(file.descriptor());
  try {
    ring.assign(own, refused);
  } catch (...) {
    close(own);
    throw;
  }
  if (!refused) return;
  if (own >= 0) close(own);
  file.failed(refused.value());
}

/// A place in the ring, given back whatever happens.
class Permit {
 public:
  explicit Permit(Semaphore& permits) : permits_(permits) {}
  ~Permit() { permits_.release(); }
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;

 private:
  Semaphore& permits_;
};

}  // namespace

std::string_view file_reading(const Options& options) {
  asio::io_context context;
  return options.io_uring && ring_works() &&
                 asio_has_its_ring(context.get_executor())
             ? "io_uring"
             : "a pool of 4 threads";
}

Files::Files(const Options& options)
    : options_(options), in_ring_(most_in_ring) {
  if (options.io_uring && ring_works() && asio_has_its_ring(Loop::current()))
    return;
  pool_.emplace(pool_threads);
}

Task<Download> Files::read(const Item& item) {
  return pool_ ? read_on_pool(item) : read_through_ring(item);
}

Task<Download> Files::read_through_ring(const Item& item) {
  File file(item, options_);
  if (!file.open()) co_return file.take();

  asio::basic_random_access_file<Executor> ring(Loop::current());
  open_in(ring, file);
  co_await in_ring_.acquire();
  const Permit permit(in_ring_);
  while (file.open()) {
    const std::span<char> room = file.room();
    const auto buffer = asio::buffer(room.data(), room.size());
    const auto [error, got] = co_await ring.async_read_some_at(
        file.offset(), buffer, asio::as_tuple(asio::deferred));
    if (error && error != asio::error::eof) {
      file.failed(error.value());
    } else {
      file.got(got);
    }
  }
  co_return file.take();
}

Task<Download> Files::read_on_pool(const Item& item) {
  Download download;
  auto work = [&] { download = read_file(item, options_); };
  co_await offload(*pool_, work);
  co_return download;
}

}  // namespace interleave::async
