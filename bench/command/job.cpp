#include "bench/command/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "bench/text/units.hpp"

namespace interleave {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most_items = 1'000'000;
constexpr std::uint64_t most_in_flight = 16'384;
constexpr std::uint64_t most_runs = 1'000;
constexpr std::chrono::nanoseconds longest_cpu = 10s;
constexpr std::chrono::nanoseconds longest_timeout = 1h;
constexpr std::chrono::nanoseconds longest_deadline = 24h;

std::chrono::nanoseconds read_time(std::string_view text,
                                   std::chrono::nanoseconds low,
                                   std::chrono::nanoseconds high) {
  const std::chrono::nanoseconds time = parse_duration(text);
  if (time < low || time > high)
    throw std::invalid_argument(
        fmt::format("{} is out of range: from {} to {}", in_quotes(text),
                    format_duration(low), format_duration(high)));
  return time;
}

std::size_t read_bytes(std::string_view text) {
  const std::uint64_t bytes = parse_size(text);
  if (bytes > origin::max_bytes)
    throw std::invalid_argument(fmt::format("{} is too large: at most {}",
                                            in_quotes(text),
                                            format_size(origin::max_bytes)));
  return bytes;
}

unsigned read_count(std::string_view text, std::uint64_t most) {
  return static_cast<unsigned>(read_number(text, 1, most));
}

OnError read_on_error(std::string_view text) {
  if (text == "collect") return OnError::collect;
  if (text == "stop") return OnError::stop;
  throw std::invalid_argument(
      fmt::format("{} is neither collect nor stop", in_quotes(text)));
}

Controller read_controller(std::string_view text) {
  if (text == "pace") return Controller::pace;
  if (text == "aimd") return Controller::aimd;
  throw std::invalid_argument(
      fmt::format("{} is neither pace nor aimd", in_quotes(text)));
}

Transport read_transport(std::string_view text) {
  if (text == "curl") return Transport::curl;
  if (text == "beast") return Transport::beast;
  throw std::invalid_argument(
      fmt::format("{} is neither curl nor beast", in_quotes(text)));
}

/// An option that stands for itself: its help, and what its text means.
struct JobOption {
  std::string_view name, value, help;
  /// Throws std::invalid_argument. nullptr: what it means depends on others.
  void (*read)(std::string_view text, CompareSettings& job) = nullptr;
};

/// In the order of the help: what there is to do, then how it is to be done.
constexpr JobOption job_options[] = {
    {"--workload", "NAME", "pages, mixed or sleep (default: pages)",
     [](auto text, auto& job) { job.workload = recipe(text).defaults; }},
    {"--items", "N",
     "number of items, 1 to 1000000 (the defaults of this and the next three "
     "are the workload's; `interleave list` shows them)",
     [](auto text, auto& job) {
       job.workload.items = read_number(text, 1, most_items);
     }},
    {"--latency", "DUR", "waiting per item: 89ms, 10ms..50ms, tail:50ms",
     [](auto text, auto& job) {
       job.workload.latency = origin::parse_wait(text);
     }},
    {"--size", "BYTES", "body length: 10966, 64KiB",
     [](auto text, auto& job) {
       if (!recipe(job.workload.name).needs_origin)
         throw std::invalid_argument(fmt::format(
             "workload {} downloads nothing, leave it out", job.workload.name));
       job.workload.bytes = read_bytes(text);
     }},
    {"--cpu", "DUR", "CPU time of processing per item: 4ms",
     [](auto text, auto& job) {
       job.workload.cpu = read_time(text, 0ns, longest_cpu);
     }},
    {"--urls", "FILE",
     "file of http(s) URLs, one per line, to fetch instead of a workload; - "
     "reads stdin"},
    {"--cacert", "FILE",
     "certificates (PEM) to verify https servers of --urls with (default: the "
     "system's, or what CURL_CA_BUNDLE, SSL_CERT_FILE and "
     "SSL_CERT_DIR name)"},
    {"--fault-rate", "P%",
     "share of the items that fail, chosen by the seed: 5%"},
    {"--faults", "LIST",
     "kinds of failure, such as reset,status/404 (default: every kind that "
     "ends at once; `interleave list` shows all)"},
    {"--limit", "N", "concurrency limit, 1 to 16384 (default: 8)",
     [](auto text, auto& job) {
       job.options.limit = read_count(text, most_in_flight);
     }},
    {"--limit-max", "N",
     "most that the limit of `adaptive` may become, 1 to 16384 (default: 128)",
     [](auto text, auto& job) {
       job.options.limit_max = read_count(text, most_in_flight);
     }},
    {"--controller", "NAME",
     "what moves that limit: pace, by how much slower items get, or aimd, by "
     "refusals alone (default: pace)",
     [](auto text, auto& job) {
       job.options.controller = read_controller(text);
     }},
    {"--batch-size", "N", "items per batch (default: 8)",
     [](auto text, auto& job) {
       job.options.batch_size = read_number(text, 1, most_items);
     }},
    {"--queue-capacity", "N", "capacity of a bounded queue (default: 8)",
     [](auto text, auto& job) {
       job.options.queue_capacity = read_number(text, 1, most_items);
     }},
    {"--producers", "N", "number of producers, in `producers` (default: 2)",
     [](auto text, auto& job) {
       job.options.producers = read_count(text, most_in_flight);
     }},
    {"--timeout", "DUR", "time limit of a transfer (default: 30s)",
     [](auto text, auto& job) {
       job.options.timeout = std::chrono::ceil<std::chrono::milliseconds>(
           read_time(text, 1ms, longest_timeout));
     }},
    {"--deadline", "DUR",
     "time limit of a run, which is then stopped and reported as far as it got "
     "(default: none)",
     [](auto text, auto& job) {
       job.deadline = read_time(text, 1ms, longest_deadline);
     }},
    {"--max-body", "BYTES",
     "longest accepted body (default: 256MiB, or --size)",
     [](auto text, auto& job) { job.options.max_body = read_bytes(text); }},
    {"--on-error", "WHAT",
     "collect: continue and report every error (default); stop: skip items "
     "that have not started",
     [](auto text, auto& job) { job.options.on_error = read_on_error(text); }},
    {"--transport", "NAME",
     "HTTP library of every model: curl, or beast, for the suite's own origin "
     "only (default: curl)",
     [](auto text, auto& job) {
       job.options.transport = read_transport(text);
     }},
    {"--runs", "N", "measured runs per cell (default: 5, or 1 for `run`)",
     [](auto text, auto& job) { job.runs = read_count(text, most_runs); }},
    {"--seed", "N", "RNG seed for waits, bodies and run order (default: 1)",
     [](auto text, auto& job) {
       job.workload.seed = read_number(text, 0, UINT64_MAX);
     }},
};

/// The addresses of a list are all there is to know: nothing of a recipe may
/// stand beside them, nor of the server that recipes ask.
void refuse_beside_urls(const JobTexts& texts) {
  if (!texts["--urls"]) return;
  const auto refuse = [&](std::string_view name, std::string_view why) {
    if (texts[name])
      throw std::invalid_argument(
          fmt::format("--urls and {} exclude each other: {}; leave one of "
                      "them out",
                      name, why));
  };
  for (const std::string_view name :
       {"--workload", "--items", "--latency", "--size", "--cpu", "--fault-rate",
        "--faults"})
    refuse(name, "a list of URLs is its own workload");
  for (const ServerOption& option : server_options())
    refuse(option.name, "only the suite's own origin has a capacity to choose");
}

Capacity read_server_of(const JobTexts& texts, const CompareSettings& job) {
  if (!recipe(job.workload.name).needs_origin)
    for (const ServerOption& option : server_options())
      if (texts[option.name])
        throw std::invalid_argument(
            fmt::format("{}: workload {} asks no server: leave it out",
                        option.name, job.workload.name));
  Capacity server = read_server(texts);
  server.seed = job.workload.seed;
  return server;
}

/// The origin speaks http, so there is nothing else to check.
Certificates read_certificates(const JobTexts& texts) {
  Certificates certificates;
  certificates.checked = !texts.insecure;
  if (!texts["--cacert"] && !texts.insecure) return certificates;
  const std::string_view name = texts["--cacert"] ? "--cacert" : "--insecure";
  if (texts["--cacert"] && texts.insecure)
    throw std::invalid_argument(
        "--cacert and --insecure exclude each other: servers are checked "
        "against that file, or not at all");
  if (!texts["--urls"])
    throw std::invalid_argument(
        fmt::format("{}: the suite's own origin speaks http: leave it out, or "
                    "add --urls FILE with https addresses",
                    name));
  parse_option(name, texts["--cacert"], [&](const std::string& text) {
    if (text.empty()) throw std::invalid_argument("no file is named");
    certificates.file = text;
  });
  return certificates;
}

FaultMix read_faults(const JobTexts& texts, const WorkloadSettings& workload) {
  FaultMix faults;
  const Text* const given = texts["--fault-rate"] ? &texts["--fault-rate"]
                            : texts["--faults"]   ? &texts["--faults"]
                                                  : nullptr;
  if (!given) return faults;
  if (!recipe(workload.name).needs_origin)
    throw std::invalid_argument(fmt::format(
        "{}: workload {} asks no server, so none can fail: leave it out",
        given == &texts["--faults"] ? "--faults" : "--fault-rate",
        workload.name));
  if (!texts["--fault-rate"])
    throw std::invalid_argument(
        "--faults: how many items are to fail? Add --fault-rate 5%");
  faults.kinds = usual_fault_kinds();
  parse_option("--faults", texts["--faults"], [&](std::string_view text) {
    faults.kinds = parse_fault_kinds(text);
  });
  parse_option(
      "--fault-rate", texts["--fault-rate"],
      [&](std::string_view text) { faults.share = parse_share(text); });
  return faults;
}

}  // namespace

std::uint64_t read_number(std::string_view text, std::uint64_t low,
                          std::uint64_t high) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  const bool whole = error == std::errc() && stopped == end;
  if (!whole || number < low || number > high)
    throw std::invalid_argument(fmt::format(
        "{} is not a whole number from {} to {}", in_quotes(text), low, high));
  return number;
}

const Text& JobTexts::operator[](std::string_view name) const {
  static const Text none;
  const auto found = options.find(name);
  return found == options.end() ? none : found->second;
}

void add_job_options(Parser& parser, JobTexts& texts) {
  for (const JobOption& option : job_options) {
    if (option.name == "--limit") add_server_options(parser, texts);
    parser.option(option.name, option.value, option.help, texts[option.name]);
    if (option.name == "--cacert")
      parser.flag("--insecure", "do not verify https servers of --urls",
                  texts.insecure);
  }
}

void add_server_options(Parser& parser, JobTexts& texts) {
  for (const ServerOption& option : server_options())
    parser.option(option.name, option.value, option.help, texts[option.name]);
}

Capacity read_server(const JobTexts& texts) {
  return read_server([&](std::string_view name) {
    const Text& text = texts[name];
    return text ? &*text : nullptr;
  });
}

std::vector<std::string> inputs_of(const JobTexts& texts) {
  std::vector<std::string> files;
  if (!texts["--urls"]) return files;
  files = files_of({texts["--cacert"].value_or(""), !texts.insecure});
  files.push_back(*texts["--urls"]);
  return files;
}

CompareSettings read_job(const JobTexts& texts, unsigned runs) {
  refuse_beside_urls(texts);
  CompareSettings job;
  job.workload = recipe("pages").defaults;
  job.runs = runs;
  for (const JobOption& option : job_options)
    if (option.read)
      parse_option(option.name, texts[option.name],
                   [&](std::string_view text) { option.read(text, job); });
  job.workload.faults = read_faults(texts, job.workload);
  job.server = read_server_of(texts, job);
  const Text& urls = texts["--urls"];
  if (urls && job.options.transport == Transport::beast)
    throw std::invalid_argument(
        "--transport beast cannot fetch --urls, it is made for the suite's own "
        "origin: leave --transport out");
  // What the user asked the origin to send is not too large.
  if (!texts["--max-body"])
    job.options.max_body = std::max(job.options.max_body, job.workload.bytes);
  job.certificates = read_certificates(texts);
  parse_option("--urls", urls, [&](const std::string& text) {
    if (text.empty()) throw std::invalid_argument("no file is named");
    job.url_list = read_url_list(text);
  });
  return job;
}

CompareReport run_job(const CompareSettings& settings) {
  return watched([&](ProgressDisplay& display) {
    return compare(settings, std::ref(display));
  });
}

int status_of(const CompareReport& report) {
  if (report.interrupted) return status::interrupted + interrupted_by();
  if (!report.failure.empty()) throw InfrastructureError(report.failure);
  if (report.lost_uncounted > 0) return status::infrastructure;
  for (const CellReport& cell : report.cells)
    for (const Figures& run : cell.runs)
      if (run.tally.lost > 0 || run.cut_short == CutShort::stall)
        return status::infrastructure;
  const bool verified =
      std::ranges::all_of(report.cells, &CellReport::verified);
  return verified ? status::success : status::failed_items;
}

}  // namespace interleave
