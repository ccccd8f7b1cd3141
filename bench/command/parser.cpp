#include "bench/command/parser.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <stdexcept>

#include "bench/text/names.hpp"
#include "bench/text/output.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

constexpr std::size_t help_columns = 80;
constexpr std::size_t name_columns = 24;

/// What CLI11 stores for `--json` without a file: no path contains a NUL.
const std::string no_file(1, '\0');

/// What help_of() passes instead of arguments: no shell can.
const std::string ask_for_help = no_file + "help";

}  // namespace

Parser::Parser(HelpPage page)
    : page_(page), app_(std::make_unique<CLI::App>()) {
  app_->set_help_flag();  // ours prints examples first
  app_->allow_extras();   // ours names the nearest option
  add("--help", "--help, -h", "print this help and exit", nullptr).option =
      app_->add_flag("--help,-h")->disable_flag_override();
}

Parser::~Parser() = default;

Parser::Entry& Parser::add(std::string_view name, std::string_view display,
                           std::string_view help, Text* text) {
  Entry& entry = entries_.emplace_back();
  entry.name = name;
  entry.display = display;
  entry.help = help;
  entry.text = text;
  return entry;
}

void Parser::option(std::string_view name, std::string_view value,
                    std::string_view help, Text& text) {
  const std::size_t comma = std::min(name.find(','), name.size());
  const std::string_view brief = name.substr(comma);
  Entry& entry =
      add(name.substr(0, comma),
          fmt::format("{} {}{}{}", name.substr(0, comma), value,
                      brief.empty() ? "" : ", ",
                      brief.substr(std::min<std::size_t>(1, brief.size()))),
          help, &text);
  entry.option = app_->add_option(std::string(name), entry.value);
}

void Parser::list(std::string_view name, std::string_view value,
                  std::string_view help, std::vector<std::string>& words) {
  Entry& entry = add(name, fmt::format("{} {}...", name, value), help, nullptr);
  entry.option = app_->add_option(entry.name, words);
  entry.many = true;
}

void Parser::flag(std::string_view name, std::string_view help, bool& given) {
  Entry& entry = add(name, name, help, nullptr);
  entry.option =
      app_->add_flag_callback(entry.name, [&given] { given = true; });
  entry.option->disable_flag_override();
}

void Parser::output(std::string_view name, std::string_view help, Text& file) {
  Entry& entry = add(name, fmt::format("{}[=FILE]", name), help, &file);
  entry.option =
      app_->add_flag(fmt::format("{}{{{}}}", name, no_file), entry.value);
}

void Parser::argument(std::string_view name, std::string_view help,
                      Text& text) {
  Entry& entry = add(name, name, help, &text);
  entry.option = app_->add_option(entry.name, entry.value);
}

void Parser::arguments(std::string_view name, std::string_view help,
                       std::vector<std::string>& words) {
  Entry& entry = add(name, fmt::format("{}...", name), help, nullptr);
  entry.option = app_->add_option(entry.name, words);
  entry.many = true;
}

VerbHelp help_of(const Verb& verb) {
  try {
    verb.run(std::span(&ask_for_help, 1));
  } catch (const VerbHelp& help) {
    return help;
  }
  throw std::logic_error("a verb did not parse its arguments first");
}

bool Parser::parse(Arguments arguments) {
  if (arguments.size() == 1 && arguments.front() == ask_for_help)
    throw VerbHelp{page_, {std::next(entries_.begin()), entries_.end()}};
  if (std::ranges::find(arguments, "--help") != arguments.end() ||
      std::ranges::find(arguments, "-h") != arguments.end()) {
    write_stdout(help());
    return false;
  }
  check_empty_values(arguments);
  try {
    // CLI11 takes them from the back.
    app_->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError&) {
    explain(arguments);
  }
  for (const Entry& entry : entries_) {
    // A flag, which `--json` is one of, CLI11 takes any number of times.
    if (!entry.many && entry.option->count() > 1) refuse_repeated(entry.name);
    if (!entry.text || entry.option->count() == 0) continue;
    // `--items --limit 4`: CLI11 takes the next word, whatever it is.
    if (entry.value.starts_with("--")) refuse_missing(entry.name);
    *entry.text = entry.value == no_file ? "" : entry.value;
  }
  refuse_extras();
  return true;
}

void Parser::explain(Arguments arguments) const {
  for (const Entry& entry : entries_) {
    const auto given =
        std::ranges::count_if(arguments, [&](std::string_view argument) {
          return argument.substr(0, argument.find('=')) == entry.name;
        });
    if (given > 1) refuse_repeated(entry.name);
    if (given == 1 && !entry.text)
      for (const std::string& argument : arguments)
        if (argument.starts_with(entry.name + '='))
          throw std::invalid_argument(fmt::format(
              "{} takes no value: write {} alone", entry.name, entry.name));
  }
  // What is left of CLI11's complaints: nothing follows the last option.
  refuse_missing(arguments.back());
}

void Parser::refuse_repeated(std::string_view option) const {
  throw std::invalid_argument(
      fmt::format("{} is given more than once: leave one of them out", option));
}

void Parser::refuse_missing(std::string_view option) const {
  throw std::invalid_argument(
      fmt::format("{} needs a value: {}", printable(option), see_help()));
}

void Parser::check_empty_values(Arguments arguments) const {
  for (const std::string& argument : arguments) {
    if (argument.size() < 3 || !argument.starts_with("--") ||
        argument.back() != '=' || argument.find('=') != argument.size() - 1)
      continue;
    throw std::invalid_argument(fmt::format("nothing follows the = of {}: {}",
                                            printable(argument), see_help()));
  }
}

void Parser::refuse_extras() const {
  const std::vector<std::string> extras = app_->remaining();
  if (extras.empty()) return;
  const std::string word = extras.front().substr(0, extras.front().find('='));
  if (!word.starts_with('-'))
    throw std::invalid_argument(fmt::format("'{}' is one word too many: {}",
                                            printable(extras.front()),
                                            see_help()));
  std::vector<std::string_view> names;
  for (const Entry& entry : entries_)
    if (entry.name.starts_with("--")) names.push_back(entry.name);
  const std::string_view close = nearest(word, names);
  throw std::invalid_argument(
      close.empty()
          ? fmt::format("unknown option '{}': {}", printable(word), see_help())
          : fmt::format("unknown option '{}': did you mean {}?",
                        printable(word), close));
}

std::string Parser::see_help() const {
  return fmt::format("see `interleave {} --help`", page_.verb);
}

std::string Parser::help() const {
  std::string text = std::string(page_.examples) + '\n';
  text += fmt::format("usage: interleave {} {}\n\n", page_.verb, page_.usage);
  text += wrap(page_.summary, help_columns) + '\n';
  const auto describe = [&](const Entry& entry) {
    const std::string name = pad_right(entry.display, name_columns - 2);
    text += "  " + wrap(name + entry.help, help_columns - 2, name_columns);
  };
  for (const Entry& entry : entries_)
    if (entry.name != "--help") describe(entry);
  describe(entries_.front());
  return text;
}

}  // namespace interleave
