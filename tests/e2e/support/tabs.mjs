/** One way to drive the three engines of browsers: a tab that goes somewhere, is typed into, and is asked. */
import { launchChromium, launchFirefox } from "./browser.mjs";
import { launchWebKit } from "./webkit.mjs";

export const ENGINES = {
  async chromium() {
    const context = await launchChromium();
    return {
      newTab: async () => new Tab(await context.newPage(), {
        resize: (page, width, height) => page.setViewportSize({ width, height }),
        pages: async () => context.pages(),
        media: (page, media) => page.emulateMedia(media),
      }),
      close: () => context.close(),
    };
  },
  async firefox() {
    const browser = await launchFirefox();
    return {
      newTab: async () => new Tab(await browser.newPage(), {
        resize: (page, width, height) => page.setViewport({ width, height }),
        pages: () => browser.pages(),
      }),
      close: () => browser.close(),
    };
  },
  // Its driver is part of WebKitGTK.
  ...(process.platform === "linux" && { webkit: launchWebKit }),
};

/** A page of playwright or puppeteer: what this needs of them they do alike, but for what is given. */
export class Tab {
  #page;
  #own;

  constructor(page, own) {
    this.#page = page;
    this.#own = own;
  }

  async goto(url) {
    await this.#page.goto(url);
  }

  evaluate(work, ...args) {
    // playwright hands over one value, puppeteer several.
    return this.#page.evaluate(`(${work})(...${JSON.stringify(args)})`);
  }

  /** Runs a script, as the page's own policy would not let it. */
  run(script) {
    return this.#page.evaluate(script);
  }

  async press(key, ...modifiers) {
    const { keyboard } = this.#page;
    for (const name of modifiers) await keyboard.down(name);
    await keyboard.press(key);
    for (const name of modifiers) await keyboard.up(name);
  }

  type(text) {
    return this.#page.keyboard.type(text, { delay: 5 });
  }

  resize(width, height) {
    return this.#own.resize(this.#page, width, height);
  }

  shot(file) {
    return this.#page.screenshot({ path: file });
  }

  async tabs() {
    return (await this.#own.pages()).length;
  }

  /** Closes the tabs that this one has opened. */
  async closeOthers() {
    const others = (await this.#own.pages()).filter((page) => page !== this.#page);
    await Promise.all(others.map((page) => page.close()));
    await this.#page.bringToFront();
  }

  /** What the reader's system asks for: where a driver can say so. */
  media(media) {
    return this.#own.media(this.#page, media);
  }

  close() {
    return this.#page.close();
  }
}
