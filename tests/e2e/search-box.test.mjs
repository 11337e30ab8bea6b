/** The search box on a real site, in the three engines of browsers: by keys, offline, in other languages, and of a hostile index. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Box } from "./support/box.mjs";
import { HOSTILE, startDocsSite } from "./support/docs-site.mjs";
import { screensDir } from "./support/places.mjs";
import { ENGINES } from "./support/tabs.mjs";
import { until } from "./support/wait.mjs";

/** WebKitGTK compiles the engine anew on each page, which on a busy machine takes long. */
const WITHIN_MS = 180_000;

for (const [name, launch] of Object.entries(ENGINES)) {
  describe(`the search box in ${name}`, { timeout: 15 * WITHIN_MS }, () => {
    let site, browser, tab, box;
    const shot = (what) => tab.shot(join(screensDir, `box-${name}-${what}.png`));
    const focused = () => tab.evaluate(() => document.activeElement.id || document.activeElement.localName);

    before(async () => {
      await mkdir(screensDir, { recursive: true });
      site = await startDocsSite();
      browser = await launch();
      tab = await browser.newTab();
      box = new Box(tab);
    }, { timeout: 120_000 });
    after(async () => {
      await tab?.close();
      await browser?.close();
      await site?.stop();
    });

    it("loads nothing of engine and index before somebody turns to it", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}docs/query.html`);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const early = site.requests.filter((path) => path.includes("/headwater/"));
      assert.deepEqual(early.sort(), ["/handbook/headwater/runtime/search-box.js", "/handbook/headwater/search.js"]);
      assert.match((await box.seen()).button, /^Search/);
      await box.click("button");
      await until("the engine and the beginning of the index", () => ["headwater_bg.wasm", "en/head"].every((file) => site.requests.some((path) => path.endsWith(file))));
      const { isOpen, hasFocus, message, said } = await box.seen();
      assert.deepEqual({ isOpen, hasFocus }, { isOpen: true, hasFocus: true });
      assert.equal(message, "Type a word, or describe what you are looking for.");
      assert.equal(said, "");
      await tab.press("Escape");
    });

    it("keeps what is typed from the page's own shortcuts", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await tab.evaluate(() => {
        globalThis.heard = [];
        for (const kind of ["keydown", "keypress", "keyup"]) document.addEventListener(kind, ({ key }) => globalThis.heard.push(key));
      });
      await box.find("snapshot");
      await tab.press("ArrowDown");
      await tab.press("Tab");
      await tab.press("n");
      const heard = await tab.evaluate(() => globalThis.heard.filter((key) => key !== "Control"));
      assert.deepEqual(heard.filter((key) => key !== "k"), []);
      await tab.press("k", "Control");
      assert.equal((await box.seen()).isOpen, false, "the box's own chord is heard");
      await tab.press("n");
      assert.equal(await tab.evaluate(() => globalThis.heard.includes("n")), true, "and outside of the box the page's are");
    });

    it("is used by keys alone, and gives focus back", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await tab.evaluate(() => document.querySelector("#name").focus());
      await tab.press("/");
      assert.equal(await tab.evaluate(() => document.querySelector("#name").value), "/", "in a field a slash is a slash");
      await box.find("misspelt words");
      const found = await box.seen();
      assert.equal(found.expanded, "true");
      assert.equal(found.active, 0, "the best is one Enter away");
      assert.deepEqual(found.selected, [0]);
      assert.ok(found.pages > 3, `${found.pages} pages`);
      assert.ok(found.options.length > 10 && found.options.length <= found.pages * 4, `${found.options.length} options`);
      assert.ok(found.marks.some((mark) => /misspelt/i.test(mark)) && found.marks.some((mark) => /words?/i.test(mark)), found.marks.join());
      await shot("found");

      const last = found.options.length - 1;
      for (const [key, to] of [["ArrowDown", 1], ["ArrowUp", 0], ["ArrowUp", last], ["ArrowDown", 0], ["End", last], ["Home", 0], ["ArrowDown", 1]]) {
        await tab.press(key);
        const { active, selected, hasFocus } = await box.seen();
        assert.deepEqual({ active, selected, hasFocus }, { active: to, selected: [to], hasFocus: true }, key);
      }
      await tab.press("ArrowLeft");
      await tab.press("Home");
      const [start, { active }] = [await tab.evaluate(() => document.querySelector("headwater-search").shadowRoot.querySelector("input").selectionStart), await box.seen()];
      assert.deepEqual([start, active], [0, 1], "in the text Home is the text's");

      await tab.press("Escape");
      assert.equal((await box.seen()).isOpen, false);
      assert.equal(await focused(), "name");
      await tab.evaluate(() => document.querySelector("#name").blur());
      await tab.press("/");
      assert.equal((await box.seen()).isOpen, true);
      await tab.press("k", "Control");
      assert.equal((await box.seen()).isOpen, false);
    });

    it("opens a section at its anchor, and another tab beside", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await box.find("misspelt words");
      const tabs = await tab.tabs();
      await tab.press("ArrowDown");
      const { links } = await box.seen();
      assert.match(links[1], /#./);
      await tab.press("Enter", "Control");
      await until("another tab", async () => (await tab.tabs()) === tabs + 1);
      assert.match(await tab.evaluate(() => location.href), /plain\.html$/);
      await tab.closeOthers();
      await tab.press("Enter");
      await box.until("the section", (link) => location.href === link && document.readyState === "complete", links[1]);
      assert.ok(await tab.evaluate(() => document.querySelector(":target") !== null), `nothing is at ${links[1]}`);
    });

    it("opens what was typed last, though Enter comes before the answer", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await box.find("tombstones");
      const [tombstones] = (await box.seen()).links;
      await box.type("apostrophes");
      const [apostrophes] = (await box.seen()).links;
      assert.notEqual(apostrophes, tombstones);
      await tab.evaluate(() => document.querySelector("headwater-search").shadowRoot.querySelector("input").select());
      await tab.type("tombstones");
      await tab.press("Enter");
      await box.until("the best for what was typed", (link) => location.href === link, tombstones);
    });

    it("leads to another section of the page that it is on", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}docs/ranking.html`);
      await box.find("reciprocal ranks fusion");
      const { links } = await box.seen();
      const here = links.findIndex((link) => link.startsWith(`${site.url}docs/ranking.html#`));
      assert.ok(here > 0, links.join(" "));
      for (let i = 0; i < here; i += 1) await tab.press("ArrowDown");
      await tab.press("Enter");
      await box.until("the section", (link) => location.href === link, links[here]);
      assert.equal((await box.seen()).isOpen, false);
      assert.ok(await tab.evaluate(() => Math.abs(document.querySelector(":target").getBoundingClientRect().top) < innerHeight), "the section is in view");
    });

    it("lets a page follow by its own means", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await tab.evaluate(() => addEventListener("headwater-select", (event) => {
        event.preventDefault();
        globalThis.told = event.detail;
      }));
      await box.find("snippets");
      const { links } = await box.seen();
      await tab.press("Enter");
      assert.deepEqual(await tab.evaluate(() => globalThis.told), { url: links[0], query: "snippets", newTab: false });
      assert.match(await tab.evaluate(() => location.href), /plain\.html$/);
      assert.equal((await box.seen()).isOpen, false);

      const [moved, removed] = await tab.evaluate(async () => {
        const [element, later] = [document.querySelector("headwater-search"), () => new Promise((resolve) => setTimeout(resolve, 100))];
        document.querySelector("main").append(element);
        await later();
        const { search } = element;
        element.remove();
        await later();
        return [search?.state.pages.length > 0, element.search === undefined];
      });
      assert.deepEqual([moved, removed], [true, true], "what is moved stays, and what is gone needs no index");
    });

    it("says to those who hear it how many pages there are", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await box.find("tombstones");
      const first = (await box.seen()).pages;
      await until("the announcement", async () => (await box.seen()).said === `The best ${first} pages are shown.`);
      const roles = await tab.evaluate(() => {
        const root = document.querySelector("headwater-search").shadowRoot;
        const field = root.querySelector("[role=combobox]");
        const list = root.getElementById(field.getAttribute("aria-controls"));
        const groups = [...list.children];
        return {
          dialog: root.querySelector("dialog").getAttribute("aria-label"),
          field: [field.getAttribute("aria-label"), field.getAttribute("aria-autocomplete")],
          list: [list.role ?? list.getAttribute("role"), list.getAttribute("aria-label")],
          named: groups.every((group) => root.getElementById(group.getAttribute("aria-labelledby"))?.textContent !== ""),
          inside: groups.every((group) => [...group.children].every((option) => option.getAttribute("role") === "option")),
          tabStops: list.querySelectorAll("a:not([tabindex='-1'])").length,
        };
      });
      assert.deepEqual(roles, {
        dialog: "Search this site", field: ["Search this site", "list"], list: ["listbox", "Pages found"], named: true, inside: true, tabStops: 0,
      });
      for (let shown = first; (await box.seen()).more !== ""; shown = (await box.seen()).pages) {
        await box.click("more");
        await box.until("more pages, or that there are none", (shown) => {
          const { pages, hasMore, status } = document.querySelector("headwater-search").search.state;
          return status === "ready" && (pages.length > shown || !hasMore);
        }, shown);
      }
      const { pages, more, active } = await box.seen();
      assert.deepEqual({ pages, more, active }, { pages: 11, more: "", active: 0 }, "each page of the handbook once");
      await until("the announcement", async () => (await box.seen()).said === "11 pages found.");
    });

    it("narrows by facets, with counts", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await box.find("words");
      const first = await box.seen();
      const count = (text) => Number(/(\d+)$/.exec(text)[1]);
      const formats = first.facets.find(({ text }) => text.startsWith("Formats"));
      assert.ok(count(formats.text) > 0 && first.facets.every(({ pressed }) => pressed === "false"));
      await box.facet("Formats");
      const narrowed = await box.seen();
      assert.deepEqual(narrowed.facets.filter(({ pressed }) => pressed === "true").map(({ text }) => text), [formats.text]);
      assert.ok(narrowed.links.every((link) => /\/(format|protocol)\.html/.test(link)), narrowed.links.join(" "));
      assert.ok(narrowed.facets.some(({ text }) => text.startsWith("Searching")), "what else there is to choose stays");
      const tables = narrowed.facets.find(({ text }) => text.startsWith("Tables"));
      assert.ok(count(tables.text) < count(first.facets.find(({ text }) => text.startsWith("Tables")).text), "other facets count what is narrowed");
      assert.equal(await tab.evaluate(() => document.querySelector("headwater-search").shadowRoot.activeElement?.innerText.startsWith("Formats")), true, "focus stays where it was");
      await shot("narrowed");
      await box.facet("Formats");
      assert.ok((await box.seen()).pages > 3);
    });

    it("keeps the searches that led somewhere, until they are cleared", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await tab.evaluate(() => localStorage.clear());
      await box.find("tombstones");
      await tab.press("Enter");
      await box.until("the page", () => !location.pathname.endsWith("plain.html") && document.readyState === "complete");
      await box.at(`${site.url}plain.html`);
      await tab.press("k", "Control");
      const kept = await box.seen();
      assert.deepEqual([kept.options, kept.active], [["tombstones"], -1]);
      await shot("recent");
      await tab.press("ArrowDown");
      await tab.press("Enter");
      await box.answered("tombstones");
      assert.ok((await box.seen()).pages > 3);
      await box.click("clear");
      await box.click("forget");
      assert.deepEqual((await box.seen()).options, []);
      assert.equal(await tab.evaluate(() => localStorage.length), 0);

      await box.at(`${site.url}quiet.html`);
      await tab.press("k", "Control");
      assert.equal((await box.seen()).isOpen, false, "keys are off there");
      await box.click("button");
      await box.type("tombstones");
      assert.deepEqual([(await box.seen()).label, (await box.seen()).placeholder], ["Find a page", "What?"]);
      await tab.press("Enter");
      await box.until("the page", () => !location.pathname.endsWith("quiet.html") && document.readyState === "complete");
      assert.equal(await tab.evaluate(() => localStorage.length), 0);
    });

    it("speaks the page's language, and finds pages in it", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}vogelkunde.html`);
      assert.match((await box.seen()).button, /^Suche/);
      await box.find("nistkasten");
      const german = await box.seen();
      assert.ok(german.links[0].startsWith(`${site.url}vogelkunde.html`) && german.options.some((option) => option.startsWith("Nistkästen aufhängen")), german.options.join());
      await until("the announcement", async () => (await box.seen()).said === "1 Seite gefunden.");
      await box.type("zxqj");
      assert.match((await box.seen()).message, /^Nichts gefunden für „zxqj“/);

      await box.at(`${site.url}french.html`);
      await box.find("tombstones");
      assert.equal((await box.seen()).label, "Search this site", "a language without texts has English ones");
      assert.ok((await box.seen()).pages > 3, "and the index with most pages");
    });

    it("is laid out from right to left where the page is", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}tziporim.html`);
      await box.find("תיבת");
      const places = await tab.evaluate(() => {
        const root = document.querySelector("headwater-search").shadowRoot;
        const left = (selector) => root.querySelector(selector).getBoundingClientRect().left;
        return { icon: left("[part=field] svg"), clear: left("[part=clear]"), page: left("[part~=result-page] svg"), section: left("[part~=result-section] svg"), title: left("[part=title]") };
      });
      assert.ok(places.icon > places.clear && places.page > places.title && places.page > places.section, JSON.stringify(places));
      await shot("right-to-left");
    });

    it("says what it cannot do offline, and goes on when it can", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await box.find("tombstones");
      site.cut(true);
      await box.type("durable log of writes");
      // What the words need may have come along with something else: then that much is shown.
      const { message, pages } = await box.seen();
      assert.match(message, pages === 0 ? /^You are offline, and this search needs parts of the index that have not been loaded/ : /^You are offline: only some of the results/);
      await shot("offline");
      await box.type("tombstones");
      const again = await box.seen();
      assert.deepEqual([again.message, again.pages > 3], ["", true], "what was searched for is here");
      for (const text of ["durable log of writes", "half-sent requests and connections"]) {
        site.cut(true);
        await box.type(text);
        assert.match((await box.seen()).message, /^You are offline/);
        site.cut(false);
        await tab.evaluate(() => void dispatchEvent(new Event("online")));
        const isWhole = ({ message, pages }) => message === "" && pages > 3;
        await until("the search going on by itself", async () => isWhole(await box.seen()), { timeoutMs: 60_000 });
      }
    });

    it("says that it cannot be loaded, and is when the network is back", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      site.cut(true);
      await tab.press("k", "Control");
      await until("the sentence", async () => /^The search could not be loaded/.test((await box.seen()).message), { timeoutMs: 60_000 });
      site.cut(false);
      await box.type("tombstones");
      assert.ok((await box.seen()).pages > 3);
    });

    it("shows a hostile index as text, and leads nowhere else", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}hostile.html`);
      await box.find("trap");
      const { links, options } = await box.seen();
      assert.ok(links.length > 0 && links.every((link) => link.startsWith(site.url)), links.join(" "));
      assert.ok(options.some((option) => option.includes("<img src=x onerror=window.taken=4><script>")), options.join("\n"));
      const nodes = await tab.evaluate(() => [...document.querySelector("headwater-search").shadowRoot.querySelectorAll("[role=listbox] *")].map(({ localName }) => localName));
      assert.deepEqual([...new Set(nodes)].sort(), ["a", "div", "mark", "path", "span", "svg"]);
      assert.ok(options.every((option) => option.length < 1000), "a title without end is cut");
      for (const link of links) assert.ok(HOSTILE.some(({ payload }) => link.endsWith(payload.url) || link.endsWith(payload.page)), link);
      await shot("hostile");
      assert.equal(await tab.evaluate(() => window.taken === undefined), true);
      await tab.press("Enter");
      await box.until("a page of the site", (link) => location.href === link && document.readyState === "complete", links[0]);
    });

    it("stands in the page as a field", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}inline.html`);
      await tab.evaluate(() => document.querySelector("headwater-search").search.forget());
      await tab.press("/");
      await box.type("how are copies kept safe from damage");
      const { pages, isOpen, hasFocus, button } = await box.seen();
      assert.deepEqual({ isOpen, hasFocus, button }, { isOpen: true, hasFocus: true, button: "" });
      assert.ok(pages > 3);
      await shot("inline");
      await tab.press("Escape");
      const { status, options, expanded } = await box.seen();
      assert.deepEqual({ status, options, expanded }, { status: "idle", options: [], expanded: "false" });
    });

    it("broke nothing of a strict policy", () => {
      assert.deepEqual(site.violations, []);
    });
  });
}
