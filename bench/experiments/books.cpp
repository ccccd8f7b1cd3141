// books: numbers put on a queue at a steady pace, looked up by eight.

#include <fmt/format.h>

#include <algorithm>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/queues.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/origin/books.hpp"
#include "bench/origin/media.hpp"
#include "common/digest.hpp"

namespace interleave::experiments {

namespace {

constexpr std::size_t look_ups = 60;
constexpr std::size_t endless = 100'000;  // an hour and a half of them
constexpr unsigned consumers = 8;
constexpr double pace = 0.05, reply = 0.3;  // s
constexpr double hits = 0.25;               // the share that is found
constexpr std::uint64_t book_seed = 1;

std::vector<Item> book_items(Workbench& bench, std::size_t count) {
  const origin::WaitSpec waits{
      origin::WaitSpec::Kind::fixed, bench.scaled(reply), {}};
  PythonRandom random(book_seed);
  std::vector<Item> items(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string isbn = random_isbn(random);
    const std::string body = catalogue_reply(book_seed, isbn, hits);
    items[i].id = i;
    items[i].url =
        bench.origin().url(origin::books_path({isbn, book_seed, hits, waits}));
    items[i].wait = waits.low;
    items[i].delay = bench.scaled(pace);
    items[i].expected = Expected{body.size(), digest(body)};
    items[i].process_fn = read_book;
    items[i].argument = isbn;
  }
  return items;
}

/// Found exactly where the catalogue has it.
bool is_in_catalogue(const Item& item, const Result& result) {
  const auto book = book_of(book_seed, item.argument, hits);
  return result.status == Status::completed &&
         result.output == (book ? book->title : "");
}

std::size_t found(const Trace& trace) {
  return static_cast<std::size_t>(
      std::ranges::count_if(trace.results, [](const Result& result) {
        return result.status == Status::completed && !result.output.empty();
      }));
}

/// The first books that were found, with the size of the queue just then.
Sheet finds(const std::vector<Item>& items, const Trace& trace) {
  constexpr std::size_t most = 8;
  Sheet sheet{"found first", {"number", "title", "in the queue"}, {}};
  for (const std::size_t i : completion_order(trace)) {
    const Result& result = trace.results[i];
    if (result.output.empty() || sheet.rows.size() == most) continue;
    sheet.rows.push_back(
        {items[i].argument, result.output,
         fmt::format("{}", queue_size_at(trace, result.finished))});
  }
  return sheet;
}

Options book_options(std::size_t count) {
  Options options;
  options.producers = 1;
  options.limit = consumers;
  options.queue_capacity = count;  // no bound, for so many
  return options;
}

/// Until Ctrl-C: one model, and what it came to.
Outcome until_stopped(Workbench& bench) {
  Outcome outcome;
  const std::vector<Item> items = book_items(bench, endless);
  bench.title("books, until Ctrl-C", "look-ups");
  const Cell& cell = cell_named("async/producers");
  const Trace trace =
      bench.run_until_stopped(cell, items, book_options(items.size())).trace;
  const Tally counts = count_outcomes(trace);
  outcome.sheets.push_back(finds(items, trace));
  bool right = true;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (trace.results[i].status == Status::completed)
      right = right && is_in_catalogue(items[i], trace.results[i]);
  outcome.expect(right && counts.failed == 0,
                 "every look-up was answered as the catalogue has it",
                 first_error(trace));
  outcome.remarks = {fmt::format("{}: {} look-ups in {}, {} books found.",
                                 cell.name(), counts.completed,
                                 in_words(wall(trace)), found(trace))};
  return outcome;
}

}  // namespace

Outcome books(Workbench& bench) {
  if (bench.settings().until_stopped) return until_stopped(bench);
  Outcome outcome;
  const std::vector<Item> items = book_items(bench, look_ups);
  bench.title("books", "look-ups");
  std::vector<Measured> measured;
  Sheet sheet{"look-ups", {"cell", "completed", "found"}, {}};
  for (const Cell* cell : cells_of(grid::producers)) {
    measured.push_back(measure_version(
        bench, outcome,
        {"", "1 puts, 8 take", cell, book_options(items.size()), {}, {}}, items,
        is_in_catalogue));
    const Trace& trace = measured.back().trace();
    sheet.rows.push_back({cell->name(),
                          fmt::format("{}", count_outcomes(trace).completed),
                          fmt::format("{}", found(trace))});
  }
  outcome.sheets.push_back(std::move(sheet));
  outcome.sheets.push_back(finds(items, measured.back().trace()));
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  outcome.expect(std::ranges::all_of(outcome.rows, &Row::verified),
                 "every model finds exactly the books that the catalogue has");
  outcome.remarks = {
      "The published program ran until it was stopped: --until-stopped does, "
      "and Ctrl-C ends it with a summary."};
  return outcome;
}

}  // namespace interleave::experiments
