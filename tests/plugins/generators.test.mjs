/**
 * The plugins, each with the generator that it is for: the box stands where the theme's search stands, below a path of the host; it finds
 * sections, and leads to them. `HEADWATER_LONG` runs all generators, else those that are installed in seconds.
 */
import assert from "node:assert/strict";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Box } from "../e2e/support/box.mjs";
import { complaintsOf, launchChromium } from "../e2e/support/browser.mjs";
import { screensDir } from "../e2e/support/places.mjs";
import { freePort } from "../e2e/support/servers.mjs";
import { Tab } from "../e2e/support/tabs.mjs";
import { until } from "../e2e/support/wait.mjs";
import { GENERATORS } from "./support/generators.mjs";
import { BASE, startHost } from "./support/host.mjs";

const PATIENCE_MS = 900_000;
const { HEADWATER_LONG: all, HEADWATER_ROWS: named } = process.env;
const isChosen = ({ name, long }) => (named === undefined ? !long || all !== undefined : new RegExp(named).test(name));

let chromium;
before(async () => {
  await mkdir(screensDir, { recursive: true });
  chromium = await launchChromium();
});
after(() => chromium?.close());

for (const { name, start, tolerates = /^$/ } of GENERATORS.filter(isChosen)) {
  describe(`a site by ${name}`, { timeout: PATIENCE_MS }, () => {
    let made, host, page, tab, box, complaints;

    before(async () => {
      made = await start();
      await made.build();
      host = await startHost(made.output);
      page = await chromium.newPage();
      complaints = complaintsOf(page);
      tab = new Tab(page, {});
      box = new Box(tab);
    }, { timeout: PATIENCE_MS });
    after(async () => {
      await page?.close();
      host?.stop();
    });

    /** Where the box is in the window, and how large. */
    const room = () => page.locator("headwater-search").boundingBox();

    it("has the box at the top of its pages", async () => {
      await box.at(host.url);
      assert.equal(await page.locator("headwater-search").count(), 1);
      const { x, y, width, height } = await room();
      assert.ok(y >= 0 && y + height < 140 && x >= 0 && x + width <= 1280 && width > 30 && height > 20, JSON.stringify({ x, y, width, height }));
      await page.screenshot({ path: join(screensDir, `plugin-${name}.png`) });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.reload();
      await box.at(host.url);
      await page.screenshot({ path: join(screensDir, `plugin-${name}-dark.png`) });
      await page.emulateMedia({ colorScheme: "light" });
    });

    it("finds a section, and leads to it", async () => {
      await box.at(host.url);
      await box.find("concave miror");
      await page.screenshot({ path: join(screensDir, `plugin-${name}-found.png`) });
      const { links } = await box.seen();
      const place = links.findIndex((link) => link.endsWith("#mirrors"));
      assert.ok(place >= 0 && links[place].startsWith(`${host.url}guide/telescopes`), links.join("\n"));
      for (let down = 0; down < place; down += 1) await tab.press("ArrowDown");
      await tab.press("Enter");
      await page.waitForURL(links[place]);
      await until("the section in the window", () => page.evaluate(() => {
        const { top, bottom } = document.getElementById("mirrors").getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight && scrollY > 0;
      }));
      assert.equal((await page.locator("#mirrors").textContent()).includes("Mirrors"), true);
    });

    it("finds from a page below, and both pages that have the same words", async () => {
      await box.at(`${host.url}guide/binoculars${await isFolder("guide/binoculars") ? "/" : ".html"}`);
      await box.find("soft cloth");
      const { links } = await box.seen();
      const found = ["guide/telescopes", "guide/binoculars"].map((name) => links.some((link) => link.startsWith(host.url + name) && link.includes("#care-of")));
      assert.deepEqual(found, [true, true], links.join("\n"));
    });

    it("has nothing of navigation and of what is left out", async () => {
      await box.at(host.url);
      const words = async (text) => {
        const { isOpen } = await box.seen();
        await (isOpen ? box.type(text) : box.find(text));
        return tab.evaluate(() => {
          const { pages, onlyNear } = document.querySelector("headwater-search").search.state;
          return pages.length > 0 && !onlyNear;
        });
      };
      assert.equal(await words("patient"), true);
      assert.equal(await words("Zanzibar"), false);
      assert.equal(await words("parallax"), false);
    });

    it("has the box on the page for what is not there", async () => {
      await box.at(`${host.url}nothing/is/here`);
      await box.find("mirrors");
      assert.ok((await box.seen()).links.some((link) => link.startsWith(`${host.url}guide/telescopes`)));
    });

    it("complains of nothing", () => {
      // The browser's own words for the page that was not there.
      const own = complaints.filter((complaint) => !tolerates.test(complaint));
      const unexpected = own.filter((complaint) => !/status of 404/.test(complaint));
      assert.deepEqual(unexpected, []);
      assert.equal(own.length - unexpected.length, 1, own.join("\n"));
    });

    it("keeps its index when it is built again", { timeout: PATIENCE_MS }, async () => {
      const loader = () => readFile(join(made.output, "headwater", "search.js"), "utf8");
      const first = await loader();
      await made.build();
      assert.equal(await loader(), first);
      assert.ok((await readdir(made.site)).includes(".headwater"));
    });

    it("has no box while pages are written", { timeout: PATIENCE_MS }, async () => {
      if (made.serve === undefined) return;
      const port = await freePort();
      const server = made.serve(port);
      try {
        const url = `http://127.0.0.1:${port}${BASE}`;
        await server.ready("answering", async () => (await fetch(url)).ok, { timeoutMs: 120_000 });
        const own = await chromium.newPage();
        const said = complaintsOf(own);
        await own.goto(url);
        await own.waitForFunction(() => document.querySelector("h1")?.textContent.includes("The observatory"), undefined, { timeout: 60_000 });
        assert.equal(await own.locator("headwater-search").count(), 0);
        // A browser asks for an icon.
        assert.deepEqual(said.filter((complaint) => !/status of 404/.test(complaint) && !tolerates.test(complaint)), []);
        await own.close();
      } finally {
        await server.stop();
      }
    });

    const isFolder = async (name) => (await readdir(join(made.output, name)).catch(() => undefined)) !== undefined;
  });
}
