// The program: finds the verb, and puts what went wrong into words.

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/command/verbs.hpp"
#include "bench/measure/context.hpp"
#include "bench/measure/measure.hpp"
#include "bench/text/names.hpp"
#include "bench/text/output.hpp"
#include "bench/text/text.hpp"
#include "bench/workload/url_list.hpp"

namespace interleave {

namespace {

constexpr std::array all_verbs{
    Verb{"compare", "every cell, side by side (this, when no verb is given)",
         compare_verb},
    Verb{"diff", "what changed from one saved comparison to another",
         diff_verb},
    Verb{"sweep", "at one value after another: the crossovers of models",
         sweep_verb},
    Verb{"scale", "ever more items at once, until something refuses",
         scale_verb},
    Verb{"run", "one cell, and what happened in it", run_verb},
    Verb{"list", "the cells and the workloads", list_verb},
    Verb{"serve", "the server alone, for any other client", serve_verb},
    Verb{"reproduce", "the published experiments, measured and checked",
         reproduce_verb},
    Verb{"docs", "the site: patterns, models, experiments as pages", docs_verb},
    Verb{"faults", "what one failed item costs, in every cell", faults_verb},
    Verb{"doctor", "what on this machine could spoil a measurement",
         doctor_verb},
    Verb{"manual", "print all help as a man page, or completions for a shell",
         manual_verb},
};

std::string help() {
  std::string text =
      "  interleave compare --items 16\n"
      "  interleave run async/semaphore --items 4 --limit 2 --events\n"
      "  interleave serve --port 8080\n\n"
      "usage: interleave [VERB] [OPTIONS]\n\n"
      "The same download-and-process job, sequential, with threads, oneTBB, "
      "forked\nprocesses and coroutines: what changes in order, time, CPU and "
      "memory.\n\n";
  for (const Verb& verb : verbs())
    text += fmt::format("  {:<10}{}\n", verb.name, verb.summary);
  return text +
         "\n  --version compiler, flags and library versions\n"
         "  --help    this; `interleave VERB --help` says more\n";
}

[[noreturn]] void refuse(const std::string& word) {
  std::vector<std::string_view> names;
  for (const Verb& verb : verbs()) names.push_back(verb.name);
  const std::string_view close = nearest(word, names);
  throw std::invalid_argument(
      close.empty() ? fmt::format("unknown verb '{}': use one of {}",
                                  printable(word), fmt::join(names, ", "))
                    : fmt::format("unknown verb '{}': did you mean {}?",
                                  printable(word), close));
}

int dispatch(Arguments arguments) {
  // Only options: it is compare that they are for.
  if (arguments.empty()) return compare_verb(arguments);
  const std::string& word = arguments.front();
  if (word == "--help" || word == "-h" || word == "help") {
    write_stdout(help());
    return status::success;
  }
  if (word == "--version") {
    write_stdout(version_text(read_context()));
    return status::success;
  }
  if (word.starts_with('-')) return compare_verb(arguments);
  for (const Verb& verb : verbs())
    if (verb.name == word) return verb.run(arguments.subspan(1));
  refuse(word);
}

int fail(int status, std::string_view what) {
  write_quietly(STDERR_FILENO, fmt::format("interleave: {}\n", what));
  return status;
}

/// The one place where exceptions end.
int guarded(Arguments arguments) {
  try {
    return dispatch(arguments);
  } catch (const std::invalid_argument& error) {
    return fail(status::usage, error.what());
  } catch (const InputError& error) {
    return fail(status::usage, error.what());
  } catch (const OutputError& error) {
    return fail(status::output, error.what());
  } catch (const std::bad_alloc&) {
    return fail(status::infrastructure,
                "out of memory: take fewer items, or smaller ones");
  } catch (const std::exception& error) {
    return fail(status::infrastructure, error.what());
  }
}

}  // namespace

std::span<const Verb> verbs() {
  return all_verbs;
}

}  // namespace interleave

int main(int count, char** words) {
  interleave::occupy_standard_descriptors();
  // A reader that goes away is noticed where it is written to.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> arguments(words + 1, words + count);
  return interleave::guarded(arguments);
}
