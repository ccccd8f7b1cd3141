// The sources: highlighted, and side by side with what differs marked.
"use strict";

const keywords = new Set(("auto bool break case catch class co_await co_return " +
  "const constexpr continue default do else enum explicit false for if inline " +
  "int namespace new noexcept nullptr operator private public return " +
  "sizeof static struct switch template this throw true try typename unsigned " +
  "using void while").split(" "));

const tokens = /(\/\/.*)|("(?:\\.|[^"\\])*")|(#\s*\w+)|([A-Za-z_]\w*)|([^])/g;

/** A line of C++ as spans; the text is unchanged. */
function highlighted(line) {
  const made = document.createDocumentFragment();
  for (const [word, comment, string, directive, name] of line.matchAll(tokens)) {
    const kind = comment ? "comment" : string ? "string"
      : directive || keywords.has(name) ? "keyword" : null;
    made.append(kind ? el("span", { class: kind }, word) : word);
  }
  return made;
}

/** Pairs [left, right] of line numbers: lines that stay have both, lines that
 * leave or come have null on the other side. */
function diffLines(left, right) {
  const length = left.map(() => new Uint16Array(right.length + 1));
  length.push(new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; --i)
    for (let j = right.length - 1; j >= 0; --j)
      length[i][j] = left[i] === right[j] ? length[i + 1][j + 1] + 1
        : Math.max(length[i + 1][j], length[i][j + 1]);
  const pairs = [];
  for (let i = 0, j = 0; i < left.length || j < right.length;) {
    if (i < left.length && j < right.length && left[i] === right[j])
      pairs.push([i++, j++]);
    else if (j === right.length ||
             (i < left.length && length[i + 1][j] >= length[i][j + 1]))
      pairs.push([i++, null]);
    else
      pairs.push([null, j++]);
  }
  return aligned(pairs);
}

/** What leaves stands beside what comes in its place. */
function aligned(pairs) {
  const made = [];
  let left = [], right = [];
  const flush = () => {
    for (let n = 0; n < Math.max(left.length, right.length); ++n)
      made.push([n < left.length ? left[n] : null,
                 n < right.length ? right[n] : null, true]);
    left = [];
    right = [];
  };
  for (const [i, j] of pairs) {
    if (i !== null && j !== null) {
      flush();
      made.push([i, j, false]);
    } else if (i !== null) {
      left.push(i);
    } else {
      right.push(j);
    }
  }
  flush();
  return made;
}

function linesOf(text) {
  return text.replace(/\n$/, "").split("\n");
}

function sourceBlock(path, lines, rows) {
  const code = el("code");
  for (const [n, changed, mark] of rows) {
    const kind = n === null ? "row missing" : changed ? "row changed" : "row";
    const line = el("span", { class: kind },
      el("span", { class: "mark", "aria-hidden": changed ? null : "true" },
         changed && n !== null ? mark : " "));
    line.append(n === null ? "" : highlighted(lines[n]), "\n");
    code.append(line);
  }
  return el("div", {}, el("h4", {}, path),
    el("pre", { tabindex: "0", role: "region",
                "aria-label": "Source " + path }, code));
}

/** One block, or two in which the lines that differ are marked. */
function sourceBlocks(sources, entries) {
  const texts = entries.map((entry) => linesOf(sources[entry.source] || ""));
  if (entries.length === 1 || entries[0].source === entries[1].source)
    return entries.map((entry, side) => sourceBlock(entry.source, texts[side],
      texts[side].map((line, n) => [n, false, ""])));
  const pairs = diffLines(texts[0], texts[1]);
  return entries.map((entry, side) => sourceBlock(entry.source, texts[side],
    pairs.map((pair) => [pair[side], pair[2], side === 0 ? "<" : ">"])));
}
