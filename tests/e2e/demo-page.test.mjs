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
      assert.equal(await page.text("#caption"), "The 20 best of 117,791 entries");
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
      assert.match(await page.text('[data-pos="noun"]'), /^Nouns \d[\d,]*$/);
      // Each entry is of one part of speech, so what these count is together what is found.
      const [caption, found] = await page.evaluate(() => [
        document.querySelector("#caption").textContent,
        [...document.querySelectorAll(".part-count")].reduce((sum, part) => sum + Number(part.textContent.replaceAll(",", "")), 0),
      ]);
      assert.ok(found > 20, `${found} found`);
      assert.equal(caption, `${found.toLocaleString("en")} entries, the best 20 first`);
      await page.click("#how summary");
      assert.match(await page.text("#how-steps"), /Of 117,791 entries, the \d[\d,]* that have the words were all scored/);
      // Firefox blurs its clock to a millisecond, in which most stages are over.
      if (name === "chromium") assert.match(await page.text("#how-steps"), /Time: .*putting them in order \d/);
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

    it("says how many entries are found, and of a bound that it is one", { timeout: 30_000 }, async () => {
      await page.goto("/?q=xylophone&by=words");
      await page.untilTrue("few enough to be shown whole", () => {
        const few = /^(\d+) entries, the best first$/.exec(document.querySelector("#caption").textContent);
        return few !== null && Number(few[1]) === document.querySelectorAll("#hits li[data-id]").length;
      });
      await page.goto("/?q=telescope&by=meaning&pos=verb");
      await page.untilTrue("all verbs", () => /^The 20 nearest of 1\d,\d{3} entries$/.test(document.querySelector("#caption").textContent));
      await page.type("zzyzx");
      await page.click('[data-pos=""]');
      await page.click('[data-by="words"]');
      await page.untilTrue("a word that no entry has", () =>
        document.querySelector("#notice-text").textContent === "No entry has this word, or one spelt like it." && document.querySelector("#caption").textContent === "");
      await page.evaluate(() => {
        const real = window.fetch;
        window.fetch = async (...request) => {
          const answer = await real(...request);
          if (!answer.url.endsWith("/search")) return answer;
          const found = await answer.json();
          const total = { value: Number(sessionStorage.total), relation: "atLeast" };
          return new Response(JSON.stringify({ ...found, total }), { status: answer.status, headers: answer.headers });
        };
        sessionStorage.total = 1234;
      });
      await page.click('[data-where="origin"]');
      await page.type("telescope");
      await page.untilTrue("a lower bound", () => document.querySelector("#caption").textContent === "more than 1,200 entries, the best 20 first");
      await page.evaluate(() => (sessionStorage.total = 1200));
      await page.type("star");
      await page.untilTrue("a round one", () => document.querySelector("#caption").textContent === "at least 1,200 entries, the best 20 first");
      await page.evaluate(() => sessionStorage.clear());
    });

    it("says whether it is the words or the filters that find nothing", { timeout: 30_000 }, async () => {
      const notice = async (path, words, helps) => {
        await page.goto(path);
        await page.saying("#notice-text", words);
        assert.equal(await page.evaluate(() => document.querySelectorAll("#notice button").length), helps, path);
      };
      for (const where of ["", "&where=origin"]) {
        await notice(`/?q=xqzvbn&by=words&pos=noun${where}`, "No entry has this word, or one spelt like it.", 0);
        await notice(`/?q=xqzvbn+qqwzz&by=words&pos=noun${where}`, "No entry has any of these words, or of words spelt like them.", 0);
      }
      await page.goto("/?q=xylophone&by=words");
      await page.untilTrue("how many entries have it", () => /^\d+ entries, /.test(document.querySelector("#caption").textContent));
      const [entries] = (await page.text("#caption")).split(",");
      await notice("/?q=xylophone&by=words&lexfile=verb.weather", `Of ${entries} with this word, or one spelt like it, none passes these filters.`, 1);
      await page.click("#notice button");
      await page.untilTrue("the entries without filters", () => location.search === "?q=xylophone&by=words" && document.querySelectorAll("#hits li[data-id]").length > 0);
    });

    it("says of hits that are near in meaning only that no entry has the words", { timeout: 30_000 }, async () => {
      const captioned = async (path, caption) => {
        await page.goto(path);
        await page.saying("#caption", caption);
        assert.equal((await page.hits()).length, 20);
      };
      for (const where of ["", "&where=edge", "&where=origin"]) {
        await captioned(`/?q=xqzvbn${where}`, "No entry has this word, or one spelt like it: these 20 are near in meaning only");
      }
      await captioned("/?q=xqzvbn&pos=verb", "No entry that passes these filters has this word, or one spelt like it: these 20 are near in meaning only");
      await captioned("/?q=xqzvbn&by=meaning", "The 20 nearest of 117,791 entries");
      await captioned("/?q=telescope", "The 20 best of 117,791 entries");
    });

    it("offers what was meant, and searches for it", { timeout: 30_000 }, async () => {
      for (const [query, by] of [["telescpoe", ""], ["telescpoe", "&by=words"], ["telescpoe", "&by=meaning&where=origin"]]) {
        await page.goto(`/?q=${query}${by}`);
        await page.untilTrue("an offer", () => document.querySelector("#meant button")?.textContent === "Did you mean telescope?");
      }
      await page.goto("/?q=wlak+slowly&by=words");
      await page.untilTrue("an offer", () => document.querySelector("#meant button")?.textContent === "Did you mean walk slowly?");
      await shot("meant");
      await page.focus("#meant button");
      await page.keyboard.press("Enter");
      await page.untilTrue("the search for it", () => location.search === "?q=walk+slowly&by=words");
      assert.equal(await page.evaluate(() => document.querySelector("#q").value), "walk slowly");
      await page.untilTrue("no offer beside what it offered", () => document.querySelector("#meant").textContent === "");
      await page.step(-1, "?q=wlak+slowly&by=words");
      await page.untilTrue("the offer again", () => document.querySelector("#meant button")?.textContent === "Did you mean walk slowly?");
    });

    it("goes back to the search before", { timeout: 60_000 }, async () => {
      const entries = () => page.evaluate(() => history.length);
      await page.goto("/");
      await page.until("the tab's copy", (d) => d.state === "ready");
      const atFirst = await entries();
      await page.type("telescope");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => location.search), "?q=telescope");
      await page.type("small wild cat");
      await page.click('[data-by="words"]');
      await page.click('[data-where="origin"]');
      await page.until("the origin's answer", (d) => d.answeredBy === "origin");
      // Four searches, however many letters it took to type them.
      assert.equal(await entries(), atFirst + 4);

      await page.step(-1, "?q=small+wild+cat&by=words");
      assert.equal(await page.attribute('[data-where="tab"]', "aria-pressed"), "true");
      await page.until("the tab's answer", (d) => d.answeredBy === "browser");
      await page.step(-1, "?q=small+wild+cat");
      assert.equal(await page.attribute('[data-by="both"]', "aria-pressed"), "true");
      await page.showing("small wild cat", /cat/);
      await page.step(-1, "?q=telescope");
      await page.showing("telescope", /^telescope$/);
      assert.equal(await page.evaluate(() => document.title), "telescope · Headwater");
      await page.step(-1, "");
      assert.equal(await page.evaluate(() => document.querySelector("#first").hidden), false);
      await page.step(3, "?q=small+wild+cat&by=words");
      await page.showing("small wild cat", /cat/);

      await page.step(-2, "?q=telescope");
      await page.type("dog");
      await page.untilTrue("what was typed", () => location.search === "?q=dog");
      assert.equal(await entries(), atFirst + 2);
      // A pause says that the search was looked at.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await page.type("bank");
      await page.untilTrue("what was typed then", () => location.search === "?q=bank");
      assert.equal(await entries(), atFirst + 3);
      await page.step(-1, "?q=dog");
      await page.showing("dog", /dog/);
    });

    it("opens a search by its link", { timeout: 30_000 }, async () => {
      await page.goto("/?q=telescope&pos=verb&by=words&where=origin");
      await page.until("the origin's answer", (d) => d.answeredBy === "origin");
      assert.equal(await page.evaluate(() => document.querySelector("#q").value), "telescope");
      for (const chosen of ['[data-pos="verb"]', '[data-by="words"]', '[data-where="origin"]']) {
        assert.equal(await page.attribute(chosen, "aria-pressed"), "true", chosen);
      }
      assert.equal(await page.evaluate(() => document.title), "telescope · Headwater");
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
          if (width === 390) {
            const end = await page.evaluate(() => document.querySelector("#hits li").getBoundingClientRect().bottom);
            assert.ok(end <= height / 2, `the first hit ends at ${end} px of ${height}`);
          }
          await shot(`walk-${width}-${scheme}`);
        }
      }
      await page.dress({ width: 390, height: 844, scheme: "light" });
      await page.goto("/?q=bank");
      await page.until("the tab's answer", (d) => d.answeredBy === "browser");
      // The one behind a headword is drawn inside of it.
      const beginning = await page.evaluate(() => [...document.querySelectorAll("#hits .head")].filter((head) => {
        const texts = document.createTreeWalker(head, NodeFilter.SHOW_TEXT);
        for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
          if (text.parentElement.closest(".visually-hidden") !== null) continue;
          for (const { index } of text.data.matchAll(/,/g)) {
            const comma = new Range();
            comma.setStart(text, index);
            comma.setEnd(text, index + 1);
            if (comma.getBoundingClientRect().left < head.getBoundingClientRect().left + 2) return true;
          }
        }
        return false;
      }).length);
      assert.equal(beginning, 0, "a line begins with a comma");
      assert.match((await page.style("#hits .lemma[data-others]", ["content"], "::after")).content, /^","/);
      await page.dress({ width: 1280, height: 860, scheme: "light" });
    });

    it("loses nothing to colours that the reader forces", { timeout: 60_000 }, async (test) => {
      if (!page.canForceColors) return test.diagnostic("this driver cannot force colours");
      for (const scheme of ["light", "dark"]) {
        await page.dress({ width: 1280, height: 860, scheme, forced: true });
        await page.goto("/?q=telescope&by=words");
        await page.until("the tab's answer", (d) => d.answeredBy === "browser");
        const ground = async (selector, pseudo) => (await page.style(selector, ["backgroundColor"], pseudo)).backgroundColor;
        const outlined = async (selector) => {
          const { outlineStyle, outlineWidth, outlineColor } = await page.style(selector, ["outlineStyle", "outlineWidth", "outlineColor"]);
          return outlineStyle === "solid" && Number.parseFloat(outlineWidth) >= 1 && outlineColor !== (await ground("body"));
        };
        assert.notEqual(await ground('[data-by="words"]'), await ground('[data-by="both"]'), "what is chosen");
        assert.notEqual(await ground("#hits mark"), await ground("body"), "a mark");
        assert.notEqual(await ground('[data-where="tab"]', "::before"), await ground('[data-where="edge"]', "::before"), "who answered");
        const { textDecorationLine } = await page.style('[data-where="tab"] .name', ["textDecorationLine"]);
        assert.equal(textDecorationLine, "underline", "who should answer");
        await page.focus("#q");
        assert.ok(await outlined(".field"), "the focused field");
        await page.keyboard.press("ArrowDown");
        assert.equal(await page.focused(), "hit 0");
        assert.ok(await outlined("#hits li"), "the focused hit");
        assert.ok(!(await outlined("#hits li:nth-child(2)")), "only the focused hit");
        await shot(`forced-${scheme}`);
        await page.keyboard.press("Enter");
        await page.keyboard.press("ArrowDown");
        assert.ok(await outlined("#hits li"), "the opened hit");
        await page.type("zzyzx");
        await page.untilTrue("a notice", () => !document.querySelector("#notice").hidden);
        const { borderTopStyle } = await page.style("#notice", ["borderTopStyle"]);
        assert.equal(borderTopStyle, "solid", "the notice");
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
      await page.untilTrue("that neither server can be reached", () =>
        ["origin", "edge"].every((where) => document.querySelector(`[data-where="${where}"] .role`).textContent === "cannot be reached"));
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
