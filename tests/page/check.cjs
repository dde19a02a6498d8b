"use strict";
/* The page of --html in a browser: what a reader sees, types and hears of it.
 *
 *     check.cjs FOLDER BROWSER      the folder has small.html, hostile.html, large.html, and node_modules */
const path = require("path");
const { pathToFileURL } = require("url");
const [folder, executablePath] = process.argv.slice(2);
const { chromium } = require(path.resolve(folder, "node_modules/playwright-core"));
const axe = require.resolve(path.resolve(folder, "node_modules/axe-core"));

const READY_MS = 3000, FILTER_MS = 200;
let passed = 0, failed = 0;
const check = (what, good, found) => {
  if (good) { passed++; return; }
  failed++;
  console.log(`page: ${what}${found === undefined ? "" : `: ${JSON.stringify(found)}`}`);
};

let browser;
/* A page that is open and ready, and all that it complained about or asked for. */
const open = async (name, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage(), said = [], asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("request", (request) => asked.push(request.url()));
  const began = Date.now();
  await page.goto(pathToFileURL(path.resolve(folder, name)).href);
  if (options.javaScriptEnabled !== false) await page.waitForSelector("html[data-ready]", { timeout: 60000 });
  return { page, context, said, asked, took: Date.now() - began };
};
const picture = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
/* The policy forbids scripts that are not the page's own: the rules come in by the debugger. */
const audit = async (page, what) => {
  await page.evaluate(require("fs").readFileSync(axe, "utf8"));
  const { violations: found } = await page.evaluate(() => globalThis.axe.run());
  const words = found.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(", ")}`);
  check(`axe, ${what}`, words.length === 0, words);
};
const noOverflow = async (page, what) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(`wider than the window, ${what}`, wide <= 0, wide);
};
const countOf = async (page) => Number((await page.textContent("#count")).replaceAll(",", "").match(/\d+/)[0]);
const rowsOf = (page) => page.$$eval("#body tr.row", (rows) => rows.map((row) => [...row.cells].map((c) => c.textContent)));

const filters = async ({ page }) => {
  const all = await countOf(page);
  check("the table counts what the summary counts", all === Number((await page.textContent(".tiles b")).replaceAll(",", "")), all);
  const cause = await page.$eval("#f-cause option:nth-child(2)", (o) => [o.value, Number(o.textContent.match(/\((\d+)\)/)[1])]);
  await page.selectOption("#f-cause", cause[0]);
  check("filter by cause", await countOf(page) === cause[1], await countOf(page));
  await page.click("#filters button[type=reset]");
  await page.waitForFunction((n) => document.getElementById("count").textContent === `${n} attempts`, all);
  const host = (await rowsOf(page))[0][2].replace(/:\d+$/, "").replace(/[[\]]/g, "");
  await page.fill("#f-host", host);
  const found = await rowsOf(page);
  check("filter by host", found.length > 0 && found.every((row) => row[2].includes(host)), found[0]);
  await page.fill("#f-host", "");
  await page.fill("#f-text", "no such word");
  check("a search without a result says so", await page.isVisible("#none") && !await page.isVisible("#scroll"));
  await page.fill("#f-text", "");
  await page.check("#f-failed");
  check("failed only", await countOf(page) === Number((await page.textContent(".tiles li:nth-child(2) b")).replaceAll(",", "")));
  await page.uncheck("#f-failed");
  const link = page.locator(".list button.link").first(), name = await link.textContent();
  await link.click();
  check("a cause of the summary narrows the table", (await page.$eval("#f-cause", (s) => s.selectedOptions[0].textContent)).startsWith(name));
  await page.click("#filters button[type=reset]");
};

const sorts = async ({ page }) => {
  for (const [column, index] of [["client", 1], ["host", 2], ["cause", 3]]) {
    await page.click(`th[data-sort=${column}] button`);
    const seen = (await rowsOf(page)).map((row) => row[index]);
    check(`sorted by ${column}`, await page.getAttribute(`th[data-sort=${column}]`, "aria-sort") === "ascending");
    await page.click(`th[data-sort=${column}] button`);
    check(`sorted by ${column}, the other way`, await page.getAttribute(`th[data-sort=${column}]`, "aria-sort") === "descending" &&
      (await rowsOf(page))[0][index] !== undefined && new Set(seen).size > 0);
  }
  await page.click("th[data-sort=time] button");
  const times = (await rowsOf(page)).map((row) => row[0]);
  check("sorted by time", times.join() === [...times].sort().join());
};

const detail = async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.check("#f-failed");
  await page.locator("#body tr.row").nth(1).click();
  await page.waitForSelector("#detail article");
  check("a failure shows its packets", await page.locator("#detail .ladder tbody tr").count() > 0);
  check("and its evidence on them", await page.locator("#detail .ladder tr.sign").count() > 0);
  const command = page.locator("#detail .todo li:has(code)").first();
  await command.locator("button.copy").click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  check("copies a command", copied === await command.locator("code").textContent() && !copied.includes("  # "), copied);
  await page.click("#detail button.copy.all");
  const all = (await page.evaluate(() => navigator.clipboard.readText())).split("\n").length;
  check("copies all advice", all === await page.locator("#detail .todo li").count(), all);
  const before = await page.textContent("#detail .who");
  await page.click("#detail .bar button:nth-child(2)");
  await page.waitForFunction((words) => document.querySelector("#detail .who")?.textContent !== words, before);
  check("goes on to the next", await page.textContent("#detail .who") !== before);
};

const keys = async ({ page }) => {
  await page.keyboard.press("Escape");
  check("Escape closes", !await page.isVisible("#detail"));
  check("and leaves the focus on the row", await page.evaluate(() => !!document.activeElement.closest("tr.row")));
  const place = () => page.evaluate(() => Number(document.activeElement.closest("tr.row")?.dataset.place));
  const first = await place();
  await page.keyboard.press("ArrowDown");
  check("an arrow key goes on by a row", await place() === first + 1, await place());
  await page.keyboard.press("End");
  const last = await place();
  check("End goes to the last row", last === await countOf(page) - 1, last);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#detail article");
  check("Enter opens it, and the focus goes there", await page.evaluate(() => document.activeElement.id === "detail"));
  await page.keyboard.press("Escape");
  await page.uncheck("#f-failed");
};

const small = async () => {
  const opened = await open("small.html"), { page } = opened;
  await filters(opened);
  await sorts(opened);
  await detail(opened);
  await audit(page, "light, with an attempt open");
  await noOverflow(page, "with an attempt open");
  await picture(page, "light");
  await keys(opened);
  check("asks for nothing but itself", opened.asked.length === 1, opened.asked);
  check("says nothing on the console", opened.said.length === 0, opened.said);
  await page.pdf({ path: path.join(folder, "print.pdf"), format: "A4" });
  await opened.context.close();
};

const appearances = async () => {
  for (const [name, options] of [["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 390, height: 800 } }], ["middle", { viewport: { width: 800, height: 900 } }],
    ["print", { }], ["forced", { forcedColors: "active" }]]) {
    const { page, context } = await open("small.html", options);
    if (name === "print") await page.emulateMedia({ media: "print" });
    await page.locator("#body tr.row button").first().evaluate((b) => b.click());
    await page.waitForSelector("#detail article");
    await audit(page, name);
    await noOverflow(page, name);
    await picture(page, name);
    await context.close();
  }
};

const withoutScripts = async () => {
  const { page, context } = await open("small.html", { javaScriptEnabled: false });
  check("without scripts the summary is there", await page.isVisible(".tiles") && await page.isVisible("svg.chart"));
  check("and the failures with their packets", await page.locator("#failures article").count() > 3 && await page.locator("#failures .ladder tbody tr").count() > 10);
  check("and no button that does nothing", await page.locator("button:visible").count() === 0);
  check("and a word of what is missing", await page.isVisible("noscript p"));
  await picture(page, "no-scripts");
  await context.close();
};

const hostile = async () => {
  const { page, said, asked, context } = await open("hostile.html");
  const places = await page.locator("#body tr.row").count();
  for (let i = 0; i < places; i++) {
    await page.locator("#body tr.row button").nth(i).click();
    await page.waitForSelector("#detail article");
    check("markup of the wire stays text", await page.locator("img, main script, main style, #detail b, #failures b, #body b").count() === 0);
  }
  check("hostile attempts are there", places >= 5, places);
  check("nobody took the title", !(await page.title()).includes("owned"), await page.title());
  check("their words are there to read", (await page.textContent("body")).includes("<img src=x onerror="));
  check("hostile: says nothing on the console, asks for nothing", said.length === 0 && asked.length === 1, [said, asked]);
  check("the policy allows nothing from elsewhere", (await page.getAttribute("meta[http-equiv]", "content")).startsWith("default-src 'none'"));
  await context.close();
};

/* What the page's process has taken of the processor so far: on a busy machine that is what its own work comes to. */
const processorMs = async ({ page, context }) => {
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  return Math.round(1000 * (metrics.find((m) => m.name === "ProcessTime")?.value ?? Infinity));
};

/* Other programs may want the processor: the best of a few is what the page takes. */
const ROUNDS = 3;
const large = async () => {
  let took = Infinity, opened;
  for (let i = 0; i < ROUNDS && took >= READY_MS; i++) {
    await opened?.context.close();
    opened = await open("large.html");
    took = Math.min(took, opened.took);
  }
  const { page, said, context } = opened;
  const processor = await processorMs(opened);
  const filter = () => page.evaluate(() => {
    const timed = (id, value) => {
      const began = performance.now(), field = document.getElementById(id);
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return performance.now() - began;
    };
    const cause = document.querySelectorAll("#f-cause option")[1].value;
    return [timed("f-text", "10.1"), timed("f-text", ""), timed("f-cause", cause), timed("f-cause", ""), timed("f-host", "77"), timed("f-host", "")].map(Math.round);
  });
  let times = await filter();
  for (let i = 1; i < ROUNDS; i++) times = (await filter()).map((time, k) => Math.min(time, times[k]));
  check("the large page has all attempts", await countOf(page) === 100000, await countOf(page));
  check(`the large page is ready within ${READY_MS} ms`, Math.min(took, processor) < READY_MS, [took, processor]);
  check(`it filters within ${FILTER_MS} ms`, Math.max(...times) < FILTER_MS, times);
  check("only rows in sight are in the document", await page.locator("#body tr.row").count() < 100);
  await page.locator("#scroll").evaluate((box) => { box.scrollTop = box.scrollHeight; });
  await page.waitForSelector('tr[data-place="99999"]');
  await page.locator('tr[data-place="99999"] button').click();
  await page.waitForSelector("#detail article");
  check("its last row opens", await page.isVisible("#detail h3"));
  await audit(page, "large");
  await picture(page, "large");
  check("large: says nothing on the console", said.length === 0, said);
  console.log(`100,000 attempts: ready after ${took} ms (${processor} ms of the processor), filters take ${times.join(", ")} ms`);
  await context.close();
};

(async () => {
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  for (const part of [small, appearances, withoutScripts, hostile, large]) {
    try {
      await part();
    } catch (error) {
      check(part.name, false, error.message.split("\n")[0]);
    }
  }
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
})();
