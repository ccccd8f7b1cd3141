#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>

#include "bench/command/job.hpp"
#include "bench/command/parser.hpp"
#include "bench/command/verbs.hpp"
#include "bench/origin/server.hpp"
#include "bench/text/output.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

constexpr HelpPage serve_page{
    "serve", "Run the origin alone, for any client, until Ctrl-C.", "[OPTIONS]",
    R"(  interleave serve --port 8080
  interleave serve --port 8080 --slots 8 --rate 100/s --burst 20
  curl -i 'http://127.0.0.1:8080/items/1?bytes=100&wait=250ms'
  curl -i 'http://127.0.0.1:8080/fault/truncated?bytes=100'
)"};

std::uint16_t read_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stopped != end || text.empty())
    throw std::invalid_argument(
        fmt::format("--port: {} is not a port: write 0 (any free one) to 65535",
                    in_quotes(text)));
  return port;
}

std::string read_address(const std::string& text) {
  in6_addr room{};  // large enough for either kind
  if (inet_pton(AF_INET, text.c_str(), &room) != 1 &&
      inet_pton(AF_INET6, text.c_str(), &room) != 1)
    throw std::invalid_argument(fmt::format(
        "--address: {} is not a numeric address: write 127.0.0.1 or ::1",
        in_quotes(text)));
  return text;
}

void announce(const std::string& address, std::uint16_t port) {
  const std::string url = origin::base_url(address, port);
  write_stdout(url + '\n');
  write_quietly(STDERR_FILENO,
                fmt::format("try: curl -i '{0}/items/1?bytes=100&wait=250ms'\n"
                            "     curl '{0}/stats'\n"
                            "     curl '{0}/fault/truncated?bytes=100'\n"
                            "     curl '{0}/'  (explains images, books and "
                            "every fault)\n"
                            "Ctrl-C ends it\n",
                            url));
}

}  // namespace

int serve_verb(Arguments arguments) {
  Text port, address, replies;
  JobTexts server;
  Parser parser(serve_page);
  parser.option("--port", "N", "port, 0 for any free one (default: 0)", port);
  parser.option("--address", "A",
                "address to listen on (default: 127.0.0.1); any but the "
                "loopback lets other machines in, without a password",
                address);
  add_server_options(parser, server);
  parser.option("--replies", "N",
                "number of replies that shares in --cold and --then refer to",
                replies);
  if (!parser.parse(arguments)) return status::success;

  origin::Settings settings;
  if (port) settings.port = read_port(*port);
  if (address) settings.address = read_address(*address);
  settings.capacity = read_server(server);
  parse_option("--replies", replies, [&](std::string_view text) {
    settings.replies = read_number(text, 1, UINT64_MAX);
  });
  if (counts_replies(settings.capacity) != replies.has_value())
    throw std::invalid_argument(
        replies ? "--replies: nothing is a share of them: leave it out, or add "
                  "--cold or --then with a share"
                : "a share of how many replies? Add --replies 1000, or write a "
                  "number of them in --cold and --then");
  return origin::serve(settings, announce);
}

}  // namespace interleave
