"use strict";
/* Pictures for the documents: the page, and the program in a terminal.
 *
 *     pictures.cjs FOLDER BROWSER PAGE.html TEXT OUT      the folder has node_modules; TEXT: what the program printed */
const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");
const [folder, executablePath, pageFile, textFile, out] = process.argv.slice(2);
const { chromium } = require(path.resolve(folder, "node_modules/playwright-core"));

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
/* The few SGR sequences that the program writes. */
const coloured = (text) => escape(text).replace(/\x1b\[([0-9;]*)m/g, (_, code) => (code === "0" || code === "" ? "</b>" : `<b class="s${code.replace(";", "-")}">`));
const terminal = (text) => `<meta charset="utf-8"><style>
  body { margin: 0; background: #1b2027; } pre { margin: 0; padding: 18px 22px; display: inline-block; color: #e6ebf0; font: 14px/1.42 "DejaVu Sans Mono", monospace; }
  b { font-weight: 700; } .s1-31 { color: #ff8a80; } .s1-32 { color: #7ee2a8; } .s1-33 { color: #ffd479; } .s2 { color: #93a1af; font-weight: 400; }</style><pre>${coloured(text)}</pre>`;

(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const shoot = async (name, colorScheme, act, clip) => {
    const page = await (await browser.newContext({ viewport: { width: 1180, height: 860 }, colorScheme })).newPage();
    await page.goto(pathToFileURL(path.resolve(pageFile)).href);
    await page.waitForSelector("html[data-ready]");
    const box = await act(page);
    await page.screenshot({ path: path.join(out, name), ...(box ? { fullPage: true, clip: box } : clip) });
  };
  await shoot("page.png", "light", async () => null);
  await shoot("page-attempt.png", "dark", async (page) => {
    await page.selectOption("#f-cause", { label: (await page.$$eval("#f-cause option", (all) => all.map((o) => o.textContent))).find((l) => l.startsWith("firewall-icmp")) });
    await page.locator("#body tr.row button").nth(0).click();
    await page.waitForSelector("#detail article");
    await page.mouse.move(0, 0);
    const detail = await page.locator("#detail").boundingBox(), scrolled = await page.evaluate(() => scrollY);
    return { x: 0, y: detail.y + scrolled - 16, width: 1180, height: detail.height + 32 };
  });
  const page = await (await browser.newContext({ viewport: { width: 1100, height: 600 } })).newPage();
  await page.setContent(terminal(fs.readFileSync(textFile, "utf8")));
  await page.locator("pre").screenshot({ path: path.join(out, "terminal.png") });
  await browser.close();
})();
