/** The search box for all eyes and ears: axe finds nothing, in light and dark, wide and narrow, and what readers' systems ask for is done. */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Box } from "./support/box.mjs";
import { startDocsSite } from "./support/docs-site.mjs";
import { screensDir } from "./support/places.mjs";
import { ENGINES } from "./support/tabs.mjs";

const WITHIN_MS = 120_000;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

for (const [name, launch] of Object.entries(ENGINES)) {
  describe(`the look of the search box in ${name}`, { timeout: 15 * WITHIN_MS }, () => {
    let site, browser, tab, box;
    const shot = (what) => tab.shot(join(screensDir, `box-${name}-${what}.png`));

    before(async () => {
      await mkdir(screensDir, { recursive: true });
      site = await startDocsSite();
      browser = await launch();
      tab = await browser.newTab();
      box = new Box(tab);
    }, { timeout: WITHIN_MS });
    after(async () => {
      await tab?.close();
      await browser?.close();
      await site?.stop();
    });

    const scheme = (value) => tab.evaluate((value) => (document.documentElement.style.colorScheme = value), value);
    /** What all rules of axe find wrong, in the words of the rules. */
    async function findings() {
      await tab.run(axe);
      return tab.evaluate(async () => {
        // What moves in is still half transparent.
        await Promise.all(document.querySelector("headwater-search").shadowRoot.getAnimations().filter(({ effect }) => effect.getTiming().iterations === 1).map(({ finished }) => finished));
        const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
        return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.flat().join(" ")}: ${failureSummary}`));
      });
    }

    for (const [page, mode] of [["plain.html", "dialog"], ["inline.html", "inline"]]) {
      it(`has nothing that axe finds, as ${mode}, in light and dark, empty, with results, without and offline`, { timeout: 3 * WITHIN_MS }, async () => {
        await box.at(site.url + page);
        const looks = { closed: async () => undefined, empty: () => tab.press("/"), found: () => box.type("misspelt words"), narrowed: () => box.facet("Searching"), nothing: () => box.facet("Searching").then(() => box.facet("Formats")) };
        for (const [look, reach] of Object.entries(looks)) {
          await reach();
          for (const light of ["light", "dark"]) {
            await scheme(light);
            assert.deepEqual(await findings(), [], `${look}, ${light}`);
            await shot(`${mode}-${look}-${light}`);
          }
        }
        site.cut(true);
        await box.type("durable log of writes");
        site.cut(false);
        assert.match((await box.seen()).message, /offline/);
        assert.deepEqual(await findings(), [], "offline");
      });
    }

    it("follows the page's colour scheme", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await tab.press("/");
      const surface = () => tab.evaluate(() => getComputedStyle(document.querySelector("headwater-search").shadowRoot.querySelector("[part=panel]")).backgroundColor);
      await scheme("light");
      assert.equal(await surface(), "rgb(255, 255, 255)");
      await scheme("dark");
      assert.equal(await surface(), "rgb(22, 24, 29)");
      await tab.evaluate(() => document.querySelector("headwater-search").style.setProperty("--headwater-surface", "rgb(1, 2, 3)"));
      assert.equal(await surface(), "rgb(1, 2, 3)", "unless the page has colours of its own");
    });

    it("fits a phone", { timeout: WITHIN_MS }, async () => {
      await tab.resize(360, 700);
      await box.at(`${site.url}docs/query.html`);
      await box.find("misspelt words");
      const fits = await tab.evaluate(() => {
        const root = document.querySelector("headwater-search").shadowRoot;
        const panel = root.querySelector("[part=panel]").getBoundingClientRect();
        const wide = [...root.querySelectorAll("[part=panel] *")].filter((node) => node.closest("[part=facets]") === null && node.closest(".unseen") === null && node.getBoundingClientRect().right > innerWidth + 1);
        const small = [...root.querySelectorAll("dialog button")].filter((button) => button.checkVisibility() && button.getBoundingClientRect().height < 24);
        const [width, height] = [panel.width - document.documentElement.clientWidth, panel.height - document.documentElement.clientHeight].map(Math.round);
        return { left: panel.left, width, height, wide: wide.map((node) => node.outerHTML), small: small.map((node) => node.outerHTML), close: root.querySelector("[part=close]").innerText.trim() };
      });
      assert.deepEqual(fits, { left: 0, width: 0, height: 0, wide: [], small: [], close: "Close" });
      await shot("phone");
      await tab.resize(1280, 860);
    });

    it("is chosen from by a pointer that moves, and not by one that rests", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await box.find("misspelt words");
      const chosen = await tab.evaluate(() => {
        const root = document.querySelector("headwater-search").shadowRoot;
        const options = [...root.querySelectorAll("[role=option]")];
        const active = () => options.findIndex((option) => option.getAttribute("aria-selected") === "true");
        return [[2, 50], [3, 50], [2, 51], [1, 52]].map(([option, screenY]) => {
          options[option].dispatchEvent(new PointerEvent("pointermove", { bubbles: true, screenX: 9, screenY }));
          return active();
        });
      });
      assert.deepEqual(chosen, [0, 0, 2, 1]);
    });

    if (name !== "chromium") return;
    it("does not move where motion is not wanted, and shows what is active where colours are forced", { timeout: WITHIN_MS }, async () => {
      await tab.media({ reducedMotion: "reduce", forcedColors: "active" });
      await box.at(`${site.url}plain.html`);
      await box.find("misspelt words");
      const { moves, outlines } = await tab.evaluate(() => {
        const root = document.querySelector("headwater-search").shadowRoot;
        const outlined = [...root.querySelectorAll("[role=option]")].filter((option) => getComputedStyle(option).outlineStyle === "solid");
        return { moves: root.getAnimations().filter((one) => one.constructor.name === "CSSAnimation").length, outlines: outlined.map(({ id }) => id) };
      });
      assert.deepEqual({ moves, outlines }, { moves: 0, outlines: ["option-0"] });
      await shot("forced-colours");
      await tab.media({ reducedMotion: null, forcedColors: null });
    });

    it("is no part of a printed page, and a page may bring a button of its own", { timeout: WITHIN_MS }, async () => {
      await box.at(`${site.url}plain.html`);
      await tab.media({ media: "print" });
      assert.equal(await tab.evaluate(() => document.querySelector("headwater-search").checkVisibility()), false);
      await tab.media({ media: null });
      await tab.evaluate(() => {
        const own = Object.assign(document.createElement("button"), { slot: "button", textContent: "Find", id: "own" });
        document.querySelector("headwater-search").append(own);
        own.click();
      });
      assert.equal((await box.seen()).isOpen, true);
      await tab.press("Escape");
      assert.equal((await box.seen()).isOpen, false);
    });
  });
}
