// The page as its readers meet it: looked at, pointed at, and typed at.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const require = createRequire(process.env.MODULES + "/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const file = (name) => `${process.env.REPORTS}/${name}.html`;
// What the same run reported for programs: a page must say the same.
const report = (name) => JSON.parse(
  readFileSync(`${process.env.REPORTS}/${name}.json`, "utf8"));
const source = (path) => readFileSync(`${process.env.SOURCE}/${path}`, "utf8");

let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox"],  // root has none
  });
});

after(() => browser.close());

/** Opens a report; `test` is given the page. No message of the console, no
 * error and no request but for the file itself may come of it. */
async function open(name, options, act) {
  const context = await browser.newContext(
    { viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("request", (request) => {
    const url = request.url().split("#")[0];
    if (url !== "file://" + file(name) && !url.startsWith("data:"))
      complaints.push("request for " + url);
  });
  await page.goto("file://" + file(name) + (options.hash || ""));
  await page.waitForSelector("#sides div.timeline svg");
  try {
    return await act(page);
  } finally {
    await context.close();
    assert.deepEqual(complaints, []);
  }
}

async function violations(page) {
  await page.evaluate(axe);  // past the page's policy, as a debugger does
  const found = await page.evaluate(() => axe.run());
  return found.violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map((node) => node.html).join("; ").slice(0, 400)}`);
}

/** The rows of a table that grows. */
async function openItems(page) {
  await page.locator("summary", { hasText: "Every item" }).click();
  const rows = page.locator(".items[open] tbody tr");
  await rows.first().waitFor();
  return rows;
}

test("the default compare is below one MiB", () => {
  assert.ok(statSync(file("compare")).size < 1024 * 1024);
});

test("nothing in a report names another place", () => {
  for (const name of ["compare", "run", "large"])
    assert.doesNotMatch(readFileSync(file(name), "utf8"),
                        /<[^>]+(?:src|href)="(?!#|data:)/);
});

test("the first screen tells who is fastest in each pattern", () =>
  open("compare", {}, async (page) => {
    const words = await page.locator("header").innerText();
    const patterns = new Set(report("compare").cells.map(
      (cell) => cell.cell.split("/")[1])).size;
    assert.ok(words.includes(`The fastest in each of ${patterns} patterns`));
    assert.match(words, /Models are compared within a pattern/);
    assert.equal(await page.locator("#result tbody tr").count(),
                 patterns);
    const box = await page.locator("#result table").boundingBox();
    assert.ok(box.y + box.height < 900, "one has to scroll");
  }));

test("a bar is as long as its time, from zero", () =>
  open("compare", {}, async (page) => {
    const bars = await page.locator("#time .bars .bar:has(rect)").evaluateAll(
      (all) => all.map((bar) => {
        const { x, width } = bar.querySelector("rect.body");
        return [bar.querySelector("a").textContent, x.baseVal.value,
                width.baseVal.value];
      }));
    const { cells } = report("compare");
    assert.equal(bars.length, cells.length);
    const wall = Object.fromEntries(cells.map((cell) =>
      [cell.cell, cell.wall_ns]));
    const scale = bars[0][2] / wall[bars[0][0]];
    for (const [name, from, width] of bars) {
      assert.equal(from, 0);
      assert.ok(Math.abs(width / (wall[name] * scale) - 1) < 1e-3, name);
    }
  }));

/** Widths on the screen of the bars of a chart, group by group. */
const groupsOf = (page, chart) => page.locator(`${chart} .bars`).evaluateAll(
  (all) => all.map((group) => [...group.querySelectorAll("rect.body")].map(
    (bar) => bar.getBoundingClientRect().width)));

test("each group has an axis of its own where that is wanted", () =>
  open("compare", {}, async (page) => {
    const axes = () => page.locator("#time .scale:visible").allInnerTexts();
    const before = await groupsOf(page, "#time");
    assert.equal(new Set(await axes()).size, 1);
    await page.check("#own-axes");
    const after = await groupsOf(page, "#time");
    assert.ok(new Set(await axes()).size > 1);
    assert.equal((await axes()).length, before.length);
    const frame = await page.locator("#time .bars svg").first().boundingBox();
    after.forEach((group, n) => {
      const factor = group[0] / before[n][0];
      assert.ok(n === 0 || factor > 2);  // one_by_one takes longest
      group.forEach((width, bar) => {
        assert.ok(Math.abs(width / before[n][bar] / factor - 1) < .02);
        assert.ok(width <= frame.width);
      });
    });
  }));

/** The text of each line of a source, its class, and the mark before it. */
const linesOf = (page, side) => page.locator("#sides pre").nth(side)
  .locator(".row").evaluateAll((all) => all.map((row) =>
    [row.textContent, row.className,
     getComputedStyle(row, "::before").content]));

test("one click leads from a bar to its source and timeline", () =>
  open("compare", {}, async (page) => {
    await page.locator("#time a", { hasText: "async/queue" }).click();
    await page.waitForFunction(() =>
      document.querySelector("#sides h3").textContent === "async/queue");
    assert.equal(await page.evaluate(() => document.activeElement.id),
                 "cells");
    const shown = await linesOf(page, 0);
    assert.equal(shown.map(([text]) => text).join(""),
                 source("async/queue.cpp"));
    assert.match(await page.locator("#sides figcaption").first().innerText(),
                 /^async\/queue: .+ 24 items in 8 slots on one lane$/);
  }));

test("two cells stand side by side on one axis, what differs marked", () =>
  open("compare", {}, async (page) => {
    await page.selectOption("#left", { label: "threads/queue" });
    await page.selectOption("#right", { label: "async/queue" });
    assert.deepEqual(await page.locator("#sides h3").allInnerTexts(),
                     ["threads/queue", "async/queue"]);
    const sides = [await linesOf(page, 0), await linesOf(page, 1)];
    for (const [side, path, mark] of [[0, "threads/queue.cpp", '"<"'],
                                      [1, "async/queue.cpp", '">"']]) {
      const rows = sides[side];
      assert.equal(rows.map(([text]) => text).join(""), source(path));
      const changed = rows.filter(([, kind]) => kind === "row changed");
      assert.ok(changed.length > 5 && changed.length < 30);
      for (const [, kind, sign] of rows)
        assert.equal(sign, kind === "row changed" ? mark : "none");
    }
    assert.equal(sides[0].length, sides[1].length);  // gaps keep them level
    sides[0].forEach(([text, kind], n) => {
      if (kind === "row") assert.equal(text, sides[1][n][0]);
    });
    const axes = await page.locator("#sides div.timeline").evaluateAll((all) =>
      all.map((one) => [...one.querySelectorAll(".scale span")]
        .map((text) => text.textContent).join()));
    assert.equal(axes.length, 2);
    assert.equal(axes[0], axes[1]);
    await page.waitForURL(/#left=\d+&right=\d+$/);
  }));

const milliseconds = (ns) => (ns / 1e6).toFixed(6) + " ms";

test("an item that is pointed at tells its stamps", () =>
  open("run", {}, async (page) => {
    const [{ items }] = report("run").runs, { wall_ns } = report("run").cell;
    await page.locator("div.timeline").scrollIntoViewIfNeeded();
    const box = await page.locator("div.timeline svg").boundingBox();
    const first = items.reduce((a, b) => a.started_ns < b.started_ns ? a : b);
    const middle = (first.started_ns + first.downloaded_ns) / 2;
    await page.mouse.move(box.x + middle / wall_ns * box.width, box.y + 8);
    const words = await page.locator(".status").first().innerText();
    const item = items[Number(words.match(/^item (\d+)/)[1]) - 1];
    assert.ok(item.started_ns <= middle && middle <= item.downloaded_ns);
    for (const name of ["queued", "started", "downloaded", "processing",
                        "finished"])
      assert.ok(words.includes(`${name} ${milliseconds(item[name + "_ns"])}`),
                words);
    assert.match(words, /^item \d+ \(lane \d+, processed on lane \d+\)/);
  }));

test("every box and every stamp is there", () =>
  open("run", {}, async (page) => {
    const [{ items, completion_order }] = report("run").runs;
    const rows = await openItems(page);
    const cells = await rows.evaluateAll((all) => all.map((row) =>
      [...row.cells].map((cell) => cell.textContent)));
    assert.equal(cells.length, items.length);
    cells.forEach((row, i) => assert.deepEqual(
      [row[0], ...row.slice(2)],
      [String(i + 1), ...["queued", "started", "downloaded", "processing",
                          "finished"].map((name) =>
        milliseconds(items[i][name + "_ns"])),
       String(completion_order.indexOf(i + 1) + 1), "completed"]));
    const count = (kind) => page.locator(`div.timeline path.${kind}`)
      .evaluate((path) => path.getAttribute("d").match(/m/g).length);
    assert.equal(await count("waiting"), items.length);
    assert.equal(await count("processing"), items.length);
    assert.equal(await page.locator("figure.order .dots").evaluate((path) =>
      path.getAttribute("d").match(/m/g).length), items.length);
  }));

test("a box is where its times are, however it is zoomed", () =>
  open("run", {}, async (page) => {
    const [{ items }] = report("run").runs, { wall_ns } = report("run").cell;
    const drawing = page.locator("div.timeline svg");
    for (const zooms of [0, 3]) {
      for (let n = 0; n < zooms; ++n)
        await page.locator("button", { hasText: "Zoom in" }).click();
      const lines = await page.evaluate(() => {
        const path = document.querySelector("div.timeline path.waiting");
        const [, from, width] = path.getAttribute("d")
          .match(/^m(\d+) \d+h(\d+)/);
        const { x: origin, width: shown } =
          path.ownerSVGElement.viewBox.baseVal;
        return { from: Number(from), to: Number(from) + Number(width), origin,
                 shown };
      });
      const share = (ns) => (ns / wall_ns * 1e6 - lines.origin) / lines.shown;
      assert.ok(items.some((item) =>
        Math.abs(share(item.started_ns) -
                 (lines.from - lines.origin) / lines.shown) < 1e-3 &&
        Math.abs(share(item.downloaded_ns) -
                 (lines.to - lines.origin) / lines.shown) < 1e-3));
      const ticks = await page.locator("div.timeline .scale span")
        .evaluateAll((all) => all.map((tick) =>
          [tick.textContent, parseFloat(tick.style.left) / 100]));
      assert.ok(ticks.length >= 2);
      for (const [text, left] of ticks) {
        const [value, unit] = text.split(" ");
        const ns = value * { s: 1e9, ms: 1e6, us: 1e3, ns: 1 }[unit];
        assert.ok(Math.abs(share(ns) - left) < 1e-3, text);
      }
    }
    assert.ok(await drawing.isVisible());
  }));

test("the keyboard reaches everything", () =>
  open("compare", {}, async (page) => {
    for (const summary of await page.locator("summary").all())
      await summary.click();
    await page.evaluate(() => document.activeElement.blur());
    const reached = new Set();
    const wanted = await page.evaluate(() => {
      const all = [...document.querySelectorAll("a[href], button, select, " +
        "input, summary, [tabindex='0']")].filter((one) => !one.hidden);
      all.forEach((one, n) => { one.dataset.number = n; });
      return all.length;
    });
    for (let n = 0; n < wanted + 5; ++n) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() =>
        document.activeElement.dataset.number));
    }
    reached.delete(undefined);
    assert.equal(reached.size, wanted);
  }));

test("arrow keys go from item to item, and zoom keeps what is chosen", () =>
  open("run", {}, async (page) => {
    const status = page.locator(".status").first();
    await page.locator("div.timeline").focus();
    await page.keyboard.press("ArrowRight");
    const first = await status.innerText();
    assert.match(first, /^item \d+ /);
    await page.keyboard.press("ArrowDown");
    assert.notEqual(await status.innerText(), first);
    const labels = () => page.locator("div.timeline .scale span")
      .allTextContents();
    const before = await labels();
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    assert.notDeepEqual(await labels(), before);
    assert.equal(await page.locator("div.timeline .cursor").count(), 1);
    await page.keyboard.press("0");
    assert.deepEqual(await labels(), before);
  }));

test("axe has nothing to complain about, light, dark and narrow", async () => {
  for (const [name, options] of [
    ["compare", {}], ["compare", { colorScheme: "dark" }],
    ["compare", { viewport: { width: 360, height: 740 } }],
    ["compare", { hash: "#left=9&right=12" }], ["failed", {}], ["run", {}]])
    await open(name, options, async (page) => {
      for (const summary of await page.locator("summary").all())
        await summary.click();
      assert.deepEqual(await violations(page), [], name);
    });
});

test("nothing is wider than a window of 360 pixels", async () => {
  for (const name of ["compare", "run", "failed", "large"])
    await open(name, { viewport: { width: 360, height: 740 },
                       hash: "#left=1&right=2" }, async (page) =>
      assert.equal(await page.evaluate(() =>
        document.documentElement.scrollWidth - window.innerWidth), 0, name));
});

test("print shows the tables and hides the controls", () =>
  open("compare", {}, async (page) => {
    await page.emulateMedia({ media: "print" });
    await page.pdf();
    const closed = await page.locator("details:not([open])").count();
    assert.equal(closed, 0);
    assert.equal(await page.locator("#time details tbody tr").count(),
                 report("compare").cells.length);
    assert.ok(!await page.locator("#left").isVisible());
  }));

test("a comparison with failed items ranks nothing and says why", () =>
  open("failed", {}, async (page) => {
    assert.equal(await page.locator("h1").innerText(), "Nothing is ranked");
    assert.equal(await page.locator("#result table").count(), 0);
    assert.match(await page.locator("#result").innerText(),
                 /did not complete .+First error: item \d+/s);
    assert.ok(await page.locator("#time .trouble").count() > 0);
    const failed = report("failed").cells[0].failed;
    assert.ok(failed > 0);
    assert.equal(await page.locator("div.timeline .failed").evaluate((path) =>
      path.getAttribute("d").match(/m/g).length), failed);
  }));

test("an experiment shows what was published, and what was promised", () =>
  open("reproduce", {}, async (page) => {
    const { experiments } = report("reproduce");
    const rows = experiments.flatMap((each) => each.rows);
    const published = rows.filter((row) => row.published_ns !== null);
    assert.ok(published.length >= 6);
    assert.equal(await page.locator("#time ul path.published").count(),
                 published.length);
    const promises = experiments.flatMap((each) => each.promises);
    assert.equal(await page.locator("#promises li").count(), promises.length);
    for (const { claim, source } of experiments)
      assert.ok((await page.locator("#time h3").allInnerTexts()).some((text) =>
        text.includes(claim.replaceAll("`", "")) && text.includes(source)));
    assert.ok(await page.locator("#own-axes").isChecked());
    assert.equal(await page.locator("#cpu").isVisible(), false);
    assert.deepEqual(await violations(page), []);
  }));

test("a sweep has a group for each value, on one axis", () =>
  open("sweep", {}, async (page) => {
    assert.equal(await page.locator("#time ul").count(), 2);
    const axes = await page.locator("#time .scale:visible").allInnerTexts();
    assert.equal(axes.length, 2);
    assert.equal(axes[0], axes[1]);
    assert.match(await page.locator("#time").innerText(),
                 /async\/queue at 1(\.00)? ms/);
    assert.deepEqual(await violations(page), []);
  }));

test("ten thousand items are painted within two seconds", async () => {
  let best = Infinity;  // of three: a machine may be busy
  for (let n = 0; n < 3 && best >= 2000; ++n)
    best = Math.min(best, await open("large", {}, (page) =>
      page.evaluate(() => performance.getEntriesByName(
        "first-contentful-paint")[0].startTime)));
  assert.ok(best < 2000, `${best} ms`);
});

test("ten thousand items can be walked and zoomed", () =>
  open("large", {}, async (page) => {
    await page.locator("div.timeline").focus();
    await page.keyboard.press("ArrowRight");
    for (let n = 0; n < 8; ++n) await page.keyboard.press("+");
    await page.keyboard.press("ArrowRight");
    assert.match(await page.locator(".status").first().innerText(),
                 /^item \d+ /);
    const drawn = await page.locator("div.timeline path").count();
    assert.ok(drawn < 500, `${drawn} paths`);
    const rows = await openItems(page);
    assert.equal(await rows.count(), 100);
    await page.locator("button", { hasText: "More rows" }).first().click();
    assert.equal(await rows.count(), 200);
  }));

test("rows that do not fit are scrolled to by the keyboard", () =>
  open("large", {}, async (page) => {
    const place = page.locator("div.timeline");
    await place.focus();
    for (let n = 0; n < 60; ++n) await page.keyboard.press("ArrowDown");
    const [scrolled, shown] = await place.evaluate((one) => {
      const frame = one.getBoundingClientRect();
      const cursor = one.querySelector(".cursor").getBoundingClientRect();
      return [one.scrollTop,
              frame.top < cursor.top && cursor.bottom < frame.bottom];
    });
    assert.ok(scrolled > 100);
    assert.ok(shown);
  }));

test("a page with ten thousand items stays small", () =>
  assert.ok(statSync(file("large")).size < 2 * 10_000 * 100));

test("without its script a page has its figures", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("file://" + file("compare"));
  const { cells } = report("compare");
  assert.equal(await page.locator("#time .bar rect").count() - 2,
               cells.length);  // two in the key
  assert.equal(await page.locator("#time details tbody tr").count(),
               cells.length);
  assert.ok(await page.locator("noscript").isVisible());
  await context.close();
});
