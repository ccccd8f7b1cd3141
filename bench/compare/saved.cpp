#include "bench/compare/saved.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "bench/text/input.hpp"
#include "bench/text/json_depth.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

using Json = nlohmann::json;

constexpr std::string_view schema = "interleave/compare/v1";
constexpr std::string_view remedy =
    "name a file that `interleave compare --save` wrote";

/// A value of the file and how one gets there, for the errors.
class Value {
 public:
  Value(const Json& json, std::string_view file, std::string path)
      : json_(json), file_(file), path_(std::move(path)) {}

  Value at(const std::string& key) const {
    require(json_.is_object(), "is no object");
    const auto found = json_.find(key);
    const Value member(found == json_.end() ? json_ : *found, file_,
                       path_.empty() ? key : path_ + '.' + key);
    member.require(found != json_.end(), "is missing");
    return member;
  }

  bool has(const std::string& key) const { return json_.contains(key); }

  std::vector<Value> elements() const {
    require(json_.is_array(), "is no list");
    std::vector<Value> values;
    for (std::size_t i = 0; i < json_.size(); ++i)
      values.emplace_back(json_[i], file_, fmt::format("{}[{}]", path_, i));
    return values;
  }

  /// At most so long that it fits into a table.
  std::string text() const {
    require(json_.is_string(), "is no text");
    const auto& words = json_.get_ref<const std::string&>();
    require(words.size() <= 200, "is longer than 200 bytes");
    return printable(words);
  }

  bool truth() const {
    require(json_.is_boolean(), "is neither true nor false");
    return json_.get<bool>();
  }

  double count() const {
    require(json_.is_number_integer() && json_ >= 0, "is no whole number");
    return json_.get<double>();
  }

  double time() const {
    require(json_.is_number_integer() && json_ > 0,
            "is no time in whole nanoseconds above zero");
    return json_.get<double>();
  }

  std::optional<double> share() const {
    if (json_.is_null()) return {};
    require(json_.is_number() && json_ >= 0 && json_ <= 1,
            "is no share from 0 to 1");
    return json_.get<double>();
  }

  /// Every member, as JSON of one line, under `prefix`; members of members by
  /// their path.
  void flatten(std::map<std::string, std::string>& into) const {
    for (const auto& [key, member] : json_.items()) {
      const Value value(member, file_, path_ + '.' + printable(key));
      if (member.is_object())
        value.flatten(into);
      else
        into[value.path_] = printable(
            member.dump(-1, ' ', true, Json::error_handler_t::replace));
    }
  }

  void require(bool so, std::string_view otherwise) const {
    if (so) return;
    throw InputError(fmt::format("{}: {} {}: {}", printable(file_),
                                 path_.empty() ? "the whole" : path_, otherwise,
                                 remedy));
  }

 private:
  const Json& json_;
  std::string_view file_;
  std::string path_;
};

Json parse(std::string_view text, std::string_view name) {
  if (const auto at = too_deep_at(text))
    reject_at(name, text, *at,
              fmt::format("nests more than {} lists and objects: {}",
                          max_json_depth, remedy));
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    reject_at(name, text, error.byte > 0 ? error.byte - 1 : 0,
              fmt::format("is no JSON from here on: {}", remedy));
  } catch (const Json::exception&) {  // a number that no double holds
    throw InputError(fmt::format("{}: holds a value out of range: {}",
                                 printable(name), remedy));
  }
}

std::map<std::string, std::string> terms_of(const Value& whole) {
  std::map<std::string, std::string> terms;
  for (const char* part : {"workload", "options", "context"}) {
    const Value value = whole.at(part);
    value.at(part == std::string_view("workload") ? "name" : "cores");
    value.flatten(terms);
  }
  if (whole.at("workload").at("name").text() == "urls")  // not always written
    terms.emplace("workload.digest", untold);
  else  // nor this
    terms.emplace("workload.server", "null");
  // What may differ: that is what is compared, or it decides nothing.
  std::erase_if(terms, [](const auto& term) {
    static const std::set<std::string_view> free = {
        "context.version", "context.git_commit", "context.date", "context.host",
        "workload.file", "options.runs",
        // These show only in cells that did not verify: not compared.
        "options.deadline_ns", "options.timeout_ns", "options.max_body_bytes",
        "options.on_error", "context.limits.descriptors",
        "context.limits.processes"};
    return free.contains(term.first);
  });
  return terms;
}

SavedCell cell_of(const Value& value) {
  SavedCell cell;
  cell.name = value.at("cell").text();
  cell.verified = value.at("verified").truth();
  for (const Value& run : value.at("runs").elements())
    cell.walls_ns.push_back(run.at("wall_ns").time());
  if (value.has("bytes")) cell.bytes = value.at("bytes").count();
  return cell;
}

}  // namespace

SavedReport parse_saved(std::string_view text, std::string_view name) {
  const Json json = parse(text, name);
  const Value whole(json, name, "");
  const Value written = whole.at("schema");
  written.require(written.text() == schema, fmt::format("is not {}", schema));
  SavedReport report;
  report.file = printable(name);
  report.date = whole.at("context").at("date").text();
  report.git_commit = whole.at("context").at("git_commit").text();
  report.terms = terms_of(whole);
  report.others = whole.at("others_cpu_share").share();
  std::set<std::string> names;
  for (const Value& cell : whole.at("cells").elements()) {
    report.cells.push_back(cell_of(cell));
    cell.at("cell").require(names.insert(report.cells.back().name).second,
                            "stands there twice");
  }
  return report;
}

SavedReport read_saved(const std::string& file) {
  return parse_saved(read_input(file, "a file that `compare --save` wrote"),
                     file);
}

}  // namespace interleave
