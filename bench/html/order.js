// The order of completion against that of submission.
"use strict";

/** `place[i]`: as which one item i finished, from 0; null if it did not. */
function completionPlaces(trace) {
  const finished = [];
  trace.finished.forEach((time, i) => {
    if (time !== null && trace.started[i] !== null) finished.push([time, i]);
  });
  finished.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const place = trace.finished.map(() => null);
  finished.forEach(([, i], n) => { place[i] = n; });
  return place;
}

function orderPicture(trace, entry) {
  const place = completionPlaces(trace), size = place.length;
  const side = 200, left = 34, at = (n) => (n + 1) / size * side;
  let d = "";
  place.forEach((n, i) => {
    if (n !== null)
      d += `M${(left + at(i)).toFixed(1)} ${(side - at(n)).toFixed(1)}h0`;
  });
  const drawing = svg("svg", { viewBox: `0 -6 ${left + side + 12} ${side + 38}`,
                               role: "img", "aria-label":
    `Order of completion of ${entry.name}: ${count(entry.overtakes,
      "overtake")} among ${count(size, "item")}` });
  drawing.append(
    svg("path", { class: "line", d: `M${left} 0V${side}H${left + side}` }),
    svg("path", { class: "line",
                  d: `M${left} ${side}L${left + side} 0` }),
    svg("path", { class: "dots", d,
                  "stroke-width": Math.max(2, Math.min(7, 160 / size)) }),
    svg("text", { x: left, y: side + 13, "text-anchor": "middle" }, "0"),
    svg("text", { x: left + side, y: side + 13, "text-anchor": "middle" },
        String(size)),
    svg("text", { x: left + side / 2, y: side + 28, "text-anchor": "middle" },
        "submitted as"),
    svg("text", { x: left - 4, y: 10, "text-anchor": "end" }, String(size)),
    svg("text", { x: 10, y: side / 2, "text-anchor": "middle",
                  transform: `rotate(-90 10 ${side / 2})` }, "finished as"));
  return el("div", { class: "order" }, el("h4", {}, "Order"),
    el("p", { class: "note" }, `${count(entry.overtakes, "overtake")}: a ` +
      "point above the line finished later than it was submitted."),
    drawing,
    tableBelow(`Order of ${entry.name} as a table`,
      [["item"], ["finished as", true]], size,
      (i) => [String(i + 1), place[i] === null ? "-" : String(place[i] + 1)]));
}
