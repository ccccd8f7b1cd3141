// Bars: one for each cell, in groups, on axes that begin at zero.
"use strict";

/** What a chart shows of an entry: `value`, and perhaps `low`, `high`,
 * `ideal` and `published`; `text` says it. */
function barOf(entry, measure, most, onChoose) {
  const at = (value) => 1000 * value / most;
  const drawing = svg("svg", { viewBox: "0 0 1000 20", "aria-hidden": "true",
                               preserveAspectRatio: "none" });
  const line = (place, name, from, to) => drawing.append(
    svg("line", { class: name, x1: at(place), x2: at(place), y1: from,
                  y2: to }));
  const value = measure.value(entry);
  if (value !== null) {
    drawing.append(svg("rect", { class: measure.ideal && entry.top ? "body top" : "body",
      x: 0, y: 4, width: at(value), height: 12 }));
    if (measure.low && entry.runs > 1) {
      const [low, high] = [at(measure.low(entry)), at(measure.high(entry))];
      drawing.append(svg("path", { class: "spread",
        d: `M${low} 6v8M${low} 10H${high}M${high} 6v8` }));
    }
    if (measure.ideal && entry.ideal_ns !== null)
      line(entry.ideal_ns, "ideal", 0, 20);
  }
  if (measure.ideal && entry.published_ns !== null)
    line(entry.published_ns, "published", 0, 20);
  const choose = el("button", { type: "button" },
    ...entry.name.split("/").flatMap((part, n) =>
      n === 0 ? [part] : ["/", el("wbr"), part]));
  choose.addEventListener("click", () => onChoose(entry));
  return el("li", { class: "bar" }, el("span", {}, choose), drawing,
    el("span", { class: measure.ideal && entry.top ? "value top" : "value" },
       entry.verified ? measure.text(entry)
                      : el("span", { class: "trouble" }, entry.trouble)));
}

function axisOf(most, units) {
  const [unit, size] = unitFor(units, most);
  const scale = el("span", { class: "scale" });
  const all = ticks(most / size, 5);
  for (const value of all) {
    const place = 100 * value * size / most;
    const text = +value.toPrecision(6) + " " + unit;
    scale.append(el("span", { style: `left:${place}%` }, text));
  }
  return el("li", { class: "bar axis", "aria-hidden": "true" },
            el("span"), scale, el("span"));
}

/** The longest thing that is to be drawn, and a little room. */
function longest(entries, measure) {
  const values = entries.flatMap((entry) =>
    [measure.value(entry), measure.high ? measure.high(entry) : 0,
     measure.ideal ? entry.ideal_ns : 0,
     measure.ideal ? entry.published_ns : 0]);
  return 1.02 * Math.max(1, ...values.map((value) => value || 0));
}

function drawBars(place, data, measure, ownAxes, onChoose) {
  const all = longest(data.entries, measure);
  const made = [];
  for (const group of data.groups) {
    const entries = group.entries.map((n) => data.entries[n]);
    if (entries.length === 0) continue;
    const most = ownAxes ? longest(entries, measure) : all;
    made.push(el("h3", {}, group.name, ...(group.note
      ? [": ", ...withCode(group.note)] : [])));
    const bars = el("ul", { class: "bars" });
    for (const entry of entries)
      bars.append(barOf(entry, measure, most, onChoose));
    bars.append(axisOf(most, measure.units));
    made.push(bars);
  }
  made.push(measure.key(), tableBelow(measure.title, measure.columns,
    data.entries.length, (n) => measure.row(data.entries[n])));
  place.replaceChildren(...made.filter((part) => part !== null));
}
