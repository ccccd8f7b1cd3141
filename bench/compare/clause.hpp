// A conclusion: short labelled statements, each made by a clause.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace interleave {

/// Each "Label: what the figures show.", on one line.
using Statements = std::vector<std::string>;

/// Says one thing of a report, once for each subject of which it is true, and
/// nothing of others: a clause begins with its precondition. A cause is named
/// only where figures of the report show it.
template <class Report>
using Clause = Statements (*)(const Report& report);

/// All that the clauses say, in their order, a line for each statement.
template <class Report>
std::string say_all(const Report& report,
                    std::initializer_list<Clause<Report>> clauses) {
  std::string text;
  for (const Clause<Report> clause : clauses)
    for (const std::string& statement : clause(report))
      text += (text.empty() ? "" : "\n") + statement;
  return text;
}

}  // namespace interleave
