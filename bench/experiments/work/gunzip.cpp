#include "bench/experiments/work/gunzip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

namespace interleave {

namespace {

using Count = decltype(z_stream::avail_in);

[[noreturn]] void refuse(std::string_view what) {
  throw std::runtime_error(fmt::format("gzip: {}", what));
}

}  // namespace

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

Gunzip::Gunzip(std::string_view packed) {
  if (packed.size() > std::numeric_limits<Count>::max())
    refuse("more than 4 GiB of packed bytes");
  // zlib does not write to its input, it only lacks the word const.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream_.avail_in = static_cast<Count>(packed.size());
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() {
  inflateEnd(&stream_);
}

void Gunzip::read_up_to(std::size_t size, std::string& text) {
  // What is asked for may be a lie of the file: grow with what really comes.
  constexpr std::size_t step = std::size_t{1} << 20;
  while (text.size() < size && !ended_) {
    const std::size_t start = text.size();
    const std::size_t more = std::min(size - start, std::max(step, start));
    text.resize(start + more);
    text.resize(start + inflate_into(text.data() + start, more));
  }
}

bool Gunzip::at_end() {
  char beyond = 0;
  while (!ended_)
    if (inflate_into(&beyond, 1) > 0) return false;
  return true;
}

std::size_t Gunzip::inflate_into(char* out, std::size_t size) {
  constexpr std::size_t most = std::numeric_limits<Count>::max();
  stream_.next_out = reinterpret_cast<Bytef*>(out);
  stream_.avail_out = static_cast<Count>(std::min(size, most));
  const Count asked = stream_.avail_out;
  const int status = inflate(&stream_, Z_NO_FLUSH);
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  if (status == Z_BUF_ERROR) refuse("the packed bytes are cut short");
  if (status != Z_OK && status != Z_STREAM_END)
    refuse(stream_.msg ? stream_.msg : "the packed bytes are damaged");
  if (status == Z_STREAM_END) next_member();
  return asked - stream_.avail_out;
}

void Gunzip::next_member() {
  // Tapes and some writers fill their last block with zeros.
  for (; stream_.avail_in > 0 && *stream_.next_in == 0; --stream_.avail_in)
    ++stream_.next_in;
  const std::string_view rest(reinterpret_cast<const char*>(stream_.next_in),
                              stream_.avail_in);
  if (rest.empty())
    ended_ = true;
  else if (!is_gzip(rest))
    refuse("what follows the packed bytes is neither gzip nor zeros");
  else if (inflateReset(&stream_) != Z_OK)
    refuse("the packed bytes are damaged");
}

}  // namespace interleave
