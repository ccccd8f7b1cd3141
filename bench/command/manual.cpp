#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <stdexcept>

#include "bench/command/parser.hpp"
#include "bench/command/verbs.hpp"
#include "bench/experiments/experiment.hpp"
#include "bench/grid/catalog.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/output.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/workload.hpp"

namespace interleave {

namespace {

constexpr HelpPage manual_page{
    "manual", "Print all help as a man page, or as completions for a shell.",
    "FORMAT",
    R"(  interleave manual man | man -l -
  source <(interleave manual bash)
  interleave manual fish > ~/.config/fish/completions/interleave.fish
)"};

using boost::algorithm::replace_all_copy;

// ---- what may follow
// ---------------------------------------------------------

/// The words that a value is one of; empty where it is anything else.
std::vector<std::string> choices(std::string_view verb,
                                 const OptionHelp& option) {
  std::vector<std::string> words;
  if (option.name == "--cells" || option.name == "CELL")
    for (const Cell& cell : catalog()) words.push_back(cell.name());
  if (option.name == "--workload")
    for (const Recipe& recipe : recipes()) words.emplace_back(recipe.name);
  if (option.name == "--faults")
    for (const origin::Fault& fault : origin::faults())
      words.emplace_back(fault.name);
  if (option.name == "--transport") words = {"curl", "beast"};
  if (option.name == "--on-error") words = {"collect", "stop"};
  if (option.name == "FORMAT") words = {"man", "bash", "zsh", "fish"};
  if (verb == "reproduce" && option.name == "ID")
    for (const auto& each : experiments::experiments())
      words.emplace_back(each.id);
  return words;
}

bool is_option(const OptionHelp& option) {
  return option.name.starts_with("--");
}

/// Whether a word follows it: not of a flag, and not of `--json[=FILE]`.
bool takes_word(const OptionHelp& option) {
  return option.display.starts_with(option.name + ' ');
}

bool takes_file(const OptionHelp& option) {
  return option.display.find("FILE") != option.display.npos ||
         option.name == "BASE" || option.name == "NEW" || option.name == "DIR";
}

using Manual = std::vector<VerbHelp>;

/// A verb that is not written is compare: its options stand alone, too.
std::string names_of(const Manual& manual) {
  std::vector<std::string_view> names;
  for (const VerbHelp& verb : manual) names.push_back(verb.page.verb);
  return fmt::format("{}", fmt::join(names, " "));
}

// ---- shells
// ------------------------------------------------------------------

/// The cases of `VERB:OPTION`, whose value is the next word.
std::string bash_values(const VerbHelp& verb) {
  std::string text;
  for (const OptionHelp& option : verb.options) {
    if (!is_option(option) || !takes_word(option)) continue;
    const auto words = choices(verb.page.verb, option);
    text += fmt::format(
        "    {}:{}) COMPREPLY=($(compgen {} -- \"$word\")); return ;;\n",
        verb.page.verb, option.name,
        takes_file(option) ? "-f"
                           : fmt::format("-W '{}'", fmt::join(words, " ")));
  }
  return text;
}

/// The case of `VERB`: options, and what stands there alone.
std::string bash_words(const VerbHelp& verb) {
  std::vector<std::string> words;
  bool files = false;
  for (const OptionHelp& option : verb.options) {
    if (is_option(option)) {
      words.push_back(option.name);
      continue;
    }
    for (std::string& word : choices(verb.page.verb, option))
      words.push_back(std::move(word));
    files |= takes_file(option);
  }
  return fmt::format("    {}) words='{}'{} ;;\n", verb.page.verb,
                     fmt::join(words, " "),
                     files ? " COMPREPLY=($(compgen -f -- \"$word\"))" : "");
}

std::string bash(const Manual& manual) {
  std::string text = fmt::format(
      R"(# bash completion for interleave
_interleave() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  local verbs='{}' verb=compare words=
  [[ " $verbs " == *" ${{COMP_WORDS[1]}} "* ]] && verb=${{COMP_WORDS[1]}}
  [[ $word == = ]] && before='=' word=
  if [[ $before == = ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
    return
  fi
  case $verb:$before in
)",
      names_of(manual));
  for (const VerbHelp& verb : manual) text += bash_values(verb);
  text += "  esac\n  case $verb in\n";
  for (const VerbHelp& verb : manual) text += bash_words(verb);
  return text +
         R"(  esac
  ((COMP_CWORD == 1)) && words+=" $verbs --version"
  COMPREPLY+=($(compgen -W "$words" -- "$word"))
}
complete -F _interleave interleave
)";
}

/// What follows the last colon of an option's specification in zsh.
std::string zsh_action(std::string_view verb, const OptionHelp& option) {
  const auto words = choices(verb, option);
  if (!words.empty()) return fmt::format("({})", fmt::join(words, " "));
  return takes_file(option) ? "_files" : " ";
}

std::string zsh(const Manual& manual) {
  const auto quoted = [](std::string text) {
    for (const std::string_view special : {"[", "]", ":"})
      text = replace_all_copy(text, special, fmt::format("\\{}", special));
    return replace_all_copy(text, "'", R"('\'')");
  };
  std::string text =
      "#compdef interleave\n_interleave() {\n  local verb=compare\n"
      "  local -a verbs=(\n";
  for (const VerbHelp& verb : manual)
    text += fmt::format("    '{}:{}'\n", verb.page.verb,
                        quoted(std::string(verb.page.summary)));
  text +=
      "  )\n  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
      "    _describe verb verbs\n    return\n  fi\n"
      "  if [[ $words[2] != -* ]]; then\n"
      "    verb=$words[2]\n    shift words\n    (( CURRENT-- ))\n  fi\n"
      "  case $verb in\n";
  for (const VerbHelp& verb : manual) {
    text += fmt::format("    {}) _arguments", verb.page.verb);
    for (const OptionHelp& option : verb.options) {
      const std::string action = zsh_action(verb.page.verb, option);
      const bool many = option.display.ends_with("...");
      std::string spec;
      if (!is_option(option))
        spec = fmt::format("{}:{}:{}", many ? "*" : "", option.name, action);
      else if (takes_word(option))
        spec = fmt::format("{}[{}]:value:{}", option.name, quoted(option.help),
                           action);
      else if (takes_file(option))
        spec = fmt::format("{}=-[{}]::file:_files", option.name,
                           quoted(option.help));
      else
        spec = fmt::format("{}[{}]", option.name, quoted(option.help));
      text += fmt::format(" \\\n      '{}'", spec);
    }
    text += " ;;\n";
  }
  return text + "  esac\n}\n_interleave \"$@\"\n";
}

std::string fish(const Manual& manual) {
  const auto quoted = [](std::string_view text) {
    return replace_all_copy(replace_all_copy(std::string(text), "\\", "\\\\"),
                            "'", "\\'");
  };
  std::string text = "# fish completion for interleave\n";
  for (const VerbHelp& verb : manual) {
    text += fmt::format(
        "complete -c interleave -f -n __fish_use_subcommand -a {} -d '{}'\n",
        verb.page.verb, quoted(verb.page.summary));
    for (const OptionHelp& option : verb.options) {
      const auto words = choices(verb.page.verb, option);
      std::string what;
      if (is_option(option))
        what = fmt::format(" -l {}", option.name.substr(2));
      if (takes_word(option) && !takes_file(option)) what += " -x";
      if (takes_word(option) && takes_file(option)) what += " -rF";
      if (!words.empty())
        what += fmt::format(" -a '{}'", fmt::join(words, " "));
      else if (!is_option(option))
        what += takes_file(option) ? " -F" : " -f";
      text += fmt::format(
          "complete -c interleave -n '__fish_seen_subcommand_from {}'{} -d "
          "'{}'\n",
          verb.page.verb, what, quoted(option.help));
    }
  }
  return text;
}

// ---- the man page
// --------------------------------------------------------------

/// Text that is no request to troff, and whose hyphens can be copied.
std::string roff(std::string_view text) {
  std::string line = replace_all_copy(std::string(text), "\\", "\\e");
  line = replace_all_copy(line, "-", "\\-");
  const bool request = line.starts_with('.') || line.starts_with('\'');
  return request ? fmt::format("\\&{}", line) : line;
}

std::string man(const Manual& manual) {
  std::string text = fmt::format(
      ".TH INTERLEAVE 1 \"\" \"interleave {}\" \"User Commands\"\n"
      ".SH NAME\ninterleave \\- compare concurrency models on one job\n"
      ".SH SYNOPSIS\n.B interleave\n[\\fIVERB\\fR] [\\fIOPTIONS\\fR]\n"
      ".SH DESCRIPTION\nThe same download\\-and\\-process job, sequential, "
      "with "
      "threads, oneTBB, forked processes and coroutines: what changes in "
      "order, "
      "time, CPU and memory. Without a verb it is\n.BR compare .\n.SH VERBS\n",
      roff(read_context().version));
  for (const VerbHelp& verb : manual) {
    text += fmt::format(".SS {}\n{}\n.PP\n.B interleave {}\n{}\n",
                        roff(verb.page.verb), roff(verb.page.summary),
                        roff(verb.page.verb), roff(verb.page.usage));
    for (const OptionHelp& option : verb.options)
      text += fmt::format(".TP\n.B {}\n{}\n", roff(option.display),
                          roff(option.help));
    text += fmt::format(".PP\nExamples:\n.PP\n.nf\n{}.fi\n",
                        roff(verb.page.examples));
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> ends{
      {{"0", "Every item completed and verified."},
       {"1", "Some items failed or did not verify."},
       {"2", "Bad usage, or a bad input file."},
       {"3",
        "Infrastructure: the origin ended, a worker was lost, the system "
        "refused something."},
       {"4", "A cell became slower (diff)."},
       {"5", "A result could not be written."},
       {"130, 143", "Interrupted."}}};
  text += ".SH EXIT STATUS\n";
  for (const auto& [status, meaning] : ends)
    text += fmt::format(".TP\n.B {}\n{}\n", status, roff(meaning));
  return text;
}

}  // namespace

int manual_verb(Arguments arguments) {
  Text format;
  Parser parser(manual_page);
  parser.argument("FORMAT", "man, bash, zsh or fish", format);
  if (!parser.parse(arguments)) return status::success;
  constexpr std::array<
      std::pair<std::string_view, std::string (*)(const Manual&)>, 4>
      formats{{{"man", man}, {"bash", bash}, {"zsh", zsh}, {"fish", fish}}};
  const auto wanted =
      std::ranges::find(formats, format.value_or(""),
                        [](const auto& each) { return each.first; });
  if (wanted == formats.end())
    throw std::invalid_argument(
        fmt::format("FORMAT: {}: write man, bash, zsh or fish",
                    format ? in_quotes(*format) : "nothing is named"));
  Manual manual;
  for (const Verb& verb : verbs()) manual.push_back(help_of(verb));
  write_stdout(wanted->second(manual));
  return status::success;
}

}  // namespace interleave
