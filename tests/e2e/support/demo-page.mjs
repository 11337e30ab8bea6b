/**
 * The demo page through a reader's eyes and hands. Playwright's and puppeteer's pages are alike enough
 * that what differs fits into `select` and `dress`.
 */
import { until } from "./wait.mjs";

export class DemoPage {
  #page;
  #base;

  constructor(page, base) {
    this.#page = page;
    this.#base = base.replace(/\/$/, "");
  }

  get keyboard() {
    return this.#page.keyboard;
  }
  /** Colour schemes that this browser's driver can put on. */
  get schemes() {
    return this.#isPlaywright ? ["light", "dark"] : ["light"];
  }
  /** Whether this browser's driver can put on colours that the reader forces. */
  get canForceColors() {
    return this.#isPlaywright;
  }
  get #isPlaywright() {
    return "emulateMedia" in this.#page;
  }

  goto(path) {
    return this.#page.goto(this.#base + path);
  }
  reload() {
    return this.#page.reload();
  }
  evaluate(act, argument) {
    return this.#page.evaluate(act, argument);
  }
  click(selector) {
    return this.#page.click(selector);
  }
  focus(selector) {
    return this.#page.focus(selector);
  }
  /** Once all that moves has come to rest. */
  async screenshot(path) {
    await this.evaluate(() => Promise.allSettled([document.fonts.ready, ...document.getAnimations().map((a) => a.finished)]));
    await this.#page.screenshot({ path });
  }
  text(selector) {
    return this.evaluate((s) => document.querySelector(s).textContent.trim(), selector);
  }
  attribute(selector, name) {
    return this.evaluate(([s, n]) => document.querySelector(s).getAttribute(n), [selector, name]);
  }
  async select(selector, value) {
    if (this.#isPlaywright) await this.#page.selectOption(selector, value);
    else await this.#page.select(selector, value);
  }
  async clear(selector) {
    await this.focus(selector);
    await this.evaluate((s) => document.querySelector(s).select(), selector);
    await this.keyboard.press("Backspace");
  }
  async dress({ width, height, scheme, forced = false }) {
    if (this.#isPlaywright) {
      await this.#page.setViewportSize({ width, height });
      await this.#page.emulateMedia({ colorScheme: scheme, forcedColors: forced ? "active" : "none" });
    } else {
      await this.#page.setViewport({ width, height });
    }
  }

  /** Replaces what is typed in the search field. */
  async type(text) {
    await this.focus("#q");
    await this.evaluate(() => document.querySelector("#q").select());
    await this.keyboard.type(text, { delay: 10 });
  }
  /** Computed styles of an element, or of a pseudo-element of it. */
  style(selector, names, pseudo = null) {
    return this.evaluate(([s, wanted, of]) => {
      const style = getComputedStyle(document.querySelector(s), of);
      return Object.fromEntries(wanted.map((name) => [name, style[name]]));
    }, [selector, names, pseudo]);
  }
  /** Waits until the field holds this text and the first hit's headword is like this. */
  async showing(text, headword) {
    const holds = ([q, like]) =>
      document.querySelector("#q").value === q && new RegExp(like).test(document.querySelector("#hits .lemma")?.textContent ?? "");
    await until(`the search for ${text}`, () => this.evaluate(holds, [text, headword.source]));
  }
  /** Steps through the browser's history as its buttons do, and waits for the address there. */
  async step(by, search) {
    await this.evaluate((n) => history.go(n), by);
    await until(`the address ${search}`, () => this.evaluate((s) => location.search === s, search));
  }

  /** What the page says of itself in `<html data-…>`. */
  state() {
    return this.evaluate(() => ({ ...document.documentElement.dataset }));
  }
  hits() {
    return this.evaluate(() =>
      [...document.querySelectorAll("#hits li[data-id]")].map((item) => ({
        id: item.dataset.id,
        bits: item.dataset.scoreBits,
        lemma: item.querySelector(".lemma").textContent,
      })),
    );
  }
  /** `#q`, `hit N`, or the focused element's name. */
  focused() {
    return this.evaluate(() => {
      const at = [...document.querySelectorAll("#hits .lemma")].indexOf(document.activeElement);
      if (at >= 0) return `hit ${at}`;
      return document.activeElement.id === "" ? document.activeElement.localName : `#${document.activeElement.id}`;
    });
  }
  isDark() {
    return this.evaluate(() => {
      const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
      return r + g + b < 3 * 128;
    });
  }

  /** Waits until `<html data-…>` meets the condition. */
  until(what, condition, timeoutMs = 15_000) {
    let last;
    return until(what, async () => condition((last = await this.state())), { timeoutMs }).catch((error) => {
      throw new Error(`${error.message}; the page says ${JSON.stringify(last)}`, { cause: error });
    });
  }
  /** Waits until the element says exactly this. */
  saying(selector, text) {
    return until(`${selector} saying: ${text}`, async () => (await this.text(selector)) === text);
  }
  /** Waits until the function, run in the page, is true. */
  untilTrue(what, probe, timeoutMs = 10_000) {
    return until(what, () => this.evaluate(probe), { timeoutMs });
  }
}
