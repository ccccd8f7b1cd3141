#include "common/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace interleave {

namespace {

/// The path of a `file:` url; empty when the url names a host, or no path.
std::string path_of(std::string_view url) {
  url.remove_prefix(std::string_view("file:").size());
  if (url.starts_with("//")) url.remove_prefix(2);
  const bool whole = url.starts_with('/') && url.find('\0') == url.npos;
  return std::string(whole ? url : "");
}

}  // namespace

File::File(const Item& item, const Options& options) : options_(options) {
  try {
    open_path_of(item);
  } catch (...) {  // no memory for the body, say: no destructor will close it
    close();
    throw;
  }
}

void File::open_path_of(const Item& item) {
  if (!options_.allow_files)
    return refuse(ErrorKind::scheme_denied, "file: urls are not allowed");
  const std::string path = path_of(item.url);
  if (path.empty())
    return refuse(ErrorKind::file, "not file:/path nor file:///path");

  // O_NONBLOCK: opening a FIFO waits for somebody who writes to it.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) return failed(errno);
  struct stat status;
  if (fstat(descriptor_, &status) != 0) return failed(errno);
  if (S_ISDIR(status.st_mode)) return failed(EISDIR);
  if (!S_ISREG(status.st_mode))
    return refuse(ErrorKind::file, "not a regular file");
  // One byte more, to see the end without a second round; a file that grows
  // meanwhile, or lies about its size as those in /proc do, gets more room.
  const auto size = static_cast<std::size_t>(status.st_size);
  body_.resize(std::min(size, options_.max_body) + 1);
}

File::~File() {
  close();
}

std::span<char> File::room() {
  if (bytes_ == body_.size()) {
    const std::size_t more = std::max<std::size_t>(body_.size(), 64 * 1024);
    body_.resize(bytes_ + std::min(more, options_.max_body + 1 - bytes_));
  }
  return std::span(body_).subspan(bytes_);
}

void File::got(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ > options_.max_body) {
    refuse(ErrorKind::too_large,
           fmt::format("body over {} bytes", options_.max_body));
  } else if (bytes == 0) {
    close();
  }
}

void File::failed(int error) {
  const bool exhausted = error == EMFILE || error == ENFILE;
  refuse(exhausted ? ErrorKind::descriptors : ErrorKind::file,
         std::strerror(error));
}

Download File::take() {
  Download download;
  Result& result = download.result;
  result.error = std::move(error_);
  if (result.error.kind == ErrorKind::none) {
    body_.resize(bytes_);
    result.status = Status::completed;
    result.bytes = bytes_;
    download.body = std::move(body_);
  } else {
    result.status = Status::failed;
  }
  return download;
}

void File::refuse(ErrorKind kind, std::string text) {
  error_ = {kind, std::move(text)};
  close();
}

void File::close() {
  if (open()) ::close(std::exchange(descriptor_, -1));
}

Download read_file(const Item& item, const Options& options) {
  File file(item, options);
  while (file.open()) {
    const std::span<char> room = file.room();
    const ssize_t got = ::read(file.descriptor(), room.data(), room.size());
    if (got >= 0) {
      file.got(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      file.failed(errno);
    }
  }
  return file.take();
}

}  // namespace interleave
