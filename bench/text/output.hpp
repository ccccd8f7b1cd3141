// Where reports go: whole, or not at all.
#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace interleave {

/// A result could not be written; says what and why.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Several outputs, each of which is tried whatever became of the others.
class AllOutputs {
 public:
  /// Calls `write`, and keeps what it throws if nothing was thrown before.
  void attempt(const std::function<void()>& write);
  /// Throws the first OutputError, if there was one. To be called in the end.
  void finish() const;

 private:
  std::exception_ptr failure_;
};

/// Writes all of `text` to stdout. A reader that went away (`| head -1`) has
/// seen what it wanted: that is no error, and later calls do nothing. Throws
/// OutputError.
void write_stdout(std::string_view text);

/// Writes what is only news, such as progress: a failure changes nothing.
void write_quietly(int descriptor, std::string_view text) noexcept;

/// Where a report that may be long goes, piece by piece.
using Sink = std::function<void(std::string_view)>;

/// Writes `file` under a temporary name beside it and renames it, so that it is
/// the old one or the new one, whole. Signals that end the program wait until
/// then, so that no other file is left. What is no regular file (/dev/null, a
/// fifo) is written as it is. Throws OutputError; the old file is then
/// untouched.
void write_file(const std::filesystem::path& file, std::string_view text);
/// The same for what `write` gives its sink, of which little is held in memory.
void write_file(const std::filesystem::path& file,
                const std::function<void(const Sink&)>& write);

/// `document` with `part` between the lines `<!-- name -->` and
/// `<!-- /name -->`; without such lines, the part alone.
std::string spliced(std::string_view document, std::string_view name,
                    std::string_view part);
/// The same for a regular file; the part alone for others, which are not read:
/// to open a pipe would be to wait for what nobody writes.
std::string spliced_into(const std::filesystem::path& file,
                         std::string_view name, std::string_view part);

/// Throws the OutputError that write_file() would, as far as that can be
/// foreseen: before hours are spent on what could not be kept.
void expect_writable(const std::filesystem::path& file);

/// Whether two names are, or would be, those of one file, however they are
/// spelled: through a link, from another folder. A device such as /dev/null
/// keeps nothing, so it is never one.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// Whether stdout was redirected to that file.
bool stdout_is(const std::filesystem::path& file);

/// Opens what a caller closed of descriptors 0, 1 and 2, so that no file or
/// socket of ours takes its number. Writing to stdout is then an error, as it
/// should be.
void occupy_standard_descriptors();

}  // namespace interleave
