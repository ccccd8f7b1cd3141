#include "bench/origin/routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <utility>

#include "bench/origin/books.hpp"
#include "bench/origin/connection.hpp"
#include "bench/origin/reply.hpp"
#include "bench/text/units.hpp"

namespace interleave::origin {

namespace {

class Router {
 public:
  Router(const Asked& asked, Service& service)
      : asked_(asked), service_(service) {}

  void route();
  Answer take() { return std::move(answer_); }

 private:
  void stats();
  void item();
  void fault();
  void image();
  void upload();
  void books();
  bool allow(std::initializer_list<Method> methods, std::string_view names);

  const Asked& asked_;
  Service& service_;
  Answer answer_;
};

void Router::route() {
  const std::string_view path = path_of(asked_.target);
  if (path == "/stats") return stats();
  if (path.starts_with("/items/") ||
      (path.starts_with("/gated/") && service_.gate))
    return item();
  if (path.starts_with("/images/"))
    return is_upload_path(asked_.target) ? upload() : image();
  if (path == "/api/books") return books();
  if (path.starts_with("/fault/")) return fault();
  if (path == "/") {
    if (allow({Method::get, Method::head}, "GET, HEAD"))
      answer_.say(200, index_text(), text_type);
    return;
  }
  answer_.say(
      404,
      fmt::format(
          "Nothing is served at {}. There are /items/ID, /images/ID, "
          "/api/books, /fault/KIND, /stats and / which explains them.\n",
          in_quotes(path)),
      text_type);
}

void Router::stats() {
  if (!allow({Method::get, Method::head, Method::remove}, "GET, HEAD, DELETE"))
    return;
  Counters& counters = service_.counters;
  if (asked_.method == Method::remove) {
    counters.reset();
    service_.notice_reset();
    return answer_.say(204, {}, text_type);
  }
  std::string text = R"({"schema":"interleave/origin-stats/v1")";
  const auto add = [&](std::string_view name, std::int64_t value) {
    text += fmt::format(R"(,"{}":{})", name, value);
  };
  const auto count = [&](std::string_view name, const auto& counter) {
    add(name, static_cast<std::int64_t>(counter.load()));
  };
  count("requests", counters.requests);
  count("connections", counters.connections);
  count("peak_in_flight", counters.peak_in_flight);
  count("in_flight", counters.in_flight);
  count("peak_open", counters.peak_open);
  count("open", counters.open);
  count("uploads_verified", counters.uploads_verified);
  count("bytes_sent", counters.bytes_sent);
  count("bytes_received", counters.bytes_received);
  count("refused_429", counters.refused_429);
  count("refused_503", counters.refused_503);
  count("early_retries", counters.early_retries);
  count("peak_in_service", counters.peak_in_service);
  count("peak_queued", counters.peak_queued);
  count("queued_ns", counters.queued_ns);
  count("service_ns", counters.service_ns);
  add("cpu_ns", service_.cpu().count());
  answer_.say(200, text + "}\n", json_type);
}

void Router::item() {
  if (!allow({Method::get, Method::head, Method::put}, "GET, HEAD, PUT"))
    return;
  try {
    const ItemRequest request = parse_item_path(asked_.target);
    if (request.gated && request.item.id >= Gate::ids)
      throw std::invalid_argument("gated items have the ids 0 to 63");
    answer_.item = request.item;
    answer_.gated = request.gated;
    answer_.limited = !request.gated;
    answer_.wait =
        waiting_time(answer_.item.wait, answer_.item.seed, answer_.item.id);
  } catch (const std::invalid_argument& error) {
    return answer_.say(400, fmt::format("{}\n", error.what()), text_type);
  }
  answer_.sends_item = true;
  answer_.status = 200;
  answer_.digests_upload = asked_.method == Method::put;
}

void Router::fault() {
  if (!allow({Method::get, Method::put}, "GET, PUT")) return;
  try {
    const auto fault = parse_fault_path(asked_.target);
    if (!fault)
      return answer_.say(
          404,
          fmt::format("No fault is served at {}. There are {}.\n",
                      in_quotes(path_of(asked_.target)), fault_names()),
          text_type);
    answer_.faulty = std::make_unique<FaultyReply>(
        faulty_reply(*fault, asked_.here, service_.ports));
    answer_.item = fault->item;
    answer_.limited = true;
    answer_.wait =
        waiting_time(answer_.item.wait, answer_.item.seed, answer_.item.id);
  } catch (const std::invalid_argument& error) {
    return answer_.say(400, fmt::format("{}\n", error.what()), text_type);
  }
  answer_.status = 200;  // whatever the fault says: an upload is taken first
}

void Router::image() {
  if (!allow({Method::get, Method::head}, "GET, HEAD")) return;
  try {
    const ImageSpec image = parse_image_path(asked_.target);
    answer_.wait = waiting_time(image.wait, image.seed, image.id);
    answer_.image = service_.images.png(image);
    answer_.limited = true;
  } catch (const std::invalid_argument& error) {
    return answer_.say(400, fmt::format("{}\n", error.what()), text_type);
  }
  answer_.status = 200;
}

void Router::upload() {
  if (!allow({Method::put}, "PUT")) return;
  try {
    const UploadSpec upload = parse_upload_path(asked_.target);
    if (asked_.length > upload.most_bytes())
      return answer_.say(
          413,
          fmt::format("No PNG with edges of {} pixels is longer than "
                      "{} bytes.\n",
                      upload.edge, upload.most_bytes()),
          text_type);
    const ImageSpec& image = upload.image;
    answer_.wait = waiting_time(image.wait, image.seed, image.id);
    answer_.wanted = std::make_unique<UploadSpec>(upload);
    answer_.limited = true;
  } catch (const std::invalid_argument& error) {
    return answer_.say(400, fmt::format("{}\n", error.what()), text_type);
  }
  answer_.status = 201;
}

void Router::books() {
  if (!allow({Method::get, Method::head}, "GET, HEAD")) return;
  try {
    const BookSpec book = parse_books_path(asked_.target);
    answer_.wait = waiting_time(book);
    answer_.say(200, catalogue_reply(book.seed, book.isbn, book.hits),
                json_type);
    answer_.limited = true;
  } catch (const std::invalid_argument& error) {
    answer_.say(400, fmt::format("{}\n", error.what()), text_type);
  }
}

bool Router::allow(std::initializer_list<Method> methods,
                   std::string_view names) {
  if (std::ranges::find(methods, asked_.method) != methods.end()) return true;
  answer_.say(405, fmt::format("This path is served by {} only.\n", names),
              text_type);
  answer_.allowed = names;
  return false;
}

}  // namespace

void Answer::say(int code, std::string words, std::string_view kind) {
  status = code;
  text = std::move(words);
  type = kind;
}

Method method_of(std::string_view name) {
  return name == "GET"      ? Method::get
         : name == "HEAD"   ? Method::head
         : name == "PUT"    ? Method::put
         : name == "DELETE" ? Method::remove
                            : Method::other;
}

Answer answer_to(const Asked& asked, Service& service) {
  Router router(asked, service);
  router.route();
  return router.take();
}

}  // namespace interleave::origin
