#include "bench/command/findings.hpp"

#include <fmt/chrono.h>
#include <unistd.h>

#include <ctime>

#include "bench/command/display.hpp"
#include "bench/text/interrupt.hpp"

namespace interleave {

void run_experiments(
    const std::vector<const experiments::Experiment*>& chosen,
    experiments::Report& report,
    const std::function<void(const experiments::Finding&)>& found) {
  report.date =
      fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  catch_interrupts();
  experiments::Display display(STDERR_FILENO);
  experiments::Workbench bench(
      report.settings,
      [&](const experiments::Activity& activity) { display.show(activity); });
  try {
    for (std::size_t i = 0; i < chosen.size() && !interrupted_by(); ++i) {
      bench.announce(chosen[i]->id, i + 1, chosen.size());
      const auto began = Clock::now();
      report.findings.push_back({chosen[i], chosen[i]->run(bench), {}});
      report.findings.back().took = Clock::now() - began;
      display.clear();
      found(report.findings.back());
    }
  } catch (const Interrupted&) {  // what was found before still stands
  } catch (const InfrastructureError& error) {  // and here, too
    report.failure = error.what();
  }
  report.interrupted = interrupted_by() != 0;
}

}  // namespace interleave
