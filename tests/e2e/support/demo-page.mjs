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
  async dress({ width, height, scheme }) {
    if (this.#isPlaywright) {
      await this.#page.setViewportSize({ width, height });
      await this.#page.emulateMedia({ colorScheme: scheme });
    } else {
      await this.#page.setViewport({ width, height });
    }
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
  /** Waits until the function, run in the page, is true. */
  untilTrue(what, probe, timeoutMs = 10_000) {
    return until(what, () => this.evaluate(probe), { timeoutMs });
  }
}
