// What every part of the page needs: elements, numbers in words, tables.
"use strict";

/** An element with attributes and children; a string is a text. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== null) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The same in the namespace of SVG. */
function svg(name, attributes = {}, ...children) {
  const made =
    document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes))
    made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

/** `words` in backquotes as code. */
function withCode(text) {
  return text.split("`").map((part, n) =>
    n % 2 === 1 ? el("code", {}, part) : part);
}

/** Three significant digits, or all before the point. */
function significant(value) {
  if (value === 0) return "0";
  const places = 2 - Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(Math.max(places, 0), 9));
}

const timeUnits = [["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]];
const byteUnits = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10],
                   ["B", 1]];

function unitFor(units, value) {
  return units.find(([, size]) => value >= size) || units[units.length - 1];
}

function inUnits(units, value) {
  const [unit, size] = unitFor(units, value);
  return significant(value / size) + " " + unit;
}

function duration(ns) {
  return inUnits(timeUnits, ns);
}

function bytes(value) {
  return inUnits(byteUnits, value);
}

/** Milliseconds with every recorded nanosecond; what was not stamped: "-". */
function stamp(ns) {
  return ns === null ? "-" : (ns / 1e6).toFixed(6) + " ms";
}

function count(number, noun) {
  return number === 1 ? "one " + noun : number + " " + noun + "s";
}

/** A round step, of which at most `steps` fit into `most`, which is > 0. */
function roundStep(most, steps) {
  const raw = most / steps;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw * .9999);
}

/** Round steps from zero up to `most`. */
function ticks(most, steps) {
  const step = roundStep(most, steps);
  const all = [];
  for (let n = 0; n * step <= most * 1.0001; ++n) all.push(n * step);
  return all;
}

/** A table whose columns are [title, is a number]. */
function table(caption, columns, rows) {
  const head = columns.map(([title, number]) =>
    el("th", { scope: "col", class: number ? "number" : null }, title));
  const line = (row) => el("tr", {}, ...row.map((field, n) =>
    n === 0 ? el("th", { scope: "row" }, field)
            : el("td", { class: columns[n][1] ? "number" : null }, field)));
  const made = el("table", {}, el("caption", { class: "note" }, caption),
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...rows.map(line)));
  return el("div", { class: "scroll", tabindex: "0", role: "region",
                     "aria-label": caption }, made);
}

/** A table below a picture, made when it is first opened; long ones grow by
 * a hundred rows at a time. */
function tableBelow(title, columns, size, rowAt) {
  const details = el("details", {}, el("summary", {}, title));
  let shown = 0, body = null;
  const more = el("button", { type: "button" }, "More rows");
  const grow = () => {
    const rows = [];
    const until = Math.min(shown + 100, size);
    while (shown < until) rows.push(rowAt(shown++));
    if (body === null) {
      const made = table(title, columns, rows);
      body = made.querySelector("tbody");
      details.append(made);
    } else {
      body.append(...table(title, columns, rows).querySelectorAll("tbody tr"));
    }
    if (shown < size) details.append(more);
    else more.remove();
  };
  more.addEventListener("click", grow);
  details.addEventListener("toggle", () => {
    if (details.open && body === null) grow();
  });
  window.addEventListener("beforeprint", () => {
    if (body === null) grow();
  });
  return details;
}
