// What a reader does with the page: choose cells, zoom, point at items. The
// pictures are in the page; nothing is drawn here but an axis that was zoomed.
"use strict";

const stampNames = ["queued", "started", "downloaded", "processing",
                    "finished"];
const rowHeight = 15, whole = 1e6;  // as in the drawings

function byId(id) {
  return document.getElementById(id);
}

/** Milliseconds with every recorded nanosecond; what was not stamped: "-". */
function stamp(ns) {
  return ns === null ? "-" : (ns / 1e6).toFixed(6) + " ms";
}

const orDash = (index) => index === null ? "-" : String(index + 1);

/** The items of a run, and the boxes of each row of its timeline. */
function readTrace(number) {
  const trace = JSON.parse(byId("trace-" + number).textContent);
  trace.boxes = Array.from({ length: trace.rows }, () => []);
  trace.items = trace.items.map(([row, second, lane, secondLane, rank, status,
                                  ...rest], index) => {
    let at = 0;
    const stamps = rest.slice(0, 5).map((by) =>
      by === null ? null : (at += by));
    const [, started, downloaded, processing, finished] = stamps;
    const item = { index, lane, secondLane, rank, stamps,
                   status: trace.statuses[status], error: rest[5] };
    const begun = processing ?? finished;
    if (row !== null)
      trace.boxes[row].push({ item, row, from: started,
        to: second === null ? finished : downloaded ?? begun });
    if (second !== null)
      trace.boxes[second].push({ item, row: second, from: begun,
                                 to: finished });
    return item;
  });
  for (const row of trace.boxes) row.sort((a, b) => a.from - b.from);
  return trace;
}

function itemWords({ index, lane, secondLane, stamps, status, error }) {
  const known = stampNames.map((name, n) => `${name} ${stamp(stamps[n])}`);
  const second = secondLane !== null && secondLane !== lane
    ? `, processed on lane ${orDash(secondLane)}` : "";
  return `item ${index + 1} (lane ${orDash(lane)}${second}): ` +
    `${known.join(", ")}; ${status}${error ? ": " + error : ""}`;
}

/** The time that is looked at, in ns; `views` side by side follow it. */
class Axis {
  constructor(all) {
    Object.assign(this, { all, from: 0, to: all, views: [] });
  }

  show(from, to) {
    const length = Math.min(to - from, this.all);
    this.from = Math.min(Math.max(from, 0), this.all - length);
    this.to = this.from + length;
    for (const view of this.views) view.follow();
  }

  zoom(factor, about = (this.from + this.to) / 2) {
    const half = Math.max((this.to - this.from) * factor, 1000) / 2;
    this.show(about - half, about + half);
  }

  move(share) {
    const by = (this.to - this.from) * share;
    this.show(this.from + by, this.to + by);
  }

  /** Round steps in view, and their texts. */
  ticks() {
    const length = this.to - this.from;
    const [unit, size] = [["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]]
      .find(([, each]) => length >= 10 * each);
    let step = size;
    for (let n = 0; Math.floor(length / step) > 5; ++n)
      step *= n % 3 === 1 ? 2.5 : 2;
    const all = [];
    for (let n = Math.ceil(this.from / step); n * step <= this.to; ++n)
      all.push([n * step, n * step / size + " " + unit]);
    return all;
  }
}

/** A timeline: the part of it that its axis shows, and the item chosen. */
class View {
  constructor(side, trace, axis) {
    Object.assign(this, { trace, axis, chosen: null });
    this.status = side.querySelector(".status");
    this.place = side.querySelector("div.timeline");
    this.drawing = this.place.querySelector("svg");
    this.height = this.drawing.viewBox.baseVal.height;
    this.most = Math.max(...trace.boxes.map((row) => row.length));
    this.cursor = this.drawing.querySelector(".grid").cloneNode();
    this.cursor.setAttribute("class", "cursor");
    this.place.addEventListener("mousemove", (event) => this.point(event));
    this.place.addEventListener("keydown", (event) => this.key(event));
    axis.views.push(this);
  }

  x(time) {
    return time * whole / this.trace.wall;
  }

  follow() {
    const { from, to } = this.axis, ticks = this.axis.ticks();
    this.drawing.setAttribute("viewBox",
      `${this.x(from)} 0 ${this.x(to - from)} ${this.height}`);
    this.drawing.classList.toggle("crowded",
      this.most * (to - from) > 300 * this.trace.wall);
    this.drawing.querySelector(".grid").setAttribute("d", ticks.map(
      ([at]) => `M${this.x(at)} 0V${this.height}`).join(""));
    this.place.querySelector(".scale").replaceChildren(...ticks.map(
      ([at, text]) => {
        const label = document.createElement("span");
        const share = (at - from) / (to - from);
        label.className = share < .05 ? "first" : share > .93 ? "last" : "";
        label.style.left = 100 * share + "%";
        label.textContent = text;
        return label;
      }));
  }

  choose(box) {
    this.chosen = box;
    this.status.textContent = itemWords(box.item);
    const [from, to] = [this.x(box.from), this.x(box.to)];
    this.cursor.setAttribute("d",
      `M${from} ${box.row * rowHeight + 1}H${to}v13H${from}z`);
    this.drawing.append(this.cursor);
  }

  point(event) {
    const frame = this.drawing.getBoundingClientRect();
    const row = Math.floor((event.clientY - frame.top) / rowHeight);
    const perPixel = (this.axis.to - this.axis.from) / frame.width;
    const time = this.axis.from + (event.clientX - frame.left) * perPixel;
    const found = this.trace.boxes[row]?.find((box) =>
      box.from - 3 * perPixel <= time && time <= box.to + 3 * perPixel);
    if (found && found !== this.chosen) this.choose(found);
  }

  /** The box after, or before, the chosen one; at first the first of all. */
  step(by) {
    if (this.chosen === null)
      return this.trace.boxes.find((row) => row.length > 0)?.[0];
    const row = this.trace.boxes[this.chosen.row];
    return row[row.indexOf(this.chosen) + by];
  }

  /** The box of the row below, or above, at about the same time. */
  turn(by) {
    if (this.chosen === null) return this.step(0);
    const row = this.trace.boxes[this.chosen.row + by] || [];
    return row.find((box) => box.to > this.chosen.from) || row.at(-1);
  }

  key(event) {
    const moves = { ArrowLeft: () => this.step(-1),
                    ArrowRight: () => this.step(1),
                    ArrowUp: () => this.turn(-1),
                    ArrowDown: () => this.turn(1) };
    const zooms = { "+": .5, "=": .5, "-": 2, 0: Infinity };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) {
      const box = moves[event.key]();
      if (box) this.choose(box);
      this.cursor.scrollIntoView({ block: "nearest" });
    } else if (event.key in zooms) {
      this.axis.zoom(zooms[event.key], this.chosen
        ? (this.chosen.from + this.chosen.to) / 2 : undefined);
    } else {
      return;
    }
    event.preventDefault();
  }
}

/** The table of items grows by a hundred rows at a time. */
function fillItems(side, items) {
  const body = side.querySelector(".items tbody");
  const more = side.querySelector(".items button");
  const grow = () => {
    const from = body.rows.length;
    for (const item of items.slice(from, from + 100)) {
      const row = body.insertRow();
      const texts = [String(item.index + 1), orDash(item.lane),
                     ...item.stamps.map(stamp), orDash(item.rank),
                     item.status];
      texts.forEach((text, n) => {
        const field = document.createElement(n === 0 ? "th" : "td");
        field.textContent = text;
        if (n !== 1 && n !== texts.length - 1) field.className = "number";
        row.append(field);
      });
    }
    more.hidden = body.rows.length === items.length;
  };
  more.addEventListener("click", grow);
  grow();
}

/** Marks what differs. Gaps keep the lines that are the same level. */
function compareSources(blocks, numbers) {
  const rows = blocks.map((block, side) => {
    block.classList.add(side === 0 ? "left" : "right");
    const all = [...block.querySelectorAll(".row")];
    for (const row of all)
      row.classList.toggle("changed",
        (row.dataset.not ?? "").split(" ").includes(numbers[1 - side]));
    return all;
  });
  const changed = (row) => row?.classList.contains("changed");
  for (const at = [0, 0]; at[0] <= rows[0].length; ++at[0], ++at[1]) {
    const counts = rows.map((all, side) => {
      const from = at[side];
      while (changed(all[at[side]])) ++at[side];
      return at[side] - from;
    });
    blocks.forEach((block, side) => {
      for (let n = counts[side]; n < counts[1 - side]; ++n) {
        const gap = document.createElement("span");
        gap.className = "row missing";
        block.querySelector("code").insertBefore(gap,
                                                 rows[side][at[side]] || null);
      }
    });
  }
}

const entries = document.querySelectorAll("#left option").length;

function chosen() {
  const words = new URLSearchParams(location.hash.slice(1));
  const number = (name) => {
    const n = Number(words.get(name) || NaN);
    return Number.isInteger(n) && n > 0 && n <= entries ? n : null;
  };
  return { left: number("left") ?? Number(byId("sides").dataset.first),
           right: number("right") };
}

function drawSides() {
  const { left, right } = chosen();
  byId("left").value = left;
  byId("right").value = right ?? "";
  const cells = (right === null ? [left] : [left, right]).map((number) => {
    const template = byId("cell-" + number), { source } = template.dataset;
    const [above, below] = template.content.cloneNode(true).children;
    const [code] = byId("source-" + source).content.cloneNode(true).children;
    const trace = byId("trace-" + number) && readTrace(number);
    return { source, above, code, below, trace };
  });
  const all = (name) => cells.map((cell) => cell[name]);
  if (right !== null && cells[0].source !== cells[1].source)
    compareSources(all("code"), all("source"));
  byId("sides").className = right === null ? "" : "two";
  byId("sides").replaceChildren(...all("above"), ...all("code"),
                                byId("between"), ...all("below"));
  const traces = all("trace").filter((trace) => trace);
  axis = new Axis(Math.max(1, ...traces.map((trace) => trace.wall)));
  for (const { below, trace } of cells)
    if (trace) {
      new View(below, trace, axis);
      fillItems(below, trace.items);
    }
  axis.zoom(Infinity);
}

function choose(hash) {
  history.replaceState(null, "", hash);
  drawSides();
}

let axis;  // of the timelines that are shown
byId("between")?.addEventListener("click", ({ target }) => {
  if (target.dataset.zoom) axis.zoom(Number(target.dataset.zoom));
  if (target.dataset.move) axis.move(Number(target.dataset.move));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#left=']");
  if (!link) return;
  event.preventDefault();
  choose(link.hash);
  byId("cells").scrollIntoView();
  byId("cells").focus({ preventScroll: true });
});
for (const id of ["left", "right"])
  byId(id)?.addEventListener("change", () => choose(
    `#left=${byId("left").value}` +
    (byId("right").value && `&right=${byId("right").value}`)));
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details"))
    details.open = true;
});
if (entries > 0) {
  window.addEventListener("hashchange", drawSides);
  // What is below the first screen can wait until that was painted.
  requestAnimationFrame(() => setTimeout(drawSides));
}
