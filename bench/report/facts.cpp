#include "bench/report/facts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/text/text.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/server.hpp"

namespace interleave {

namespace {

/// "of 12 items: 10 completed, 2 failed".
std::string describe(const Tally& tally, std::size_t items) {
  std::string text =
      fmt::format("{} of {} items completed", tally.completed, items);
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count != 0) text += fmt::format(", {} {}", count, what);
  };
  add(tally.failed, "failed");
  add(tally.lost, "lost");
  add(tally.skipped, "skipped");
  add(tally.not_run, "never run");
  return text;
}

/// What the user may do about it, where that is an option's business.
std::string_view advice_on(const Error& error) {
  if (error.kind != ErrorKind::certificate) return "";
  // "unable to get local issuer certificate", "self-signed certificate"
  const bool untrusted = error.text.find("issuer") != error.text.npos ||
                         error.text.find("self") != error.text.npos;
  return untrusted ? ": name its CA with --cacert FILE, or do not check with "
                     "--insecure"
                   : ": mend it there, or do not check with --insecure";
}

/// Why a run ended before its items did; empty where none did.
std::string cut_short(const CompareReport& report, const CellReport& cell) {
  const auto run = std::ranges::find_if(cell.runs, [](const Figures& one) {
    return one.cut_short != CutShort::no;
  });
  if (run == cell.runs.end()) return {};
  std::string text = "interrupted";
  if (run->cut_short == CutShort::deadline)
    text = fmt::format(
        "stopped at its deadline of {}",
        format_duration(report.settings.deadline.value_or(Clock::duration())));
  if (run->cut_short == CutShort::stall)
    text = fmt::format("stopped after {} in which nothing began or ended",
                       format_duration(report.patience));
  return run->killed ? text + ", its process killed" : text;
}

}  // namespace

std::string first_error(const CellReport& cell) {
  const Figures* run = cell.worst_run();
  if (!run || run->errors.empty()) return {};
  const auto& [item, error] = run->errors.front();
  return fmt::format("item {}: {}{}", item + 1, printable(to_string(error)),
                     advice_on(error));
}

std::string failure_summary(const CompareReport& report,
                            const CellReport& cell) {
  if (cell.verified) return {};
  const Figures* run = cell.worst_run();
  if (!run) return "not run";
  if (run->tally.completed == run->items) return "not verified: digests differ";
  const std::string why = cut_short(report, cell);
  const std::string what = describe(run->tally, run->items);
  return why.empty() ? what : what + "; " + why;
}

std::optional<double> speedup(const CompareReport& report,
                              const CellReport& cell) {
  const CellReport* sequential = report.sequential();
  if (!sequential || !sequential->verified || !cell.verified) return {};
  if (cell.wall.median <= 0) return {};
  return sequential->wall.median / cell.wall.median;
}

std::string describe_work(const CompareReport& report) {
  const CompareSettings& settings = report.settings;
  const WorkloadSettings& workload = settings.workload;
  std::string text;
  if (!settings.url_list.empty()) {
    text = fmt::format("{}: {}", printable(settings.url_list.name),
                       count_of(report.items, "item"));
    if (!settings.certificates.checked)
      text += ", https servers not checked (--insecure)";
  } else {
    text = fmt::format("{}: {}", workload.name, count_of(report.items, "item"));
    if (recipe(workload.name).needs_origin)
      text += fmt::format(" of {}", format_size(workload.bytes));
    text += fmt::format(", each after {} of waiting",
                        origin::to_string(workload.latency));
    if (workload.cpu.count() != 0)
      text += fmt::format(" and with {} of CPU", format_duration(workload.cpu));
    if (const std::size_t faulty =
            faulty_items(workload.faults.share, report.items))
      text += fmt::format(", {} made to fail ({})", faulty,
                          share_text(workload.faults.share));
    if (settings.server.limited())
      text += "; server: " + describe_server(settings.server);
  }
  const Options& options = settings.options;
  if (options.transport != Transport::curl)
    text += fmt::format(", over {}", to_string(options.transport));
  const bool moves =
      std::ranges::any_of(report.cells, [](const CellReport& cell) {
        return cell.cell->pattern->width == ConcurrencyCap::limit_max;
      });
  const std::string moved =
      moves ? fmt::format(" (adaptive: {}, up to {})",
                          to_string(options.controller), options.limit_max)
            : "";
  return text + fmt::format("; limit {}{}, queue of {}, batches of {}, seed {}",
                            options.limit, moved, options.queue_capacity,
                            options.batch_size, workload.seed);
}

std::string describe_machine(unsigned cores, const Context& context) {
  return fmt::format("{} of {} cores of {}, {}; {} {} {}", cores,
                     context.cores_online, printable(context.cpu_model),
                     printable(context.kernel), context.compiler,
                     context.build_type, context.flags);
}

void add_facts(Document& document, const std::string& work,
               std::string_view date, unsigned cores, const Context& context) {
  const std::string when =
      document.is_markdown()
          ? fmt::format("{}; commit {}", date, context.git_commit)
          : "";
  document.facts({work, describe_machine(cores, context), when});
}

std::string name_of(Axis axis) {
  return axis == Axis::cpu ? "cpu_ns" : std::string(to_string(axis));
}

std::string_view to_string(OnError on_error) {
  return on_error == OnError::stop ? "stop" : "collect";
}

}  // namespace interleave
