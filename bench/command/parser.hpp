// The options of one verb: what its --help says, and what a mistake is told.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/command/verbs.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace interleave {

/// The text of an option that was given, nullopt when it was not.
using Text = std::optional<std::string>;

/// What the top of a help page says.
struct HelpPage {
  std::string_view verb;
  std::string_view summary;   ///< one sentence
  std::string_view usage;     ///< what follows the verb: "CELL [OPTIONS]"
  std::string_view examples;  ///< lines to copy and run
};

/// An option or an argument, in the words of its verb's help.
struct OptionHelp {
  std::string name;     ///< "--items", or "CELL"
  std::string display;  ///< "--items N"
  std::string help;
};

struct VerbHelp {
  HelpPage page;
  std::vector<OptionHelp> options;
};

/// The help of a verb as data: what its parser would print.
VerbHelp help_of(const Verb& verb);

/// Invariants: what options write to outlives the parser.
class Parser {
 public:
  explicit Parser(HelpPage page);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// `--name VALUE`; `--name,-n` has a short name, too.
  void option(std::string_view name, std::string_view value,
              std::string_view help, Text& text);
  /// `--name VALUE...`: all words up to the next option.
  void list(std::string_view name, std::string_view value,
            std::string_view help, std::vector<std::string>& words);
  /// `--name`.
  void flag(std::string_view name, std::string_view help, bool& given);
  /// `--name[=FILE]`; the text is empty without a file.
  void output(std::string_view name, std::string_view help, Text& file);
  /// The word that must follow the verb.
  void argument(std::string_view name, std::string_view help, Text& text);
  /// Any number of words that follow the verb.
  void arguments(std::string_view name, std::string_view help,
                 std::vector<std::string>& words);

  /// Reads the command line. False when it asked for help, which has then been
  /// printed. Throws std::invalid_argument that says what is wrong and what
  /// would be right.
  bool parse(Arguments arguments);

 private:
  struct Entry : OptionHelp {
    CLI::Option* option = nullptr;
    Text* text = nullptr;
    std::string value;  // what CLI11 writes to
    bool many = false;  // takes any number of words
  };

  Entry& add(std::string_view name, std::string_view display,
             std::string_view help, Text* text);
  [[noreturn]] void refuse_repeated(std::string_view option) const;
  [[noreturn]] void refuse_missing(std::string_view option) const;
  [[noreturn]] void explain(Arguments arguments) const;
  void check_empty_values(Arguments arguments) const;
  void refuse_extras() const;
  std::string see_help() const;
  std::string help() const;

  HelpPage page_;
  std::unique_ptr<CLI::App> app_;
  std::deque<Entry> entries_;  // their addresses stay
};

}  // namespace interleave
