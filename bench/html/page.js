// The page: who won, the charts, and two cells side by side.
"use strict";

const data = JSON.parse(byId("data").textContent);
const measureOfTime = timeMeasure(data);

function chosen() {
  const words = new URLSearchParams(location.hash.slice(1));
  const number = (name) => {
    const n = Number(words.get(name) || NaN);
    return Number.isInteger(n) && data.entries[n - 1] ? n - 1 : null;
  };
  return { left: number("left") ?? data.first, right: number("right") };
}

function choose(left, right) {
  const words = "left=" + (left + 1) +
    (right === null ? "" : "&right=" + (right + 1));
  history.replaceState(null, "", "#" + words);
  drawSides();
}

function goTo(entry) {
  choose(data.entries.indexOf(entry), null);
  byId("closely").scrollIntoView();
  byId("closely").focus({ preventScroll: true });
}

function drawWon() {
  const name = (n) => {
    const made = el("a", { href: "#closely" }, data.entries[n].name);
    made.addEventListener("click", (event) => {
      event.preventDefault();
      goTo(data.entries[n]);
    });
    return made;
  };
  const list = (all) => {
    const made = el("span");
    all.forEach((n, at) => made.append(at === 0 ? "" : ", ", name(n)));
    return made;
  };
  const rows = data.groups.filter((group) => group.fastest !== null)
    .map((group) => {
      const first = data.entries[group.fastest];
      return [group.name, name(group.fastest),
        group.tied.length ? list(group.tied) : "nobody",
        duration(first.wall_ns), orDash(first.ideal_ns, duration),
        orDash(first.of_ideal, percent), first.bound || "-"];
    });
  byId("won").replaceChildren(rows.length === 0
    ? el("p", { class: "note statements" }, data.conclusion)
    : table("The fastest of each group, and who ties with it",
        [[data.group_word], ["fastest"], ["a tie with"], ["took", true],
         ["ideal", true], ["of ideal", true], ["bound by"]], rows),
    rows.length === 0 ? "" : el("p", { class: "statements" }, data.conclusion));
}

function drawCharts() {
  const ownAxes = byId("own-axes").checked;
  drawBars(byId("time-chart"), data, measureOfTime, ownAxes, goTo);
  drawBars(byId("cpu-chart"), data, cpuMeasure, ownAxes, goTo);
  drawBars(byId("memory-chart"), data, memoryMeasure, ownAxes, goTo);
}

function drawChecks() {
  const groups = data.groups.filter((group) => group.checks.length > 0);
  byId("checks").hidden = groups.length === 0;
  byId("checks-body").replaceChildren(...groups.flatMap((group) =>
    [el("h3", {}, group.name), el("ul", {}, ...group.checks.map((check) =>
      el("li", {}, el("strong", { class: check.holds === "yes" ? "yes"
        : check.holds === "no" ? "no" : null }, check.holds),
        ": " + check.text + (check.note ? ` (${check.note})` : ""))))]));
}

const partKey = () => {
  const line = el("p", { class: "key" });
  for (const [shape, words] of [
    [svg("path", { class: "waiting", d: "M2 7H38v6H2z" }), "waiting"],
    [svg("path", { class: "processing", d: "M2 2H38v16H2z" }), "processing"],
    [svg("path", { class: "held", d: "M2 10H38" }), "held between stages"]]) {
    const drawing = svg("svg", { viewBox: "0 0 40 20", "aria-hidden": "true" });
    drawing.append(shape);
    line.append(el("span", { class: "timeline" }, drawing, words), " ");
  }
  return line;
};

function factsOf(entry) {
  const parts = [entry.verified ? timeText(entry) : entry.trouble];
  if (entry.bound) parts.push("bound by " + entry.bound);
  if (entry.speedup !== null)
    parts.push(significant(entry.speedup) + " x as fast as one at a time");
  const allowed = entry.width === null ? "" : ` of ${entry.width} allowed`;
  parts.push(entry.in_flight + allowed + " in flight");
  if (entry.connections !== null)
    parts.push(count(entry.connections, "connection"));
  if (entry.cpu_per_item_ns !== null)
    parts.push(duration(entry.cpu_per_item_ns) + " of CPU an item");
  if (entry.memory_bytes !== null) parts.push(bytes(entry.memory_bytes));
  return el("p", { class: "facts" }, parts.join("; ") + ".");
}

/** What stands under the source of one cell. */
function pictures(entry, trace, axis) {
  if (trace === null)
    return [el("p", { class: "note" }, "No run of it was recorded.")];
  const view = new TimelineView(trace, entry.name, axis);
  axis.views.push(view);
  const where = trace.row_name === "lane" ? ""
    : count(trace.rows.length, "slot") + " on ";
  return [el("h4", {}, "Timeline: " + where + count(trace.lanes, "lane")),
    view.status, view.place, rowControls(view), itemTable(trace, entry.name),
    orderPicture(trace, entry)].filter((part) => part !== null);
}

function drawSides() {
  const { left, right } = chosen();
  byId("left").value = String(left);
  byId("right").value = right === null ? "" : String(right);
  const entries = (right === null ? [left] : [left, right])
    .map((n) => data.entries[n]);
  const traces = entries.map((entry) =>
    entry.trace === null ? null : readTrace(entry.trace));
  const axis = new Axis(Math.max(1, ...traces.map((trace) =>
    trace === null ? 1 : trace.wall_ns)));
  const blocks = sourceBlocks(data.sources, entries);
  const place = byId("sides");
  place.className = entries.length === 2 ? "two" : "";
  const row = (make) => entries.map((entry, side) =>
    el("div", { class: "side" }, ...make(entry, side)));
  place.replaceChildren(
    ...row((entry) => [el("h3", {}, entry.name), factsOf(entry)]),
    ...row((entry, side) => [blocks[side]]),
    el("div", { style: "grid-column:1/-1" }, partKey(), axisControls(axis)),
    ...row((entry, side) => pictures(entry, traces[side], axis)));
}

function fillChoices() {
  byId("right").append(el("option", { value: "" }, "nothing"));
  for (const id of ["left", "right"]) {
    data.groups.filter((group) => group.entries.length > 0)
      .forEach((group) => byId(id).append(
      el("optgroup", { label: group.name }, ...group.entries.map((n) =>
        el("option", { value: n }, data.entries[n].name)))));
    byId(id).addEventListener("change", () => choose(
      Number(byId("left").value),
      byId("right").value === "" ? null : Number(byId("right").value)));
  }
}

function fillWords() {
  document.title = data.headline;
  byId("won-title").textContent =
    data.groups.some((group) => group.fastest !== null) ? "Who won"
                                                        : "What was found";
  byId("kicker").textContent = data.kicker;
  byId("headline").textContent = data.headline;
  byId("lead").textContent = data.lead;
  byId("time-note").textContent = data.time_note;
  byId("job").textContent = data.job;
  byId("machine").textContent = data.machine;
  byId("made").textContent = data.made;
  byId("own-axes").checked = data.own_axes;
  for (const [id, value] of [["time", "name"], ["closely", "name"],
                             ["cpu", "cpu_per_item_ns"],
                             ["memory", "memory_bytes"]])
    byId(id).hidden = data.entries.every((entry) => entry[value] === null);
}

fillWords();
fillChoices();
drawWon();
drawCharts();
drawChecks();
byId("own-axes").addEventListener("change", drawCharts);
window.addEventListener("hashchange", drawSides);
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details"))
    details.open = true;
});
// What is below the first screen can wait until that was painted.
if (data.entries.length > 0)
  requestAnimationFrame(() => setTimeout(drawSides));
