#include "bench/origin/media.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "bench/origin/books.hpp"
#include "bench/origin/image.hpp"
#include "bench/origin/query.hpp"
#include "bench/text/units.hpp"
#include "common/digest.hpp"

namespace interleave::origin {

namespace {

constexpr std::string_view image_root = "/images/";
constexpr std::string_view upload_end = "/small";
constexpr std::uint64_t any_number = ~std::uint64_t{0};

std::uint32_t read_edge(std::string_view text) {
  return static_cast<std::uint32_t>(read_integer(text, 1, max_image_edge));
}

double read_share(std::string_view text) {
  double share = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, share);
  const bool whole = error == std::errc() && stop == end;
  if (!whole || !(share >= 0 && share <= 1))
    throw std::invalid_argument(
        fmt::format("{} is not a share from 0 to 1", in_quotes(text)));
  return share;
}

/// An ISBN is the only key there is; its colon may be percent-encoded.
std::string read_key(std::string_view text) {
  for (const std::string_view scheme : {"ISBN:", "ISBN%3A", "ISBN%3a"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view isbn = text.substr(scheme.size());
    if (is_isbn(isbn)) return std::string(isbn);
  }
  throw std::invalid_argument(
      fmt::format("{} is not ISBN: and ten digits, such as ISBN:0123456789",
                  in_quotes(text)));
}

void read_image(std::string_view id, const Query& query, ImageSpec& image) {
  try {
    image.id = read_integer(id, 0, any_number);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("image {}", error.what()));
  }
  query.with("seed", [&](std::string_view text) {
    image.seed = read_integer(text, 0, any_number);
  });
  query.with("width",
             [&](std::string_view text) { image.width = read_edge(text); });
  query.with("height",
             [&](std::string_view text) { image.height = read_edge(text); });
  query.with("wait",
             [&](std::string_view text) { image.wait = parse_wait(text); });
}

/// What stands between `/images/` and the end.
std::string_view image_id(std::string_view target, std::string_view end) {
  std::string_view path = path_of(target);
  if (!path.starts_with(image_root) || !path.ends_with(end))
    throw std::invalid_argument(
        "an image's path is /images/ID, an upload's /images/ID/small");
  path.remove_prefix(image_root.size());
  path.remove_suffix(std::min(end.size(), path.size()));
  return path;
}

/// Width or height as the header of a PNG has them; 0 when there is
/// none.
std::uint32_t announced(std::string_view png, std::size_t at) {
  std::uint32_t number = 0;
  if (png.size() < at + 4) return 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number << 8 | static_cast<unsigned char>(png[at + i]);
  return number;
}

std::uint64_t digest_of(const Image& image) {
  return digest({reinterpret_cast<const char*>(image.pixels.data()),
                 image.pixels.size()});
}

/// A tiny image has its entry to keep, too.
std::size_t cost_of(const std::string& png) {
  return png.size() + 1024;
}

}  // namespace

std::uint64_t UploadSpec::most_bytes() const {
  // Four bytes a pixel and one a row, hardly packed at all; then some chunks.
  return std::uint64_t{5} * edge * edge + 4096;
}

std::string image_path(const ImageSpec& image) {
  return fmt::format("{}{}?seed={}&width={}&height={}&wait={}", image_root,
                     image.id, image.seed, image.width, image.height,
                     to_string(image.wait));
}

std::string upload_path(const UploadSpec& upload) {
  const ImageSpec& image = upload.image;
  return fmt::format("{}{}{}?seed={}&width={}&height={}&edge={}&wait={}",
                     image_root, image.id, upload_end, image.seed, image.width,
                     image.height, upload.edge, to_string(image.wait));
}

std::string books_path(const BookSpec& book) {
  return fmt::format("{}&seed={}&hits={}&wait={}", book_path(book.isbn),
                     book.seed, book.hits, to_string(book.wait));
}

bool is_upload_path(std::string_view target) {
  const std::string_view path = path_of(target);
  return path.starts_with(image_root) && path.ends_with(upload_end);
}

ImageSpec parse_image_path(std::string_view target) {
  ImageSpec image;
  read_image(image_id(target, ""),
             Query(target, {"seed", "width", "height", "wait"}), image);
  return image;
}

UploadSpec parse_upload_path(std::string_view target) {
  UploadSpec upload;
  const Query query(target, {"seed", "width", "height", "edge", "wait"});
  read_image(image_id(target, upload_end), query, upload.image);
  query.with("edge",
             [&](std::string_view text) { upload.edge = read_edge(text); });
  return upload;
}

BookSpec parse_books_path(std::string_view target) {
  BookSpec book;
  const Query query(target, {"bibkeys", "format", "seed", "hits", "wait"});
  if (!query.has("bibkeys"))
    throw std::invalid_argument(
        "bibkeys is missing: which book? bibkeys=ISBN:0123456789");
  query.with("bibkeys",
             [&](std::string_view text) { book.isbn = read_key(text); });
  query.with("format", [](std::string_view text) {
    if (text != "json")
      throw std::invalid_argument(
          fmt::format("{} is not served, json is", in_quotes(text)));
  });
  query.with("seed", [&](std::string_view text) {
    book.seed = read_integer(text, 0, any_number);
  });
  query.with("hits",
             [&](std::string_view text) { book.hits = read_share(text); });
  query.with("wait",
             [&](std::string_view text) { book.wait = parse_wait(text); });
  return book;
}

Clock::duration waiting_time(const BookSpec& book) {
  return waiting_time(book.wait, book.seed,
                      read_integer(book.isbn, 0, any_number));
}

ImageShelf::Kept& ImageShelf::kept(const ImageSpec& image) {
  ImageSpec key = image;
  key.wait = {};
  const std::string path = image_path(key);
  if (const auto found = images_.find(path); found != images_.end())
    return found->second;

  auto png = std::make_shared<const std::string>(
      make_image(image.seed, image.id, image.width, image.height));
  while (!oldest_first_.empty() && bytes_ + cost_of(*png) > max_bytes) {
    const auto oldest = images_.find(oldest_first_.front());
    bytes_ -= cost_of(*oldest->second.png);
    images_.erase(oldest);
    oldest_first_.pop_front();
  }
  bytes_ += cost_of(*png);
  oldest_first_.push_back(path);
  return images_.emplace(path, Kept{std::move(png), {}}).first->second;
}

std::shared_ptr<const std::string> ImageShelf::png(const ImageSpec& image) {
  return kept(image).png;
}

const ImageShelf::Small& ImageShelf::small(const UploadSpec& upload) {
  Kept& original = kept(upload.image);
  const auto [entry, is_new] = original.small.try_emplace(upload.edge);
  if (is_new) {
    const Image image = shrink(decode_image(*original.png), upload.edge);
    entry->second = {image.width, image.height, digest_of(image)};
  }
  return entry->second;
}

std::string ImageShelf::verify(const UploadSpec& upload, std::string_view png) {
  const Small& wanted = small(upload);
  // Signature and first header come to 16 bytes, then width and height.
  const std::uint32_t width = announced(png, 16), height = announced(png, 20);
  if (width != wanted.width || height != wanted.height)
    return fmt::format("not a PNG of {} x {} pixels", wanted.width,
                       wanted.height);
  try {
    if (digest_of(decode_image(png)) == wanted.digest) return "";
  } catch (const std::runtime_error& error) {
    return printable(error.what());
  }
  return "the pixels are not those of the shrunk original";
}

}  // namespace interleave::origin
