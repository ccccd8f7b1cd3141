// What the charts of bars show: time, CPU, memory.
"use strict";

function percent(share) {
  return (100 * share).toFixed(0) + " %";
}

function timeText(entry) {
  const share = entry.of_ideal === null ? ""
    : ", " + percent(entry.of_ideal) + " of ideal";
  return duration(entry.wall_ns) + share;
}

function between(entry) {
  return entry.runs > 1
    ? duration(entry.low_ns) + " to " + duration(entry.high_ns) : "one run";
}

function orDash(value, text) {
  return value === null ? "-" : text(value);
}

function keyOf(...parts) {
  const line = el("p", { class: "key" });
  for (const [shape, words] of parts) {
    const drawing = svg("svg", { viewBox: "0 0 40 20", "aria-hidden": "true" });
    drawing.append(shape);
    line.append(el("span", { class: "bar" }, drawing, words), " ");
  }
  return line;
}

function timeKey(data) {
  const body = (name) =>
    svg("rect", { class: name, y: 4, width: 36, height: 12 });
  const parts = [[body("body"), "median"]];
  if (data.entries.some((entry) => entry.top))
    parts.push([body("body top"),
                "in bold: the fastest of its group, or a tie with it"]);
  parts.push(
    [svg("path", { class: "spread", d: "M4 4v12M4 10H36M36 4v12" }),
     "between these the true median is looked for"],
    [svg("line", { class: "ideal", x1: 20, x2: 20, y1: 0, y2: 20 }),
     "the ideal: only the items' own times"]);
  if (data.entries.some((entry) => entry.published_ns !== null))
    parts.push([svg("line", { class: "published", x1: 20, x2: 20, y1: 0,
                              y2: 20 }), "as published"]);
  return keyOf(...parts);
}

function timeMeasure(data) {
  const published = data.entries.some((entry) => entry.published_ns !== null);
  return {
    units: timeUnits, value: (entry) => entry.wall_ns, ideal: true,
    low: (entry) => entry.low_ns, high: (entry) => entry.high_ns,
    text: timeText, key: () => timeKey(data), title: "Times as a table",
    columns: [["cell"], ["median", true], ["between"], ["ideal", true],
              ["of ideal", true],
              ...(published ? [["published", true]] : [["bound"],
                                                       ["speedup", true]]),
              ["verified"]],
    row: (entry) => [entry.name, orDash(entry.wall_ns, duration),
      between(entry), orDash(entry.ideal_ns, duration),
      orDash(entry.of_ideal, percent),
      ...(published ? [orDash(entry.published_ns, duration)]
        : [entry.bound || "-", orDash(entry.speedup, significant)]),
      entry.verified ? "yes" : entry.trouble],
  };
}

function plainMeasure(title, head, units, value, text) {
  const show = (entry) => orDash(value(entry), text);
  return {
    units, value, ideal: false, text: show, title,
    key: () => null, columns: [["cell"], [head, true]],
    row: (entry) => [entry.name, show(entry)],
  };
}

const cpuMeasure = plainMeasure("CPU as a table", "CPU for an item", timeUnits,
  (entry) => entry.cpu_per_item_ns, duration);
const memoryMeasure = plainMeasure("Memory as a table", "peak memory",
  byteUnits, (entry) => entry.memory_bytes, bytes);
