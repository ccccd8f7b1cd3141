#include "bench/workload/server.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "bench/origin/content.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/fault_mix.hpp"

namespace interleave {

namespace {

constexpr unsigned most_requests = 1'000'000;
constexpr std::chrono::nanoseconds longest = std::chrono::hours(1);

[[noreturn]] void refuse_text(std::string_view text, std::string_view what,
                              std::string_view right) {
  throw std::invalid_argument(
      fmt::format("{} {}: write {}", in_quotes(text), what, right));
}

/// A plain number above `above` and up to `most`: no sign, no exponent.
double read_decimal(std::string_view text, std::string_view whole, double above,
                    double most, std::string_view right) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] =
      std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || stop != end || text.starts_with('-'))
    refuse_text(whole, "has no number where one belongs", right);
  if (!(number > above && number <= most))
    throw std::invalid_argument(
        fmt::format("{} is out of range: above {:g} and up to {:g}",
                    in_quotes(whole), above, most));
  return number;
}

unsigned read_whole(std::string_view text, unsigned least,
                    unsigned most = most_requests) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < least || number > most)
    throw std::invalid_argument(
        fmt::format("{} is not a whole number from {} to {}", in_quotes(text),
                    least, most));
  return number;
}

/// What stands before the first `sign` and after it, `what`. Throws where it is
/// not.
std::pair<std::string_view, std::string_view> halves(std::string_view text,
                                                     char sign,
                                                     std::string_view what,
                                                     std::string_view right) {
  const std::size_t at = text.find(sign);
  if (at == text.npos) refuse_text(text, fmt::format("has no {}", what), right);
  return {text.substr(0, at), text.substr(at + 1)};
}

std::string_view per_second(std::string_view text, std::string_view right) {
  if (!text.ends_with("/s")) refuse_text(text, "has no /s", right);
  return text.substr(0, text.size() - 2);
}

double read_rate(std::string_view text) {
  return read_decimal(per_second(text, "400/s"), text, 0.0009, 1e5, "400/s");
}

double read_bandwidth(std::string_view text) {
  const std::uint64_t bytes = parse_size(per_second(text, "20MiB/s"));
  if (bytes == 0) refuse_text(text, "lets nothing through", "20MiB/s");
  return static_cast<double>(bytes);
}

std::chrono::nanoseconds read_pause(std::string_view text) {
  const std::chrono::nanoseconds time = parse_duration(text);
  if (time > longest)
    throw std::invalid_argument(fmt::format("{} is too long: at most {}",
                                            in_quotes(text),
                                            format_duration(longest)));
  return time;
}

Portion read_portion(std::string_view text) {
  if (text.ends_with('%'))
    return {.amount = parse_share(text), .is_share = true};
  return {.amount = static_cast<double>(read_whole(text, 0))};
}

std::string portion_text(const Portion& portion) {
  return portion.is_share ? share_text(portion.amount)
                          : fmt::format("{:.0f}", portion.amount);
}

std::string rate_text(double rate) {
  return fmt::format("{:.6g}/s", rate);
}

/// Exact: in the largest unit of which it is a whole number.
std::string bandwidth_text(double bytes) {
  const auto whole = static_cast<std::uint64_t>(bytes);
  for (const auto& [unit, size] :
       {std::pair{"MiB", 1u << 20}, std::pair{"KiB", 1u << 10}})
    if (whole % size == 0) return fmt::format("{}{}/s", whole / size, unit);
  return fmt::format("{}/s", whole);
}

std::string time_text(std::chrono::nanoseconds time) {
  return origin::to_string(
      {.kind = origin::WaitSpec::Kind::fixed, .low = time, .high = {}});
}

/// The words, if the first of their values is not zero.
template <class First, class... More>
std::string if_any(fmt::format_string<const First&, const More&...> words,
                   const First& first, const More&... more) {
  return first > 0 ? fmt::format(words, first, more...) : "";
}

std::string portion_words(const Portion& portion) {
  return portion.is_share ? share_text(portion.amount) + " of the replies"
                          : fmt::format("{:.0f} replies", portion.amount);
}

std::string rate_words(double rate) {
  return fmt::format("{:.6g} requests/s", rate);
}

std::string bandwidth_words(double bytes) {
  return format_size(static_cast<std::uint64_t>(bytes)) + "/s";
}

// ---- the longer ones ----

constexpr std::string_view cold_form = "10%:5";
constexpr std::string_view collapse_form = "32:10%:400ms";
constexpr std::string_view then_form = "50%:slots=8";

void read_knee(std::string_view text, Capacity& server) {
  const std::size_t sign = text.find('^');
  server.knee = read_whole(text.substr(0, sign), 1);
  server.exponent = sign == text.npos ? Capacity().exponent
                                      : read_decimal(text.substr(sign + 1),
                                                     text, 0.0009, 10, "16^2");
}

void read_cold(std::string_view text, Capacity& server) {
  const auto [replies, factor] =
      halves(text, ':', "factor after a colon", cold_form);
  server.cold = {read_portion(replies),
                 read_decimal(factor, text, 0.999, 1000, cold_form)};
}

void read_collapse(std::string_view text, Capacity& server) {
  const auto [above, rest] =
      halves(text, ':', "speed after a colon", collapse_form);
  const auto [speed, time] =
      halves(rest, ':', "time after a colon", collapse_form);
  server.collapse = {read_whole(above, 1), parse_share(speed),
                     read_pause(time)};
  if (server.collapse.speed <= 0)
    refuse_text(text, "lets nothing through", collapse_form);
}

void read_change(std::string_view text, Capacity::Step& step) {
  const auto [name, value] = halves(text, '=', "value after =", "slots=8");
  if (name == "slots")
    step.slots = read_whole(value, 1);
  else if (name == "knee")
    step.knee = read_whole(value, 1);
  else if (name == "rate")
    step.rate = read_rate(value);
  else if (name == "bandwidth")
    step.bandwidth = read_bandwidth(value);
  else if (name == "slower")
    step.slower = read_decimal(value, text, 0.0009, 1000, "slower=2.5");
  else
    throw std::invalid_argument(fmt::format(
        "{} does not change: choose slots, knee, rate, bandwidth or slower",
        in_quotes(name)));
}

void read_then(std::string_view text, Capacity& server) {
  auto [after, changes] = halves(text, ':', "change after a colon", then_form);
  Capacity::Step step{.after = read_portion(after)};
  while (true) {
    const std::size_t comma = changes.find(',');
    read_change(changes.substr(0, comma), step);
    if (comma == changes.npos) break;
    changes.remove_prefix(comma + 1);
  }
  server.then = step;
}

std::string then_text(const Capacity& server) {
  if (!server.then) return "";
  const Capacity::Step& step = *server.then;
  std::string text;
  const auto add = [&](std::string_view name, const auto& value, auto written) {
    if (value)
      text += fmt::format("{}{}={}", text.empty() ? "" : ",", name,
                          written(*value));
  };
  const auto number = [](auto value) { return fmt::format("{:g}", value); };
  const auto whole = [](unsigned value) { return fmt::format("{}", value); };
  add("slots", step.slots, whole);
  add("knee", step.knee, whole);
  add("rate", step.rate, rate_text);
  add("bandwidth", step.bandwidth, bandwidth_text);
  add("slower", step.slower, number);
  return portion_text(step.after) + ':' + text;
}

std::string then_words(const Capacity& server) {
  if (!server.then) return "";
  const Capacity::Step& step = *server.then;
  std::string text = "after " + portion_words(step.after);
  const auto add = [&](const auto& value, const auto& words) {
    if (value) text += ' ' + words(*value);
  };
  const auto slots = [](auto n) { return fmt::format("{} slots", n); };
  const auto knee = [](auto n) { return fmt::format("knee {}", n); };
  add(step.slots, slots);
  add(step.knee, knee);
  add(step.rate, rate_words);
  add(step.bandwidth, bandwidth_words);
  add(step.slower,
      [](double times) { return fmt::format("{:g}x service times", times); });
  return text;
}

constexpr ServerOption all_options[] = {
    {"--server", "NAME",
     "capacity of the origin: one that `interleave list servers` shows; the "
     "next options change it (default: unlimited)",
     [](auto text, auto& server) { server = server_profile(text).capacity; },
     nullptr, nullptr},
    {"--slots", "N", "requests that the origin serves at once (default: any)",
     [](auto text, auto& server) { server.slots = read_whole(text, 1); },
     [](const auto& server) { return if_any("{}", server.slots); },
     [](const auto& server) { return if_any("{} slots", server.slots); }},
    {"--backlog", "N",
     "requests that may wait for a slot; the rest gets 503 (default: any)",
     [](auto text, auto& server) { server.backlog = read_whole(text, 0); },
     [](const auto& server) {
       return server.backlog ? fmt::format("{}", *server.backlog) : "";
     },
     [](const auto& server) {
       return server.backlog ? fmt::format("backlog {}", *server.backlog) : "";
     }},
    {"--knee", "N^E",
     "contention: n > N requests in service are each slowed down by (n/N)^E "
     "(default: none; E: 2)",
     read_knee,
     [](const auto& server) {
       return if_any("{}^{:g}", server.knee, server.exponent);
     },
     [](const auto& server) {
       return if_any("contention beyond {} (exponent {:g})", server.knee,
                     server.exponent);
     }},
    {"--rate", "N/s", "requests per second; the rest gets 429 (default: any)",
     [](auto text, auto& server) { server.rate = read_rate(text); },
     [](const auto& server) { return if_any("{:.6g}/s", server.rate); },
     [](const auto& server) {
       return server.rate > 0 ? rate_words(server.rate) : "";
     }},
    {"--burst", "N", "requests at once that --rate allows (default: 1)",
     [](auto text, auto& server) { server.burst = read_whole(text, 1); },
     [](const auto& server) {
       return server.burst > 1 ? fmt::format("{}", server.burst) : "";
     },
     [](const auto& server) {
       return server.burst > 1 ? fmt::format("burst {}", server.burst) : "";
     }},
    {"--retry-after", "DUR",
     "what refusals say to wait (default: 429 until --rate allows one, 503 "
     "nothing)",
     [](auto text, auto& server) { server.retry_after = read_pause(text); },
     [](const auto& server) {
       return server.retry_after.count() > 0 ? time_text(server.retry_after)
                                             : "";
     },
     [](const auto& server) {
       return server.retry_after.count() > 0
                  ? "Retry-After " + format_duration(server.retry_after)
                  : "";
     }},
    {"--bandwidth", "BYTES/s",
     "of all replies together: 20MiB/s (default: any)",
     [](auto text, auto& server) { server.bandwidth = read_bandwidth(text); },
     [](const auto& server) {
       return server.bandwidth > 0 ? bandwidth_text(server.bandwidth) : "";
     },
     [](const auto& server) {
       return server.bandwidth > 0 ? bandwidth_words(server.bandwidth) : "";
     }},
    {"--connection-bandwidth", "BYTES/s",
     "of each connection: 2MiB/s (default: any)",
     [](auto text, auto& server) {
       server.connection_bandwidth = read_bandwidth(text);
     },
     [](const auto& server) {
       return server.connection_bandwidth > 0
                  ? bandwidth_text(server.connection_bandwidth)
                  : "";
     },
     [](const auto& server) {
       return server.connection_bandwidth > 0
                  ? bandwidth_words(server.connection_bandwidth) +
                        " per connection"
                  : "";
     }},
    {"--cold", "P%:F",
     "cold start: service times begin at F times their own and reach it after "
     "a share of the replies, or a number: 10%:5 (default: none)",
     read_cold,
     [](const auto& server) {
       return server.cold.factor > 1
                  ? fmt::format("{}:{:g}", portion_text(server.cold.replies),
                                server.cold.factor)
                  : "";
     },
     [](const auto& server) {
       return server.cold.factor > 1
                  ? fmt::format("cold for {} (from {:g}x)",
                                portion_words(server.cold.replies),
                                server.cold.factor)
                  : "";
     }},
    {"--collapse", "N:P%:DUR",
     "with more than N requests present, all are served at a share of the "
     "speed for so long: 32:10%:400ms (default: never)",
     read_collapse,
     [](const auto& server) {
       return if_any("{}:{}:{}", server.collapse.above,
                     share_text(server.collapse.speed),
                     time_text(server.collapse.time));
     },
     [](const auto& server) {
       return if_any("above {} requests {} of its speed for {}",
                     server.collapse.above, share_text(server.collapse.speed),
                     format_duration(server.collapse.time));
     }},
    {"--refuse", "P%",
     "share of the requests that get 503 at random, chosen by the seed "
     "(default: 0%)",
     [](auto text, auto& server) { server.refused_share = parse_share(text); },
     [](const auto& server) {
       return server.refused_share > 0 ? share_text(server.refused_share) : "";
     },
     [](const auto& server) {
       return server.refused_share > 0
                  ? share_text(server.refused_share) + " refused at random"
                  : "";
     }},
    {"--then", "P%:WHAT",
     "what changes after a share of the replies, or a number: "
     "50%:slots=8,knee=8,rate=100/s,bandwidth=1MiB/s,slower=2.5 (default: "
     "nothing)",
     read_then, then_text, then_words},
};

/// What means nothing without another.
void check(const Capacity& server,
           const std::function<const std::string*(std::string_view)>& text_of) {
  const auto require = [&](std::string_view name, bool meant,
                           std::string_view remedy) {
    if (text_of(name) && !meant)
      throw std::invalid_argument(
          fmt::format("{}: nothing limits that: add {}", name, remedy));
  };
  require("--backlog", server.slots > 0, "--slots 8");
  require("--burst", server.rate > 0, "--rate 400/s");
  require("--retry-after",
          server.rate > 0 || server.backlog || server.refused_share > 0,
          "--rate 400/s, or --slots 8 --backlog 8");
}

}  // namespace

std::span<const ServerOption> server_options() {
  return all_options;
}

Capacity read_server(
    const std::function<const std::string*(std::string_view name)>& text_of) {
  Capacity server;
  for (const ServerOption& option : all_options) {
    const std::string* const text = text_of(option.name);
    if (!text) continue;
    try {
      option.read(*text, server);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(
          fmt::format("{}: {}", option.name, error.what()));
    }
  }
  check(server, text_of);
  return server;
}

bool counts_replies(const Capacity& server) {
  return (server.cold.factor > 1 && server.cold.replies.is_share) ||
         (server.then && server.then->after.is_share);
}

std::string_view profile_of(const Capacity& server) {
  for (ServerProfile profile : server_profiles()) {
    profile.capacity.seed = server.seed;
    if (profile.capacity == server) return profile.name;
  }
  return "";
}

std::string server_text(const Capacity& server) {
  std::string text;
  for (const ServerOption& option : all_options) {
    const std::string value = option.text ? option.text(server) : "";
    if (!value.empty())
      text +=
          fmt::format("{}{} {}", text.empty() ? "" : " ", option.name, value);
  }
  return text;
}

std::string describe_server(const Capacity& server) {
  std::string text;
  for (const ServerOption& option : all_options) {
    const std::string words = option.words ? option.words(server) : "";
    if (!words.empty()) text += (text.empty() ? "" : ", ") + words;
  }
  return text.empty() ? "no limits" : text;
}

}  // namespace interleave
