#include "bench/command/findings.hpp"

#include <functional>

#include "bench/command/job.hpp"
#include "bench/measure/context.hpp"

namespace interleave {

void run_experiments(
    const std::vector<const experiments::Experiment*>& chosen,
    experiments::Report& report,
    const std::function<void(const experiments::Finding&)>& found) {
  report.date = utc_now();
  watched([&](ProgressDisplay& display) {
    experiments::Workbench bench(report.settings, std::ref(display));
    try {
      for (std::size_t i = 0; i < chosen.size() && !bench.interrupted(); ++i) {
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
    report.interrupted = bench.interrupted();
  });
}

}  // namespace interleave
