#include <fmt/format.h>

#include <algorithm>

#include "bench/html/html.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"
#include "bench/html/site.hpp"
#include "bench/html/timeline.hpp"

namespace interleave::html {

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
      "<p class=\"note\">One run of each version, recorded apart from the "
      "table.</p>\n" +
      key_of_timelines();
  std::string heading;
  for (const RecordedVersion* version : versions) {
    if (version->heading != heading) {
      heading = version->heading;
      text += fmt::format("<h3>{}</h3>\n", with_code(heading));
    }
    text += timeline_of(fmt::format("{}, {}", version->cell, version->name),
                        version->trace, end_of(versions, heading),
                        Pointing::titles);
  }
  return section("timelines", "Timelines", text);
}

/// Where the code of the versions stands.
std::string sources_of(const Versions& versions, std::string_view page) {
  std::string text;
  for (const Cell& cell : catalog())
    if (std::ranges::find(versions, cell.name(), &RecordedVersion::cell) !=
        versions.end())
      text +=
          (text.empty() ? "<p>The code: " : ", ") +
          anchor(page,
                 fmt::format("{}#{}", page_of(*cell.model), cell.pattern->name),
                 cell.name());
  return text.empty() ? text : text + ".</p>\n";
}

std::string neighbours(std::string_view id, std::string_view page) {
  const auto all = experiments::experiments();
  const auto here = std::ranges::find(all, id, &experiments::Experiment::id);
  std::string text = R"(<nav aria-label="Experiments" class="others">)";
  const auto add = [&](std::string_view word, std::string_view other) {
    text += anchor(page, page_of_experiment(other),
                   fmt::format("{}: {}", word, other)) +
            ' ';
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
  const Prose::Entry entry = Prose(document, page).entry(id);
  const Prose tables(record.experiments, document, page);
  const Versions versions = versions_of(record, id);
  const std::string published = fmt::format(
      "<p>{}</p>\n<p>Source: {}. More of it, and its lessons: {}.</p>\n",
      entry.html, with_code(experiment.source),
      anchor(page, fmt::format("{}#{}", page_of_document(document), entry.id),
             escaped(entry.heading)));
  const std::string measured =
      fmt::format("{}<div class=\"note\">{}</div>\n{}", tables.below(id),
                  tables.opening(), sources_of(versions, page));
  const std::string again = fmt::format(
      "<pre class=\"session\"><kbd>./run reproduce {} --timeline\n</kbd></pre>"
      "\n",
      id);
  return framed(
      {page, "experiment", id, with_code(experiment.claim),
       neighbours(id, page) + section("published", "Published", published) +
           section("measured", "Measured", measured) + timelines(versions) +
           section("again", "Measure it again", again)});
}

}  // namespace interleave::html
