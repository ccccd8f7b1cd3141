#include "bench/command/job.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "bench/report/progress.hpp"
#include "bench/text/interrupt.hpp"
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

OnError read_on_error(std::string_view text) {
  if (text == "collect") return OnError::collect;
  if (text == "stop") return OnError::stop;
  throw std::invalid_argument(
      fmt::format("{} is neither collect nor stop", in_quotes(text)));
}

Transport read_transport(std::string_view text) {
  if (text == "curl") return Transport::curl;
  if (text == "beast") return Transport::beast;
  throw std::invalid_argument(
      fmt::format("{} is neither curl nor beast", in_quotes(text)));
}

/// The addresses of a list are all there is to know: nothing of a recipe may
/// stand beside them.
void refuse_beside_urls(const JobTexts& texts) {
  if (!texts.urls) return;
  const std::pair<std::string_view, const Text*> others[] = {
      {"--workload", &texts.workload}, {"--items", &texts.items},
      {"--latency", &texts.latency},   {"--size", &texts.size},
      {"--cpu", &texts.cpu},           {"--fault-rate", &texts.fault_rate},
      {"--faults", &texts.faults}};
  for (const auto& [name, text] : others)
    if (*text)
      throw std::invalid_argument(
          fmt::format("--urls and {} exclude each other: a list of URLs is its "
                      "own workload; leave one of them out",
                      name));
}

/// The origin speaks http, so there is nothing else to check.
Certificates read_certificates(const JobTexts& texts) {
  Certificates certificates;
  certificates.checked = !texts.insecure;
  if (!texts.cacert && !texts.insecure) return certificates;
  const std::string_view name = texts.cacert ? "--cacert" : "--insecure";
  if (texts.cacert && texts.insecure)
    throw std::invalid_argument(
        "--cacert and --insecure exclude each other: servers are checked "
        "against that file, or not at all");
  if (!texts.urls)
    throw std::invalid_argument(
        fmt::format("{}: the suite's own origin speaks http: leave it out, or "
                    "add --urls FILE with https addresses",
                    name));
  with(name, texts.cacert, [&](const std::string& text) {
    if (text.empty()) throw std::invalid_argument("no file is named");
    certificates.file = text;
  });
  return certificates;
}

FaultMix read_faults(const JobTexts& texts, const WorkloadSettings& workload) {
  FaultMix faults;
  const Text* const given = texts.fault_rate ? &texts.fault_rate
                            : texts.faults   ? &texts.faults
                                             : nullptr;
  if (!given) return faults;
  if (!recipe(workload.name).needs_origin)
    throw std::invalid_argument(fmt::format(
        "{}: workload {} asks no server, so none can fail: leave it out",
        given == &texts.faults ? "--faults" : "--fault-rate", workload.name));
  if (!texts.fault_rate)
    throw std::invalid_argument(
        "--faults: how many items are to fail? Add --fault-rate 5%");
  faults.kinds = usual_fault_kinds();
  with("--faults", texts.faults,
       [&](std::string_view text) { faults.kinds = parse_fault_kinds(text); });
  with("--fault-rate", texts.fault_rate,
       [&](std::string_view text) { faults.share = parse_share(text); });
  return faults;
}

WorkloadSettings read_workload(const JobTexts& texts) {
  WorkloadSettings workload = recipe("pages").defaults;
  with("--workload", texts.workload,
       [&](std::string_view text) { workload = recipe(text).defaults; });
  if (texts.size && !recipe(workload.name).needs_origin)
    throw std::invalid_argument(fmt::format(
        "--size: workload {} downloads nothing, leave it out", workload.name));
  with("--items", texts.items, [&](std::string_view text) {
    workload.items = read_number(text, 1, most_items);
  });
  with("--latency", texts.latency, [&](std::string_view text) {
    workload.latency = origin::parse_wait(text);
  });
  with("--size", texts.size,
       [&](std::string_view text) { workload.bytes = read_bytes(text); });
  with("--cpu", texts.cpu, [&](std::string_view text) {
    workload.cpu = read_time(text, 0ns, longest_cpu);
  });
  with("--seed", texts.seed, [&](std::string_view text) {
    workload.seed = read_number(text, 0, std::numeric_limits<uint64_t>::max());
  });
  workload.faults = read_faults(texts, workload);
  return workload;
}

Options read_options(const JobTexts& texts) {
  Options options;
  with("--limit", texts.limit, [&](std::string_view text) {
    options.limit = static_cast<unsigned>(read_number(text, 1, most_in_flight));
  });
  with("--batch-size", texts.batch_size, [&](std::string_view text) {
    options.batch_size = read_number(text, 1, most_items);
  });
  with("--queue-capacity", texts.queue_capacity, [&](std::string_view text) {
    options.queue_capacity = read_number(text, 1, most_items);
  });
  with("--producers", texts.producers, [&](std::string_view text) {
    options.producers =
        static_cast<unsigned>(read_number(text, 1, most_in_flight));
  });
  with("--timeout", texts.timeout, [&](std::string_view text) {
    options.timeout = std::chrono::ceil<std::chrono::milliseconds>(
        read_time(text, 1ms, longest_timeout));
  });
  with("--max-body", texts.max_body,
       [&](std::string_view text) { options.max_body = read_bytes(text); });
  with("--on-error", texts.on_error,
       [&](std::string_view text) { options.on_error = read_on_error(text); });
  with("--transport", texts.transport, [&](std::string_view text) {
    options.transport = read_transport(text);
  });
  return options;
}

/// What there is to do.
void add_workload_options(Parser& parser, JobTexts& texts) {
  parser.option("--workload", "NAME", "pages, mixed or sleep (default: pages)",
                texts.workload);
  parser.option("--items", "N",
                "number of items, 1 to 1000000 (the defaults of this and the "
                "next three are the workload's; `interleave list` shows them)",
                texts.items);
  parser.option("--latency", "DUR",
                "waiting per item: 89ms, 10ms..50ms, tail:50ms", texts.latency);
  parser.option("--size", "BYTES", "body length: 10966, 64KiB", texts.size);
  parser.option("--cpu", "DUR", "CPU time of processing per item: 4ms",
                texts.cpu);
  parser.option("--urls", "FILE",
                "file of http(s) URLs, one per line, to fetch instead of a "
                "workload; - reads stdin",
                texts.urls);
  parser.option("--cacert", "FILE",
                "certificates (PEM) to verify https servers of --urls with "
                "(default: the system's, or what CURL_CA_BUNDLE, "
                "SSL_CERT_FILE and SSL_CERT_DIR name)",
                texts.cacert);
  parser.flag("--insecure", "do not verify https servers of --urls",
              texts.insecure);
  parser.option("--fault-rate", "P%",
                "share of the items that fail, chosen by the seed: 5%",
                texts.fault_rate);
  parser.option("--faults", "LIST",
                "kinds of failure, such as reset,status/404 (default: every "
                "kind that ends at once; `interleave list` shows all)",
                texts.faults);
}

/// How it is to be done.
void add_run_options(Parser& parser, JobTexts& texts) {
  parser.option("--limit", "N", "concurrency limit, 1 to 16384 (default: 8)",
                texts.limit);
  parser.option("--batch-size", "N", "items per batch (default: 8)",
                texts.batch_size);
  parser.option("--queue-capacity", "N",
                "capacity of a bounded queue (default: 8)",
                texts.queue_capacity);
  parser.option("--producers", "N",
                "number of producers, in `producers` (default: 2)",
                texts.producers);
  parser.option("--timeout", "DUR", "time limit of a transfer (default: 30s)",
                texts.timeout);
  parser.option("--deadline", "DUR",
                "time limit of a run, which is then stopped and reported as "
                "far as it got (default: none)",
                texts.deadline);
  parser.option("--max-body", "BYTES",
                "longest accepted body (default: 256MiB, or --size)",
                texts.max_body);
  parser.option("--on-error", "WHAT",
                "collect: continue and report every error (default); stop: "
                "skip items that have not started",
                texts.on_error);
  parser.option("--transport", "NAME",
                "HTTP library of every model: curl, or beast, for the suite's "
                "own origin only (default: curl)",
                texts.transport);
  parser.option("--runs", "N",
                "measured runs per cell (default: 5, or 1 for `run`)",
                texts.runs);
  parser.option("--seed", "N",
                "RNG seed for waits, bodies and run order (default: 1)",
                texts.seed);
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

void add_job_options(Parser& parser, JobTexts& texts) {
  add_workload_options(parser, texts);
  add_run_options(parser, texts);
}

std::vector<std::string> inputs_of(const JobTexts& texts) {
  std::vector<std::string> files;
  if (!texts.urls) return files;
  files = files_of({texts.cacert.value_or(""), !texts.insecure});
  files.push_back(*texts.urls);
  return files;
}

CompareSettings read_job(const JobTexts& texts, unsigned runs) {
  refuse_beside_urls(texts);
  CompareSettings settings;
  settings.workload = read_workload(texts);
  settings.options = read_options(texts);
  if (texts.urls && settings.options.transport == Transport::beast)
    throw std::invalid_argument(
        "--transport beast cannot fetch --urls, it is made for the suite's own "
        "origin: leave --transport out");
  // What the user asked the origin to send is not too large.
  if (!texts.max_body)
    settings.options.max_body =
        std::max(settings.options.max_body, settings.workload.bytes);
  settings.certificates = read_certificates(texts);
  settings.runs = runs;
  with("--runs", texts.runs, [&](std::string_view text) {
    settings.runs = static_cast<unsigned>(read_number(text, 1, most_runs));
  });
  with("--deadline", texts.deadline, [&](std::string_view text) {
    settings.deadline = read_time(text, 1ms, longest_deadline);
  });
  with("--urls", texts.urls, [&](const std::string& text) {
    if (text.empty()) throw std::invalid_argument("no file is named");
    settings.url_list = read_url_list(text);
  });
  return settings;
}

CompareReport run_job(const CompareSettings& settings) {
  catch_interrupts();
  ProgressDisplay display(STDERR_FILENO);
  return compare(settings,
                 [&](const Progress& progress) { display.show(progress); });
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
