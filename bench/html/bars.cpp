#include "bench/html/bars.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace interleave::html {

namespace {

constexpr double width = 1000;  // of a bar's drawing, in its own units

std::string line_at(std::string_view kind, const std::optional<double>& value,
                    double end) {
  if (!value) return {};
  return fmt::format(R"(<path class="{}" d="M{:.5g} 0v20"/>)", kind,
                     width * *value / end);
}

std::string key(std::string_view shape, std::string_view words) {
  return fmt::format(
      "<span class=\"bar\"><svg viewBox=\"0 0 40 20\" aria-hidden=\"true\">{}"
      "</svg>{}</span>\n",
      shape, words);
}

}  // namespace

std::vector<Tick> ticks_of(Quantity quantity, double end) {
  const Steps steps = steps_of(quantity, end, 5);
  std::vector<Tick> ticks;
  for (int n = 0; n * steps.gap() <= end; ++n)
    ticks.push_back({n * steps.gap(),
                     fmt::format("{:.0f} {}", n * steps.step, steps.unit)});
  return ticks;
}

std::string labels_of(Quantity quantity, double end) {
  std::string text;
  for (const Tick& tick : ticks_of(quantity, end)) {
    const double share = tick.at / end;
    text += fmt::format(R"(<span class="{}" style="left:{:.2f}%">{}</span>)",
                        share < .05   ? "first"
                        : share > .93 ? "last"
                                      : "",
                        100 * share, tick.text);
  }
  return text;
}

double Bar::longest() const {
  double most = 0;
  for (const auto& each : {value, high, ideal, published})
    most = std::max(most, each.value_or(0));
  return most;
}

std::string drawing_of(const Bar& bar, double end) {
  const auto x = [&](double value) { return width * value / end; };
  std::string text =
      "<svg viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\"><g>";
  if (bar.value)
    text += fmt::format(
        R"(<rect class="body{}" y="4" width="{:.5g}" height="12"/>)",
        bar.leads ? " leads" : "", x(*bar.value));
  if (bar.low && bar.high && *bar.low < *bar.high)
    text += fmt::format(
        R"(<path class="spread" d="M{0:.5g} 6v8m0-4H{1:.5g}m0-4v8"/>)",
        x(*bar.low), x(*bar.high));
  return text + line_at("ideal", bar.ideal, end) +
         line_at("published", bar.published, end) + "</g></svg>";
}

std::string key_of_bars(bool leads, bool published) {
  constexpr std::string_view body =
      R"(<rect class="body" y="4" width="36" height="12"/>)";
  constexpr std::string_view leading =
      R"(<rect class="body leads" y="4" width="36" height="12"/>)";
  std::string text = "<p class=\"key\">" + key(body, "median");
  if (leads)
    text += key(leading, "in bold: the fastest of its pattern, or a tie");
  text += key(R"(<path class="spread" d="M4 4v12M4 10H36M36 4v12"/>)",
              "interval of the median");
  text += key(R"(<path class="ideal" d="M20 0v20"/>)",
              "ideal: the pattern's lower bound");
  if (published)
    text += key(R"(<path class="published" d="M20 0v20"/>)", "as published");
  return text + "</p>\n";
}

}  // namespace interleave::html
