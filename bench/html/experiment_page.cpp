#include <fmt/format.h>

#include <algorithm>

#include "bench/html/drawing.hpp"
#include "bench/html/html.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"
#include "bench/html/site.hpp"

namespace interleave::site {

namespace {

using Versions = std::vector<const RecordedVersion*>;

Versions versions_of(const Record& record, std::string_view id) {
  Versions versions;
  for (const RecordedVersion& version : record.versions)
    if (version.experiment == id) versions.push_back(&version);
  return versions;
}

/// The versions below one heading share an axis.
std::int64_t end_of(const Versions& versions, const std::string& heading) {
  std::int64_t end = 0;
  for (const RecordedVersion* version : versions)
    if (version->heading == heading)
      end = std::max(end, length_of(version->trace));
  return end;
}

std::string timelines(const Versions& versions) {
  if (versions.empty()) return {};
  std::string text =
      "<section aria-labelledby=\"timelines\">\n<h2 id=\"timelines\">As it "
      "went</h2>\n<p class=\"note\">One run of each version, recorded apart "
      "from the table.</p>\n" +
      legend();
  std::string heading;
  for (const RecordedVersion* version : versions) {
    if (version->heading != heading) {
      heading = version->heading;
      text += fmt::format("<h3>{}</h3>\n", with_code(heading));
    }
    text += drawing_of(fmt::format("{}, {}", version->cell, version->name),
                       version->trace, end_of(versions, heading), Table::no);
  }
  return text + "</section>\n";
}

/// Where the code of the versions stands.
std::string sources_of(const Versions& versions, std::string_view page) {
  std::string text;
  for (const Cell& cell : catalog())
    if (std::ranges::any_of(versions, [&](const RecordedVersion* version) {
          return version->cell == cell.name();
        }))
      text += fmt::format(
          "{}<a href=\"{}#{}\">{}</a>", text.empty() ? "" : ", ",
          link(page, page_of(*cell.model)), cell.pattern->name, cell.name());
  return text.empty() ? text : fmt::format("<p>The code: {}.</p>\n", text);
}

std::string neighbours(std::string_view id, std::string_view page) {
  const auto all = experiments::experiments();
  const auto here = std::ranges::find(all, id, &experiments::Experiment::id);
  std::string text = "<nav aria-label=\"Experiments\" class=\"others\">";
  const auto add = [&](std::string_view word, std::string_view other) {
    text += fmt::format("<a href=\"{}\">{}: {}</a> ",
                        link(page, page_of_experiment(other)), word, other);
  };
  if (here != all.begin()) add("before", std::prev(here)->id);
  if (std::next(here) != all.end()) add("next", std::next(here)->id);
  return text + "</nav>\n";
}

}  // namespace

SiteFile experiment_page_of(const experiments::Experiment& experiment,
                            const Record& record) {
  const std::string id(experiment.id), page = page_of_experiment(id);
  const std::string document = "docs/experiments.md";
  const Prose prose(document, page);
  const Prose::Entry entry = prose.entry(id);
  const Prose tables(record.experiments, document, page);
  const Versions versions = versions_of(record, id);
  std::string body = neighbours(id, page);
  body += fmt::format(
      "<section aria-labelledby=\"published\">\n<h2 id=\"published\">What was "
      "published</h2>\n<p>{}</p>\n<p>Source: {}. More of it, and its lessons: "
      "<a href=\"{}#{}\">{}</a>.</p>\n</section>\n",
      entry.html, with_code(experiment.source),
      link(page, page_of_document(document)), entry.id, escaped(entry.heading));
  body +=
      "<section aria-labelledby=\"measured\">\n<h2 id=\"measured\">What "
      "was measured</h2>\n" +
      tables.below(id) + "<div class=\"note\">" + tables.opening() +
      "</div>\n" + sources_of(versions, page) + "</section>\n";
  body += timelines(versions);
  body += fmt::format(
      "<section aria-labelledby=\"again\">\n<h2 id=\"again\">Measure it again"
      "</h2>\n<pre class=\"session\"><kbd>./run reproduce {} --timeline\n"
      "</kbd></pre>\n</section>\n",
      id);
  return framed({page, "experiment", id, with_code(experiment.claim), body});
}

}  // namespace interleave::site
