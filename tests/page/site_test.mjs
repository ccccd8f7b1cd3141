// The site as its readers meet it: from a disk, without a script, on any width.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const require = createRequire(process.env.MODULES + "/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const root = process.env.SITE;
const pages = readdirSync(root, { recursive: true })
  .filter((name) => name.endsWith(".html")).sort();

let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox"],  // root has none
  });
});

after(() => browser.close());

/** Opens pages one after the other; `act` is given each. Nothing but files of
 * the site may be asked for, and nothing may be said on the console. */
async function open(names, options, act) {
  const context = await browser.newContext(
    { viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("request", (request) => {
    if (!request.url().startsWith(`file://${root}/`) &&
        !request.url().startsWith("data:"))
      complaints.push("request for " + request.url());
  });
  page.on("requestfailed", (request) => complaints.push(request.url()));
  try {
    for (const name of names) {
      await page.goto(`file://${root}/${name}`);
      await act(page, name);
    }
  } finally {
    await context.close();
    assert.deepEqual(complaints, []);
  }
}

async function expectNoViolation(page, name) {
  await page.evaluate(axe);
  // Its own requests would be refused on a page that came from a disk.
  const found = await page.evaluate(() => axe.run({ preload: false }));
  assert.deepEqual(found.violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map((node) => node.html).join("; ").slice(0, 400)}`),
                   [], name);
}

// Pages of sources differ in nothing but their text.
const read = pages.filter((name) => !name.startsWith("sources/"));

// One of each kind, for what need not be looked at on every page.
const kinds = ["index.html", "patterns/pipeline.html", "models/onetbb.html",
  "experiments/pages.html", "guide/models.html",
  "sources/async/session.cpp.html"];

test("axe has nothing to complain about on any page", () =>
  open([...read, "sources/common/run_item.cpp.html"], {}, expectNoViolation));

test("nor in the dark, nor where it is narrow", async () => {
  await open(kinds, { colorScheme: "dark" }, expectNoViolation);
  await open(kinds, { viewport: { width: 360, height: 740 } },
             expectNoViolation);
});

test("no page is wider than a window of 360 pixels", () =>
  open(pages, { viewport: { width: 360, height: 740 } }, async (page, name) =>
    assert.equal(await page.evaluate(() =>
      document.documentElement.scrollWidth - window.innerWidth), 0, name)));

const column = (page, model) => page.locator(`article.${model}`);

/** The lines of a column, and whether each is marked. */
const linesOf = (page, model) => column(page, model).locator(".row")
  .evaluateAll((rows) => rows.map((row) => [row.textContent,
    getComputedStyle(row).backgroundColor !== "rgba(0, 0, 0, 0)",
    getComputedStyle(row, "::before").content]));

const shown = (page) => page.locator("article.column:has(h3:visible) h3 a")
  .allInnerTexts();

test("any two models stand side by side, what differs marked", () =>
  open(["patterns/queue.html"], {}, async (page) => {
    const models = ["threads", "onetbb", "processes", "async"];
    for (const left of models)
      for (const right of models) {
        if (left === right) continue;
        await page.check(`#left-${left}`);
        await page.check(`#right-${right}`);
        assert.deepEqual((await shown(page)).sort(), [left, right].sort());
        const lines = [await linesOf(page, left), await linesOf(page, right)];
        const kept = lines.map((side) => side.filter(([, marked]) => !marked)
          .map(([text]) => text));
        assert.deepEqual(kept[0], kept[1]);
        assert.ok(kept[0].length > 2, `${left} and ${right}`);
        lines.forEach((side, n) => side.forEach(([, marked, sign]) =>
          assert.equal(sign, marked ? ['"<"', '">"'][n] : "none")));
        const [a, b] = [await column(page, left).locator("h3").boundingBox(),
                        await column(page, right).locator("h3").boundingBox()];
        assert.equal(a.y, b.y);
        assert.ok(a.x + a.width <= b.x, `${left} is left of ${right}`);
      }
  }));

test("paragraphs that do the same stand at the same height", () =>
  open(["patterns/queue.html"], {}, async (page) => {
    for (const words of ["workers.spawn", "inbox.close", "workers.join"]) {
      const [a, b] = await Promise.all(["threads", "async"].map((model) =>
        column(page, model).locator("pre", { hasText: words }).boundingBox()));
      assert.equal(a.y, b.y, words);
    }
  }));

test("one model stands under the other on a phone", () =>
  open(["patterns/queue.html"], { viewport: { width: 360, height: 740 } },
       async (page) => {
    const [a, b] = [await column(page, "threads").boundingBox(),
                    await column(page, "async").boundingBox()];
    assert.equal(a.x, b.x);
    assert.ok(a.y + a.height <= b.y);
  }));

test("the keyboard chooses a model and reaches every link", () =>
  open(["patterns/queue.html"], {}, async (page) => {
    await page.focus("#left-threads");
    await page.keyboard.press("ArrowRight");
    assert.deepEqual(await shown(page), ["onetbb", "async"]);
    const wanted = await page.evaluate(() => {
      const all = [...document.querySelectorAll("a[href], summary")].filter(
        (one) => one.getClientRects().length > 0);
      all.forEach((one, n) => { one.dataset.number = n; });
      return all.length;
    });
    const reached = new Set();
    await page.evaluate(() => document.activeElement.blur());
    for (let n = 0; n < wanted + 10; ++n) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() =>
        document.activeElement.dataset.number));
    }
    reached.delete(undefined);
    assert.equal(reached.size, wanted);
  }));

test("a link from the grid leads to the code of its cell", () =>
  open(["index.html"], {}, async (page) => {
    await page.click("table.grid a >> text=async/queue");
    await page.waitForURL(/models\/async\.html#queue$/);
    const heading = await page.locator("#queue").boundingBox();
    assert.ok(heading.y > -1 && heading.y < 900);  // parts of a pixel
  }));

test("an item that is pointed at has a title with its stamps", () =>
  open(["patterns/queue.html"], {}, async (page) => {
    const titles = await column(page, "threads").locator("svg title")
      .allTextContents();
    assert.equal(titles.length, 24);
    for (const title of titles)
      assert.match(title, /^item \d+, queued .+, started .+, finished .+s$/);
  }));

test("all bars of the grid have one scale", () =>
  open(["index.html"], {}, async (page) => {
    const bars = await page.locator(".grid td.bar").evaluateAll((all) =>
      all.map((cell) => [
        cell.querySelector("small").textContent,
        cell.querySelector("rect").getBoundingClientRect().width]));
    const pixels = bars.map(([text, width]) => {
      const [, value, unit] = text.match(/^([\d.]+) (ms|s)/);
      return width / (value * { ms: 1, s: 1000 }[unit]);
    });
    assert.ok(pixels.length > 20);
    for (const each of pixels)
      assert.ok(Math.abs(each / pixels[0] - 1) < .03, `${each}`);
  }));

test("tables and experiments say where they are explained and from", () =>
  open(["index.html", "patterns/queue.html", "models/async.html"], {},
       async (page, name) => {
    for (const guide of ["measuring", "reference", "failure"])
      assert.ok(await page.locator(`main a[href$="guide/${guide}.html"]`)
        .count() > 0, `${name}: ${guide}`);
    if (name === "index.html")
      assert.equal(
        await page.locator("#experiments li small", { hasText: "Source: " })
          .count(),
        await page.locator("#experiments li").count());
  }));

test("print shows every model and hides what cannot be chosen", () =>
  open(["patterns/queue.html"], {}, async (page) => {
    await page.emulateMedia({ media: "print" });
    await page.pdf();
    assert.equal((await shown(page)).length, 4);
    assert.ok(!await page.locator("#left-threads").isVisible());
  }));
