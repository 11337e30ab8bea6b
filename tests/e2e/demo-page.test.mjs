/** The demo's own page, as a reader meets it: in Chromium and in Firefox, wide and narrow, light and dark, online and cut off. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { complaintsOf, launchChromium, launchFirefox } from "./support/browser.mjs";
import { DemoPage } from "./support/demo-page.mjs";
import { screensDir } from "./support/places.mjs";
import { startWordnet } from "./support/wordnet.mjs";

const BROWSERS = {
  chromium: async () => {
    const context = await launchChromium();
    return { close: () => context.close(), newPage: () => context.newPage() };
  },
  firefox: async () => {
    const browser = await launchFirefox();
    return { close: () => browser.close(), newPage: () => browser.newPage() };
  },
};

for (const [name, launch] of Object.entries(BROWSERS)) {
  describe(`the demo page in ${name}`, { timeout: 240_000 }, () => {
    let wordnet, browser, page, complaints;
    const shot = (what) => page.screenshot(join(screensDir, `${name}-${what}.png`));

    before(async () => {
      await mkdir(screensDir, { recursive: true });
      wordnet = await startWordnet();
      browser = await launch();
      const tab = await browser.newPage();
      complaints = complaintsOf(tab);
      page = new DemoPage(tab, wordnet.page);
    }, { timeout: 200_000 });
    after(async () => {
      await browser?.close();
      await wordnet?.stop();
    });

    it("arrives, and keeps itself for later", { timeout: 90_000 }, async () => {
      await page.goto("/");
      await page.until("the page's own copy of WordNet", (d) => d.state === "ready", 60_000);
      await page.until("the service worker keeping the page", (d) => d.shell === "kept");
      assert.equal(await page.text("#points"), "117,791");
      await shot("first");
    });

    it("answers what is typed", { timeout: 30_000 }, async () => {
      await page.focus("#q");
      await page.keyboard.type("small wild cat", { delay: 10 });
      await page.until("the tab's answer", (d) => d.answeredBy === "browser");
      await page.untilTrue("an address that can be shared", () => location.search === "?q=small+wild+cat");
      const hits = await page.hits();
      assert.equal(hits.length, 20);
      assert.ok(hits.every((hit) => /^[0-9a-f]{8}$/.test(hit.bits)));
      assert.ok(hits.some((hit) => /wildcat|lynx|ocelot|margay|cat\b/i.test(hit.lemma)), JSON.stringify(hits.map((h) => h.lemma)));
      await shot("hits");
    });

    it("searches by words as they are typed, misspelt, and marks them", { timeout: 30_000 }, async () => {
      await page.click('[data-by="words"]');
      await page.untilTrue("an address that says so", () => location.search === "?q=small+wild+cat&by=words");
      await page.focus("#q");
      await page.evaluate(() => document.querySelector("#q").select());
      await page.keyboard.type("telescpoe astron", { delay: 10 });
      await page.untilTrue("the telescope, its letters swapped", () =>
        /telescope/i.test(document.querySelector("#hits .lemma")?.textContent ?? "") && document.querySelectorAll("#hits mark").length > 3);
      assert.match(await page.text("#caption"), /best matches/);
      assert.match(await page.text('[data-pos="noun"]'), /^Nouns \d[\d,]*$/);
      await page.click("#how summary");
      assert.match(await page.text("#how-steps"), /By words, among 117,791 entries: of \d[\d,]* blocks/);
      // Firefox blurs its clock to a millisecond, in which most stages are over.
      if (name === "chromium") assert.match(await page.text("#how-steps"), /Time: .*searching by words \d/);
      assert.match(await page.text("#lexfile option[value='noun.artifact']"), / · \d+$/);
      await shot("words");
      await page.click('[data-by="both"]');
      await page.untilTrue("both parts of the plan", () => /By meaning, .*By words, /s.test(document.querySelector("#how-steps").textContent));
      await shot("both");
      await page.click("#how summary");
      await page.click('[data-by="meaning"]');
      await page.focus("#q");
      await page.evaluate(() => document.querySelector("#q").select());
      await page.keyboard.type("small wild cat", { delay: 10 });
      await page.untilTrue("meanings alone", () => location.search === "?q=small+wild+cat&by=meaning" && document.querySelectorAll("#hits mark").length === 0);
    });

    it("says who answered, how fast, from which version and how many bytes", async () => {
      assert.equal(await page.text('[data-stat="who"]'), "This tab");
      assert.match(await page.text('[data-stat="took"]'), /^(< 1|\d+(\.\d)?) m?s$/);
      assert.match(await page.text('[data-stat="version"]'), /^\d+$/);
      assert.match(await page.text('[data-stat="bytes"]'), /^\d+(\.\d)? MB$/);
      assert.equal(await page.text('[data-stat="net"]'), "Online");
    });

    it("filters by part of speech and by lexicographer file", { timeout: 30_000 }, async () => {
      await page.click('[data-pos="verb"]');
      await page.untilTrue("verbs only", () => {
        const found = [...document.querySelectorAll("#hits .pos")];
        return found.length === 20 && found.every((pos) => pos.textContent === "verb");
      });
      await page.click('[data-pos=""]');
      await page.select("#lexfile", "noun.animal");
      await page.untilTrue("animals only", () => {
        const items = [...document.querySelectorAll("#hits li[data-id]")];
        return items.length === 20 && items.every((item) => item.textContent.includes("noun.animal"));
      });
      await shot("filtered");
      await page.select("#lexfile", "");
      await page.untilTrue("no filter in the address", () => location.search === "?q=small+wild+cat&by=meaning");
    });

    it("gives the same hits from the tab, the edge and the origin", { timeout: 30_000 }, async () => {
      const seen = {};
      for (const where of ["edge", "origin", "tab"]) {
        await page.click(`[data-where="${where}"]`);
        const by = where === "tab" ? "browser" : where;
        await page.until(`an answer by ${by}`, (d) => d.answeredBy === by);
        assert.equal(await page.attribute(`[data-where="${where}"]`, "aria-pressed"), "true");
        seen[where] = await page.hits();
        if (where === "edge") await shot("edge");
      }
      assert.deepEqual(seen.edge, seen.origin);
      assert.deepEqual(seen.tab, seen.origin);
    });

    it("is used with the keyboard alone", { timeout: 30_000 }, async () => {
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press("/");
      assert.equal(await page.focused(), "#q");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      assert.equal(await page.focused(), "hit 1");
      await page.keyboard.press("Enter");
      assert.equal(await page.attribute("#hits li:nth-child(2) .lemma", "aria-expanded"), "true");
      await shot("opened");
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press("ArrowUp");
      assert.equal(await page.focused(), "#q");
      await page.keyboard.press("Escape");
      await page.untilTrue("an empty search", () => document.querySelector("#q").value === "" && !document.querySelector("#first").hidden);
    });

    it("fits a phone and a dark room", { timeout: 60_000 }, async () => {
      await page.goto("/?q=to+walk+slowly+without+purpose");
      for (const [width, height] of [[1280, 860], [390, 844], [320, 640]]) {
        for (const scheme of page.schemes) {
          await page.dress({ width, height, scheme });
          await page.until("the tab's answer", (d) => d.answeredBy === "browser");
          const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(sideways <= 0, `${width} px, ${scheme}: ${sideways} px wider than the screen`);
          assert.equal(await page.isDark(), scheme === "dark");
          await shot(`walk-${width}-${scheme}`);
        }
      }
      await page.dress({ width: 1280, height: 860, scheme: "light" });
    });

    it("has nothing to complain of", () => assert.deepEqual(complaints, []));

    it("starts and answers with every server dead", { timeout: 60_000 }, async () => {
      await page.goto("/?q=small+wild+cat");
      await page.until("the tab's answer", (d) => d.answeredBy === "browser");
      const before = await page.hits();
      await wordnet.killAll();
      await page.reload();
      await page.until("the tab's answer without a server", (d) => d.answeredBy === "browser");
      assert.deepEqual(await page.hits(), before);
      await page.until("the page noticing that it is cut off", (d) => d.state === "offline" && d.net === "offline");
      await page.dress({ width: 390, height: 844, scheme: "light" });
      await page.clear("#q");
      await page.keyboard.type("feeling of great joy");
      await page.untilTrue("an answer to a new question", () => document.querySelector("#hits")?.textContent.includes("joy"));
      await shot("offline-390");
      await page.click('[data-where="origin"]');
      await page.untilTrue("a kind word about the dead origin", () => /cannot be reached/.test(document.querySelector("#notice").textContent));
      await shot("origin-away-390");
      // That a server is away is the network's complaint, not the page's.
      const ofPage = complaints.filter((line) => line.startsWith("uncaught") && !line.includes("Cross-Origin Request Blocked"));
      assert.deepEqual(ofPage, []);
    });
  });
}
