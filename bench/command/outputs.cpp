#include "bench/command/outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bench/text/output.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

/// "a, b and c".
std::string listed(const std::vector<std::string>& names) {
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i)
    text += (i + 1 < names.size() ? ", " : " and ") + names[i];
  return text;
}

}  // namespace

void Outputs::add(Parser& parser, std::string_view option,
                  std::string_view help, Make make) {
  Output& output = outputs_.emplace_back();
  output.option = option;
  output.make = std::move(make);
  parser.output(option, help, output.file);
}

void Outputs::add_file(Parser& parser, std::string_view option,
                       std::string_view help, Write write) {
  Output& output = outputs_.emplace_back();
  output.option = option;
  output.write = std::move(write);
  parser.option(option, "FILE", help, output.file);
}

bool Outputs::asked(std::string_view option) const {
  return std::ranges::any_of(outputs_, [&](const Output& output) {
    return output.option == option && output.file;
  });
}

bool Outputs::on_stdout() const {
  return std::ranges::any_of(outputs_, [](const Output& output) {
    return output.file && output.file->empty();
  });
}

void Outputs::refuse_beside_stdout(std::string_view option) const {
  for (const Output& output : outputs_)
    if (output.file && output.file->empty())
      throw std::invalid_argument(
          fmt::format("only one of {0} and {1} can have stdout: write {1}=FILE",
                      option, output.option));
}

void Outputs::check(std::vector<std::string> inputs) const {
  std::ranges::replace(inputs, "-", "/dev/stdin");
  std::vector<std::string> names;
  for (const Output& output : outputs_) {
    if (output.make)
      names.push_back(output.option);
    else if (output.file && output.file->empty())
      throw std::invalid_argument(output.option + ": no file is named");
  }
  const auto on_stdout = std::ranges::count_if(
      outputs_,
      [](const Output& output) { return output.file && output.file->empty(); });
  if (on_stdout > 1)
    throw std::invalid_argument(
        fmt::format("only one of {} can have stdout: write the others to "
                    "files, as in {}=FILE",
                    listed(names), names[1]));
  for (const std::string& input : inputs)
    if (stdout_is(input))
      throw std::invalid_argument(
          fmt::format("stdout is the file '{}', which is read: send it to "
                      "another one",
                      printable(input)));
  std::vector<const Output*> files;
  for (const Output& output : outputs_)
    if (output.file && !output.file->empty()) files.push_back(&output);
  for (const Output* output : files) check_file(*output, files, inputs);
  for (const Output* output : files) expect_writable(*output->file);
}

void Outputs::check_file(const Output& output,
                         const std::vector<const Output*>& files,
                         const std::vector<std::string>& inputs) const {
  const std::string& file = *output.file;
  for (const std::string& input : inputs)
    if (same_file(input, file))
      throw std::invalid_argument(
          fmt::format("{} would replace '{}', which is read: name another file",
                      output.option, printable(input)));
  for (const Output* other : files) {
    if (other == &output) break;
    if (same_file(*other->file, file))
      throw std::invalid_argument(
          fmt::format("two reports have the same file '{}': name two files",
                      printable(*other->file)));
  }
  if (stdout_is(file))
    throw std::invalid_argument(
        fmt::format("stdout and {} have the same file '{}': name two files",
                    output.option, printable(file)));
}

void Outputs::write(const std::function<std::string()>& text) const {
  AllOutputs all;
  if (!on_stdout()) all.attempt([&] { write_stdout(text()); });
  for (const Output& output : outputs_) {
    if (!output.file) continue;
    all.attempt([&] {
      if (output.write) return write_file(*output.file, output.write);
      const std::string report = output.make(*output.file);
      if (output.file->empty())
        write_stdout(report);
      else
        write_file(*output.file, report);
    });
  }
  all.finish();
}

}  // namespace interleave
