#include "bench/html/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "bench/html/embedded.hpp"
#include "bench/html/html.hpp"
#include "bench/html/source.hpp"
#include "bench/html/timeline.hpp"

namespace interleave::html {

namespace {

/// The name as a link that shows the cell closely. It breaks at its slash.
std::string link_to(const Page& page, std::size_t entry) {
  std::string name = escaped(page.entries[entry].name);
  if (const std::size_t slash = name.find('/'); slash != name.npos)
    name.insert(slash + 1, "<wbr>");
  return fmt::format("<a href=\"#left={}\">{}</a>", entry + 1, name);
}

std::string leaders_of(const Page& page) {
  std::vector<Fields> rows;
  for (const PageGroup& group : page.groups) {
    if (group.leaders.empty()) continue;
    const Entry& first = page.entries[group.leaders.front()];
    std::string tied;
    for (std::size_t n = 1; n < group.leaders.size(); ++n)
      tied += (tied.empty() ? "" : ", ") + link_to(page, group.leaders[n]);
    rows.push_back({escaped(group.name), link_to(page, group.leaders.front()),
                    tied.empty() ? "none" : tied});
    for (const char* const metric :
         {"wall_ns", "ideal_ns", "of_ideal", "bound"})
      rows.back().push_back(first.text(metric));
  }
  if (rows.empty()) return {};
  const Heading head[] = {
      {page.group_word}, {"fastest"},        {"a tie with"}, {"wall", true},
      {"ideal", true},   {"of ideal", true}, {"bound"}};
  return table_of(fmt::format("Fastest cell per {}", page.group_word), head,
                  rows);
}

/// Warnings stand above the figures that they are about.
std::string result_of(const Page& page) {
  std::string_view rest = page.conclusion;
  while (rest.starts_with("Warning: "))
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  const std::string_view warnings(page.conclusion.data(),
                                  page.conclusion.size() - rest.size());
  const std::string leaders = leaders_of(page);
  if (leaders.empty() && page.conclusion.empty()) return {};
  return section("result", leaders.empty() ? "Result" : "Fastest cells",
                 statements(warnings) + leaders + statements(rest));
}

/// A chart: a bar per entry, in groups. That of times has more in its bars.
struct Chart {
  std::string_view id, title, note;
  Quantity quantity;
  std::string_view metric;

  bool of_times() const { return metric == "wall_ns"; }
};

constexpr Chart charts[] = {
    {"time", "Time against the ideal", "", Quantity::time, "wall_ns"},
    {"cpu", "CPU per item",
     "User and system time of the run, child processes included, divided by "
     "its items.",
     Quantity::time, "cpu_per_item_ns"},
    {"memory", "Memory",
     "Peak resident memory, summed over the processes of a cell, this program "
     "included.",
     Quantity::size, "peak_rss_bytes"}};

Bar bar_of(const Chart& chart, const Entry& entry) {
  return chart.of_times() ? bar_of(entry) : Bar{entry.number(chart.metric)};
}

std::string item_of(const Page& page, const Chart& chart, std::size_t n,
                    double end) {
  const Entry& entry = page.entries[n];
  const Bar bar = bar_of(chart, entry);
  return fmt::format(
      "<li class=\"bar\"><span>{}</span>{}<span class=\"value{}{}\">{}</span>"
      "</li>\n",
      link_to(page, n), drawing_of(bar, end), bar.leads ? " leads" : "",
      entry.verified ? "" : " trouble",
      escaped(chart.of_times() || !entry.verified ? time_text(entry)
                                                  : entry.text(chart.metric)));
}

std::string axis_of(std::string_view kind, Quantity quantity, double end) {
  return fmt::format(
      "<li class=\"bar axis {}\" aria-hidden=\"true\"><span></span>"
      "<span class=\"scale\">{}</span><span></span></li>\n",
      kind, labels_of(quantity, end));
}

/// Bars are drawn on the axis of all groups; where each has its own, they are
/// scaled by `--own`.
std::string drawing_of(const Page& page, const Chart& chart) {
  const auto end_of = [&](const std::vector<std::size_t>& entries) {
    double end = 0;
    for (const std::size_t n : entries)
      end = std::max(end, bar_of(chart, page.entries[n]).longest());
    return end > 0 ? 1.02 * end : 1;  // and a little room
  };
  double all = 1;
  for (const PageGroup& group : page.groups)
    all = std::max(all, end_of(group.entries));
  std::string text;
  for (const PageGroup& group : page.groups) {
    text += fmt::format("<h3>{}{}</h3>\n", escaped(group.name),
                        group.note.empty() ? "" : ": " + with_code(group.note));
    if (group.entries.empty()) continue;  // its versions have headings
    const double own = end_of(group.entries);
    text +=
        fmt::format("<ul class=\"bars\" style=\"--own:{:.6g}\">\n", all / own);
    for (const std::size_t n : group.entries)
      text += item_of(page, chart, n, all);
    text += axis_of("common", chart.quantity, all) +
            axis_of("own", chart.quantity, own) + "</ul>\n";
  }
  return text;
}

void write_charts(const Page& page, const Sink& sink) {
  std::vector<const Entry*> entries(page.entries.size());
  std::ranges::transform(page.entries, entries.begin(),
                         [](const Entry& entry) { return &entry; });
  for (const Chart& chart : charts) {
    if (std::ranges::none_of(page.entries, [&](const Entry& entry) {
          return bar_of(chart, entry).longest() > 0;
        }))
      continue;
    std::string body;
    if (!chart.note.empty())
      body = fmt::format("<p class=\"note\">{}</p>\n", chart.note);
    if (chart.of_times())
      body += fmt::format(
          "<p class=\"controls\"><label><input type=\"checkbox\" "
          "id=\"own-axes\"{}> One axis per {}</label></p>\n{}",
          page.own_axes ? " checked" : "", page.group_word,
          key_of_bars(std::ranges::any_of(page.entries, &Entry::leads),
                      std::ranges::any_of(page.entries, [](const Entry& entry) {
                        return entry.published.has_value();
                      })));
    body += drawing_of(page, chart);
    if (chart.of_times())
      body += "<details><summary>All figures as a table</summary>\n" +
              figures_of("Figures of every cell", entries, Bars::no) +
              "</details>\n";
    sink(section(chart.id, chart.title, body));
  }
}

std::string choice_of(const Page& page, std::string_view side,
                      std::string_view label, bool none) {
  std::string text = fmt::format("<label>{} <select id=\"{}\">{}", label, side,
                                 none ? "<option value=\"\">none" : "");
  for (const PageGroup& group : page.groups) {
    if (group.entries.empty()) continue;
    text += fmt::format("<optgroup label=\"{}\">", escaped(group.name));
    for (const std::size_t n : group.entries)
      text += fmt::format("<option value=\"{}\">{}", n + 1,
                          escaped(page.entries[n].name));
    text += "</optgroup>";
  }
  return text + "</select></label>\n";
}

/// What the script fills, and the buttons for what it shows.
std::string closely(const Page& page) {
  std::string buttons;
  for (const auto& [act, words] : {std::pair{"zoom=\".5", "Zoom in"},
                                   {"zoom=\"2", "Zoom out"},
                                   {"move=\"-.5", "Earlier"},
                                   {"move=\".5", "Later"},
                                   {"zoom=\"Infinity", "All"}})
    buttons += fmt::format("<button type=\"button\" data-{}\">{}</button>\n",
                           act, words);
  return section(
      "cells", "One cell, or two side by side",
      fmt::format(
          "<noscript><p>Choosing cells takes the script in this page. Nothing "
          "is loaded from elsewhere.</p></noscript>\n"
          "<p class=\"controls\">\n{}{}</p>\n"
          "<div id=\"sides\" data-first=\"{}\"><div id=\"between\">{}"
          "<p class=\"controls\" role=\"group\" aria-label=\"Time axis of the "
          "timelines\">\n{}</p></div></div>\n",
          choice_of(page, "left", "Cell", false),
          choice_of(page, "right", "beside", true), page.first + 1,
          key_of_timelines(), buttons));
}

std::string promises_of(const Page& page) {
  using Holds = experiments::Promise::Holds;
  std::string text;
  for (const PageGroup& group : page.groups) {
    if (group.promises.empty()) continue;
    text += fmt::format("<h3>{}</h3>\n<ul>\n", escaped(group.name));
    for (const auto& [what, holds, note] : group.promises)
      text += fmt::format(
          "<li><strong class=\"{0}\">{0}</strong>: {1}{2}</li>\n",
          holds == Holds::yes  ? "yes"
          : holds == Holds::no ? "no"
                               : "unknown",
          escaped(what), note.empty() ? "" : " (" + escaped(note) + ")");
    text += "</ul>\n";
  }
  return text.empty() ? text : section("promises", "Published claims", text);
}

/// Each source once; `numbers` says by which number its template is found.
std::string sources_of(const Page& page, std::map<std::string, int>& numbers) {
  std::vector<Versions::Version> versions;
  for (const Entry& entry : page.entries) {
    const std::string path = entry.cell->source();
    const int next = static_cast<int>(numbers.size()) + 1;
    if (!numbers.emplace(path, next).second) continue;
    versions.push_back({fmt::format("{}", next), lines_of(embedded(path))});
  }
  const Versions compared(versions);
  std::string text;
  for (const auto& [path, number] : numbers) {
    const auto n = static_cast<std::size_t>(number - 1);
    text += fmt::format(
        "<template id=\"source-{}\"><div class=\"side\"><h4>{}</h4>\n{}</div>"
        "</template>\n",
        number, path,
        code_box(path,
                 code_of(path, compared.rows(n, 0, versions[n].lines.size()))));
  }
  return text;
}

/// What stands above the source of a cell, and below it.
void write_cell(const Entry& entry, std::size_t n, int source,
                const Sink& sink) {
  const std::string name = escaped(entry.name);
  sink(fmt::format(
      "<template id=\"cell-{}\" data-source=\"{}\"><div class=\"side\">"
      "<h3>{}</h3><p class=\"facts\">{}</p></div><div class=\"side\">\n",
      n + 1, source, name, escaped(facts_of(entry))));
  if (const Trace* trace = entry.trace)
    sink(
        "<p class=\"status\" role=\"status\">Point at an item, or use the "
        "arrow keys, to see its stamps.</p>\n" +
        timeline_of(entry.name, *trace, length_of(*trace), Pointing::script) +
        limits_of(entry.name, *trace, length_of(*trace)) +
        items_of(entry.name, *trace, false) + order_of(entry.name, *trace));
  else
    sink("<p class=\"note\">No run of it was recorded.</p>\n");
  sink("</div></template>\n");
  if (entry.trace)
    sink(fmt::format(R"(<script type="application/json" id="trace-{}">)",
                     n + 1) +
         script_data(*entry.trace) + "</script>\n");
}

Frame frame_of(const Page& page) {
  Frame frame;
  frame.tab = frame.title = page.headline;
  frame.kicker = page.kicker;
  frame.lead = with_code(page.lead);
  frame.head = fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src "
      "data:\">\n<style>{}</style>\n",
      embedded("bench/html/page.css"));
  frame.skip_to = "cells";
  frame.footer = "<h2>How this was measured</h2>\n";
  for (const std::string& words : {page.job, page.machine, page.made})
    if (!words.empty()) frame.footer += "<p>" + escaped(words) + "</p>\n";
  frame.footer +=
      fmt::format("<script>{}</script>\n", embedded("bench/html/page.js"));
  return frame;
}

}  // namespace

void write_page(const Page& page, const Sink& sink) {
  const Frame frame = frame_of(page);
  sink(opening(frame));
  sink(result_of(page));
  if (!page.entries.empty()) {
    write_charts(page, sink);
    sink(closely(page));
  }
  sink(promises_of(page));
  std::map<std::string, int> sources;
  sink(sources_of(page, sources));
  for (std::size_t n = 0; n < page.entries.size(); ++n)
    write_cell(page.entries[n], n, sources[page.entries[n].cell->source()],
               sink);
  sink(closing(frame));
}

}  // namespace interleave::html
