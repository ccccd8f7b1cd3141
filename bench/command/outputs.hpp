// The reports a verb can write beside its text, or instead of it.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/command/parser.hpp"
#include "bench/text/output.hpp"

namespace interleave {

/// Invariants: outlives the parser its options were added to.
class Outputs {
 public:
  /// Makes a report for `file`; the name is empty for stdout.
  using Make = std::function<std::string(const std::string& file)>;

  /// An option `--name[=FILE]`.
  void add(Parser& parser, std::string_view option, std::string_view help,
           Make make);

  /// Writes a report piece by piece.
  using Write = std::function<void(const Sink& sink)>;

  /// An option `--name FILE`, for what nobody would want on a terminal.
  void add_file(Parser& parser, std::string_view option, std::string_view help,
                Write write);

  /// Whether an option was given.
  bool asked(std::string_view option) const;

  /// To be called before anything is read or measured. Throws
  /// std::invalid_argument when two of them, or one and stdout, go to one
  /// place, or one to a file of `inputs` ("-" is stdin), and OutputError when
  /// one could not be written.
  void check(std::vector<std::string> inputs = {}) const;

  /// Throws std::invalid_argument when a report takes the place of the text,
  /// which `option` adds to.
  void refuse_beside_stdout(std::string_view option) const;

  /// Whether a report takes the place of the text on stdout.
  bool on_stdout() const;

  /// `text` to stdout, unless a report goes there, and every report that was
  /// asked for. Everything is tried; the first failure is told in the end.
  /// Throws OutputError.
  void write(const std::function<std::string()>& text) const;

 private:
  struct Output {
    std::string option;
    Make make;    // of those that may go to stdout
    Write write;  // of the others
    Text file;
  };

  void check_file(const Output& output, const std::vector<const Output*>& files,
                  const std::vector<std::string>& inputs) const;

  std::deque<Output> outputs_;  // their addresses stay
};

}  // namespace interleave
