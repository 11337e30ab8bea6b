/** The search box as its readers meet it: what they see, hear and press. */
import assert from "node:assert/strict";
import { until } from "./wait.mjs";

export class Box {
  #tab;

  constructor(tab) {
    this.#tab = tab;
  }

  /** Waits until the element is there. */
  async at(url) {
    await this.#tab.goto(url);
    await this.until("the element", () => document.querySelector("headwater-search")?.shadowRoot?.querySelector("[part=input]") !== null && document.querySelector("headwater-search").shadowRoot !== null);
  }

  /** Opens the dialog by its keys and searches. */
  async find(text) {
    await this.#tab.press("k", "Control");
    await this.type(text);
  }

  /** Replaces what is in the field, and waits for the answer. */
  async type(text) {
    await this.#tab.evaluate(() => document.querySelector("headwater-search").shadowRoot.querySelector("[part=input]").select());
    await this.#tab.type(text);
    await this.answered(text);
  }

  answered(text) {
    return this.until(`an answer to ${text}`, (text) => {
      const { state } = document.querySelector("headwater-search").search;
      return state.query === text && (state.status === "ready" || state.status === "failed");
    }, text);
  }

  until(what, probe, ...args) {
    return until(what, () => this.#tab.evaluate(probe, ...args), { timeoutMs: 60_000 });
  }

  /** What is in the box. */
  seen() {
    return this.#tab.evaluate(() => {
      const { shadowRoot: root, search } = document.querySelector("headwater-search");
      const field = root.querySelector("[part=input]");
      const options = [...root.querySelectorAll("[role=option]")];
      const at = (part) => root.querySelector(`[part=${part}]`);
      const shown = (node) => (node !== null && node.checkVisibility() ? node.innerText.trim() : "");
      return {
        status: search.state.status,
        isOpen: root.querySelector("dialog")?.open ?? true,
        hasFocus: root.activeElement === field,
        expanded: field.getAttribute("aria-expanded"),
        active: options.findIndex(({ id }) => id === field.getAttribute("aria-activedescendant")),
        selected: options.flatMap((option, i) => (option.getAttribute("aria-selected") === "true" ? [i] : [])),
        options: options.filter((option) => option.checkVisibility()).map((option) => option.innerText.trim()),
        links: options.map(({ href }) => href),
        pages: root.querySelectorAll("[role=group][part=page]").length,
        marks: [...root.querySelectorAll("mark")].map(({ textContent }) => textContent),
        message: shown(root.querySelector("[part=message] p")),
        facets: [...root.querySelectorAll("[part=facet]")].map((facet) => ({ text: facet.innerText.replace(/\s+/g, " "), pressed: facet.getAttribute("aria-pressed") })),
        more: shown(at("more")),
        said: root.querySelector("[role=status]").textContent,
        label: field.getAttribute("aria-label"),
        placeholder: field.placeholder,
        button: shown(at("button")),
      };
    });
  }

  async facet(text) {
    const found = await this.#tab.evaluate((text) => {
      const facet = [...document.querySelector("headwater-search").shadowRoot.querySelectorAll("[part=facet]")].find((facet) => facet.innerText.startsWith(text));
      facet?.focus();
      facet?.click();
      return facet !== undefined;
    }, text);
    assert.ok(found, `there is no facet ${text}`);
    await this.until("the narrowed answer", () => document.querySelector("headwater-search").search.state.status === "ready");
  }

  click(part) {
    return this.#tab.evaluate((part) => document.querySelector("headwater-search").shadowRoot.querySelector(`[part~=${part}]`).click(), part);
  }
}
