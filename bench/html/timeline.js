// A timeline: rows of boxes, of which each can be pointed at.
"use strict";

const parts = ["waiting", "held", "processing"];

/** A trace as it was embedded, with the boxes of each row in order. */
function readTrace(number) {
  const trace = JSON.parse(byId("trace-" + number).textContent);
  trace.boxes = trace.rows.map(() => []);
  for (let i = 0; i < trace.started.length; ++i) {
    const row = trace.row[i], second = trace.second_row[i];
    if (row === null) continue;
    const begins = trace.processing[i] === null ? trace.finished[i]
                                                : trace.processing[i];
    const downloaded = trace.downloaded[i] === null ? begins
                                                    : trace.downloaded[i];
    const box = { item: i, row, from: trace.started[i],
                  to: second === null ? trace.finished[i] : downloaded,
                  waiting: [trace.started[i], downloaded],
                  held: second === null ? [downloaded, begins] : null,
                  processing: second === null ? [begins, trace.finished[i]]
                                              : null };
    trace.boxes[row].push(box);
    if (second !== null)
      trace.boxes[second].push({ item: i, row: second, from: begins,
        to: trace.finished[i], waiting: null, held: null,
        processing: [begins, trace.finished[i]] });
  }
  for (const row of trace.boxes) row.sort((a, b) => a.from - b.from);
  return trace;
}

/** What is known of one item, in words. */
function itemWords(trace, i) {
  const lane = (n) => n === null ? "-" : "lane " + (n + 1);
  const known = ["queued", "started", "downloaded", "processing", "finished"]
    .map((name) => name + " " + stamp(trace[name][i]));
  const error = trace.errors[i] ? ": " + trace.errors[i] : "";
  return `item ${i + 1} (${lane(trace.lane[i])}` +
    (trace.second_lane[i] !== null && trace.second_lane[i] !== trace.lane[i]
      ? ", processed on " + lane(trace.second_lane[i]) : "") +
    `): ${known.join(", ")}; ${trace.statuses[trace.status[i]]}${error}`;
}

class TimelineView {
  /** `axis` is shared by the views that stand side by side: from, to, all. */
  constructor(trace, name, axis) {
    Object.assign(this, { trace, name, axis, top: 0, cursor: null });
    this.most = 40;  // rows at a time
    this.status = el("p", { class: "status", role: "status" },
      "Point at an item, or use the arrow keys, to see its stamps.");
    this.place = el("div", { class: "timeline", tabindex: "0",
      role: "application", "aria-roledescription": "timeline",
      "aria-label": `Timeline of ${name}. Left and right go from item to ` +
        "item, up and down from row to row, plus and minus zoom, zero shows " +
        "all. The table below says the same." });
    this.place.addEventListener("mousemove", (event) => this.point(event));
    this.place.addEventListener("keydown", (event) => this.key(event));
    this.seen = new ResizeObserver(() => this.draw());
    this.seen.observe(this.place);
  }

  get rows() { return this.trace.rows.length; }
  get shown() { return Math.min(this.rows - this.top, this.most); }

  x(time) {
    const { from, to } = this.axis;
    return this.left + (time - from) / (to - from) * this.width;
  }

  draw() {
    this.left = 58;
    this.width = Math.max(this.place.clientWidth - this.left - 8, 60);
    const height = 15, bottom = this.shown * height + 4;
    this.height = height;
    const drawing = svg("svg", { "aria-hidden": "true",
      viewBox: `0 0 ${this.left + this.width + 8} ${bottom + 18}` });
    this.drawAxis(drawing, bottom);
    for (let n = 0; n < this.shown; ++n) this.drawRow(drawing, n);
    this.drawCursor(drawing);
    this.place.replaceChildren(drawing);
  }

  drawAxis(drawing, bottom) {
    const { from, to } = this.axis;
    const [unit, size] = unitFor(timeUnits, to - from);
    const steps = Math.max(2, Math.floor(this.width / 90));
    const gap = roundStep((to - from) / size, steps) * size;
    for (let at = Math.ceil(from / gap) * gap; at <= to; at += gap) {
      const x = this.x(at);
      drawing.append(svg("line", { class: "grid", x1: x, x2: x, y1: 0,
                                   y2: bottom }),
        svg("text", { x, y: bottom + 13, "text-anchor":
          x > this.left + this.width - 30 ? "end" : "middle" },
          +(at / size).toPrecision(6) + " " + unit));
    }
  }

  /** One path for each part: boxes narrower than a pixel join in it. */
  drawRow(drawing, n) {
    const y = n * this.height + 3;
    const paths = { waiting: "", held: "", processing: "", edge: "",
                    failed: "" };
    const last = {};
    for (const box of this.trace.boxes[this.top + n])
      if (box.to >= this.axis.from && box.from <= this.axis.to)
        this.addBox(paths, last, box, y);
    drawing.append(svg("text", { x: 2, y: y + 9 },
                       this.trace.rows[this.top + n]));
    for (const [name, d] of Object.entries(paths))
      if (d) drawing.append(svg("path", { class: name, d }));
  }

  addBox(paths, last, box, y) {
    const clip = (time) => Math.min(Math.max(this.x(time), this.left),
                                    this.left + this.width);
    for (const part of parts) {
      if (box[part] === null) continue;
      const from = clip(box[part][0]), to = clip(box[part][1]);
      if (to - from < .3 || to <= (last[part] || 0)) continue;
      last[part] = to;
      if (part === "held") paths.held += `M${from} ${y + 6}H${to}`;
      else if (part === "waiting")  // low and pale: nobody works
        paths.waiting += `M${from} ${y + 4}H${to}v5H${from}z`;
      else  // tall and solid
        paths.processing += `M${from} ${y}H${to}v12H${from}z`;
    }
    const [from, to] = [clip(box.from), clip(box.to)];
    if (to - from >= 3) paths.edge += `M${from} ${y}v12`;
    if (this.trace.status[box.item] !== 1 && box.to === this.trace.finished[
        box.item])
      paths.failed += `M${to - 4} ${y + 2}l8 8m0 -8l-8 8`;
  }

  drawCursor(drawing) {
    const box = this.cursor;
    if (!box || box.row < this.top || box.row >= this.top + this.shown) return;
    const from = this.x(box.from), to = this.x(box.to);
    if (to < this.left || from > this.left + this.width) return;
    drawing.append(svg("rect", { class: "cursor", x: from - 1,
      y: (box.row - this.top) * this.height + 1.5,
      width: Math.max(to - from, 1) + 2, height: this.height }));
  }

  choose(box) {
    this.cursor = box;
    this.status.textContent = itemWords(this.trace, box.item);
    if (box.row < this.top) this.top = box.row;
    if (box.row >= this.top + this.most) this.top = box.row - this.most + 1;
    this.draw();
  }

  point(event) {
    const frame = this.place.getBoundingClientRect();
    const row = this.top +
      Math.floor((event.clientY - frame.top - 2) / this.height);
    const boxes = this.trace.boxes[row];
    if (!boxes) return;
    const { from, to } = this.axis;
    const time = from + (event.clientX - frame.left - this.left) / this.width *
      (to - from);
    const near = (to - from) / this.width * 3;  // three pixels
    const found = boxes.find((box) =>
      box.from - near <= time && time <= box.to + near);
    if (found && found !== this.cursor) this.choose(found);
  }

  /** The box after, or before, the one that is pointed at. */
  step(by) {
    if (this.cursor === null) {
      const first = this.trace.boxes.find((row) => row.length > 0);
      return first ? first[0] : null;
    }
    const row = this.trace.boxes[this.cursor.row];
    return row[row.indexOf(this.cursor) + by] || this.cursor;
  }

  /** The box of the row below, or above, at about the same time. */
  turn(by) {
    if (this.cursor === null) return this.step(0);
    const row = this.trace.boxes[this.cursor.row + by];
    if (!row || row.length === 0) return this.cursor;
    return row.find((box) => box.to > this.cursor.from) || row[row.length - 1];
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
    } else if (event.key in zooms) {
      const middle = this.cursor
        ? (this.cursor.from + this.cursor.to) / 2 : null;
      this.axis.zoom(zooms[event.key], middle);
    } else {
      return;
    }
    event.preventDefault();
  }
}

/** The time that is looked at; `views` are drawn again when it changes. */
class Axis {
  constructor(all) {
    Object.assign(this, { all, from: 0, to: all, views: [] });
  }

  show(from, to) {
    const length = Math.min(to - from, this.all);
    this.from = Math.min(Math.max(from, 0), this.all - length);
    this.to = this.from + length;
    for (const view of this.views) view.draw();
  }

  zoom(factor, middle = null) {
    if (factor === Infinity) return this.show(0, this.all);
    const about = middle === null ? (this.from + this.to) / 2 : middle;
    const half = Math.max((this.to - this.from) * factor, 1000) / 2;
    this.show(about - half, about + half);
  }

  move(share) {
    const by = (this.to - this.from) * share;
    this.show(this.from + by, this.to + by);
  }
}

function axisControls(axis) {
  const button = (text, act) => {
    const made = el("button", { type: "button" }, text);
    made.addEventListener("click", act);
    return made;
  };
  return el("p", { class: "controls", role: "group",
                   "aria-label": "Time axis of the timelines" },
    button("Zoom in", () => axis.zoom(.5)),
    button("Zoom out", () => axis.zoom(2)),
    button("Earlier", () => axis.move(-.5)),
    button("Later", () => axis.move(.5)),
    button("All", () => axis.zoom(Infinity)));
}

function rowControls(view) {
  if (view.rows <= view.most) return null;
  const words = el("span", { role: "status" });
  const tell = () => {
    words.textContent = `rows ${view.top + 1} to ${view.top + view.shown} of ` +
      view.rows;
  };
  const button = (text, by) => {
    const made = el("button", { type: "button" }, text);
    made.addEventListener("click", () => {
      view.top = Math.min(Math.max(view.top + by, 0), view.rows - view.most);
      tell();
      view.draw();
    });
    return made;
  };
  tell();
  return el("p", { class: "controls" }, button("Rows above", -view.most),
            button("Rows below", view.most), words);
}

function itemTable(trace, name) {
  const stamps = ["queued", "started", "downloaded", "processing", "finished"];
  const columns = [["item"], ["lane"],
    ...stamps.map((title) => [title, true]), ["outcome"]];
  return tableBelow(`Every item of ${name} as a table`, columns,
    trace.started.length, (i) => [String(i + 1),
      trace.lane[i] === null ? "-" : String(trace.lane[i] + 1),
      ...stamps.map((title) => stamp(trace[title][i])),
      trace.statuses[trace.status[i]]]);
}
