#include "bench/faults/finding.hpp"

#include <fmt/format.h>

namespace interleave::faults {

namespace {

class Verdict {
 public:
  template <class... Values>
  void demand(bool kept, fmt::format_string<const Values&...> text,
              const Values&... values) {
    if (!kept) broken_.push_back(fmt::format(text, values...));
  }
  std::vector<std::string> broken() { return std::move(broken_); }

 private:
  std::vector<std::string> broken_;
};

void judge_run_lost(const Finding& finding, Verdict& verdict) {
  verdict.demand(
      finding.run_lost.find(finding.fault->says) != std::string::npos,
      "the run was lost without saying '{}': '{}'", finding.fault->says,
      finding.run_lost);
}

void judge_item(const Finding& finding, Verdict& verdict) {
  const Fault& fault = *finding.fault;
  verdict.demand(finding.status == fault.status(), "the item is {}, not {}: {}",
                 to_string(finding.status), to_string(fault.status()),
                 finding.error.text);
  verdict.demand(finding.error.kind == fault.kind,
                 "the error is {}, not {}: {}", to_string(finding.error.kind),
                 to_string(fault.kind), finding.error.text);
  verdict.demand(finding.error.text.find(fault.says) != std::string::npos,
                 "the error does not say '{}': '{}'", fault.says,
                 finding.error.text);
}

void judge_siblings(const Finding& finding, Verdict& verdict) {
  const Tally& others = finding.siblings;
  const std::size_t count = finding.items - 1;
  verdict.demand(others.failed == 0 && others.lost == 0 && others.not_run == 0,
                 "of {} other items {} failed, {} were lost, {} never ran",
                 count, others.failed, others.lost, others.not_run);
  verdict.demand(others.completed + others.skipped == count,
                 "{} other items have {} outcomes", count,
                 others.completed + others.skipped);
  const bool nothing_wrong = finding.fault->kind == ErrorKind::none;
  if (finding.on_error == OnError::collect || nothing_wrong)
    verdict.demand(others.skipped == 0, "{} other items were skipped",
                   others.skipped);
  if (finding.on_error == OnError::stop && finding.staged)
    verdict.demand(finding.requests_after == 0,
                   "{} requests were made after the run was to stop",
                   finding.requests_after);
}

void judge_left(const LeakCounts& left, std::string_view where,
                Verdict& verdict) {
  verdict.demand(left == LeakCounts{},
                 "left {}: {} threads, {} children, {} descriptors", where,
                 left.threads, left.children, left.descriptors);
}

}  // namespace

bool costs_the_run(const Cell& cell, const Fault& fault) {
  return fault.crash && cell.model->task != TaskKind::process;
}

std::vector<std::string> broken_promises(const Finding& finding) {
  Verdict verdict;
  const bool lost = !finding.run_lost.empty();
  const bool may_be_lost = costs_the_run(*finding.cell, *finding.fault);
  verdict.demand(lost == may_be_lost, "the run was {}: {}",
                 lost ? "lost" : "not lost", finding.run_lost);
  if (lost) {
    judge_run_lost(finding, verdict);
  } else {
    judge_item(finding, verdict);
    judge_siblings(finding, verdict);
    judge_left(finding.left, "in the run's process", verdict);
  }
  judge_left(finding.left_outside, "outside", verdict);
  return verdict.broken();
}

}  // namespace interleave::faults
