// What an experiment found: times, orders, and which promises hold.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bench/compare/statistics.hpp"
#include "common/trace.hpp"

namespace interleave::experiments {

/// One version of an experiment: what was published, and what came out here.
struct Row {
  std::string group;    ///< a heading above several rows; may be empty
  std::string version;  ///< in words: "threads, 5 workers"
  std::string cell;     ///< whose pattern it is: "threads/queue"
  std::optional<std::chrono::nanoseconds> published;  ///< on this time scale
  Summary wall;                                       ///< ns, of `runs` runs
  double fastest = 0;                                 ///< ns, of them
  std::size_t runs = 0;
  std::optional<std::chrono::nanoseconds> ideal;
  bool verified = false;  ///< every item of every run came to what it had to
  std::string failure_summary;  ///< what went wrong in words, unless verified
  std::optional<Trace> trace;   ///< of the median run, where they are kept

  double of_ideal() const;  ///< ideal / median; 0 where there is none
};

/// In which order things happened in one cell.
struct Order {
  std::string cell;
  std::string events;  ///< "S1 S2 L1 S3 ..."
};

/// Other facts, as a small table of text.
struct Sheet {
  std::string title;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `head`
};

/// What was published as a fact, and must be seen again.
struct Promise {
  enum class Holds { yes, no, unknown };

  std::string text;
  Holds holds = Holds::unknown;
  std::string note;  ///< what was seen instead, or why it cannot be checked
};

struct Outcome {
  std::vector<Row> rows;
  std::vector<Order> orders;
  std::vector<Sheet> sheets;
  std::vector<Promise> promises;
  std::vector<std::string> remarks;

  /// `otherwise` is told when it does not hold.
  void expect(bool holds, std::string text, std::string otherwise = {});
  /// Of every cell; `exceptions` are those in which it does not hold.
  void promise_in_all(const std::string& exceptions, std::string text);
  /// One this machine gives no means to check.
  void cannot_check(std::string text, std::string why);

  bool broken() const;          ///< a promise does not hold
  bool checked() const;         ///< every one could be checked
  std::string verdict() const;  ///< in words
};

}  // namespace interleave::experiments
