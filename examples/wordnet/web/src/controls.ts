/** The search field and its filters: what the reader asks for, read from and written to the page. */
import type { By, View } from "./address.js";
import { find, findAll, make, say } from "./elements.js";
import { count as figure } from "./figures.js";
import { LEXFILES, PARTS_OF_SPEECH, lexfileLabel } from "./lexicon.js";

const PLACEHOLDERS: Readonly<Record<By, string>> = {
  meaning: "Search by meaning",
  words: "Search by words, spelt as you like",
  both: "Search by meaning and words",
};

export class Controls {
  readonly #input = find("#q", HTMLInputElement);
  readonly #clear = find("#clear", HTMLButtonElement);
  readonly #lexfile = find("#lexfile", HTMLSelectElement);
  readonly #parts: readonly HTMLElement[];
  readonly #ways = findAll("[data-by]");
  readonly #first = find("#first", HTMLElement);
  readonly #caption = find("#caption", HTMLElement);
  readonly #live = find("#live", HTMLElement);
  readonly #more = find("#more", HTMLButtonElement);
  #announcing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const parts = find("#parts", HTMLElement);
    for (const { key, label } of PARTS_OF_SPEECH) {
      const button = make("button", "part", label, make("span", "part-count"));
      button.type = "button";
      button.dataset["pos"] = key;
      parts.append(button);
    }
    this.#parts = findAll("[data-pos]");
    for (const group of LEXFILES) {
      const box = make("optgroup", "");
      box.label = group.label;
      for (const [name, label] of group.files) {
        const option = make("option", "", label);
        option.value = name;
        box.append(option);
      }
      this.#lexfile.append(box);
    }
  }

  /** `typed` is told of every keystroke; `chose` of a click, which has nothing to wait for; `submitted` that typing is over. */
  listen(typed: (change: Partial<View>) => void, chose: (change: Partial<View>) => void, submitted: () => void): void {
    this.#input.addEventListener("input", () => typed({ q: this.#input.value }));
    this.#input.form?.addEventListener("submit", (event) => {
      event.preventDefault();
      submitted();
    });
    this.#clear.addEventListener("click", () => {
      chose({ q: "" });
      this.#input.focus();
    });
    for (const button of this.#parts) {
      button.addEventListener("click", () => {
        const wasChosen = button.getAttribute("aria-pressed") === "true";
        chose({ pos: wasChosen ? "" : (button.dataset["pos"] ?? "") });
      });
    }
    for (const button of this.#ways) {
      button.addEventListener("click", () => chose({ by: button.dataset["by"] as By }));
    }
    this.#lexfile.addEventListener("change", () => chose({ lexfile: this.#lexfile.value }));
    this.#first.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      chose({ q: new URL(link.href).searchParams.get("q") ?? "" });
    });
  }

  /** How many of all that was found each part of speech has; undefined where all have the same say. */
  count(counts: ReadonlyMap<string, number> | undefined): void {
    for (const button of this.#parts) {
      const count = button.querySelector(".part-count");
      const covers = PARTS_OF_SPEECH.find(({ key }) => key === button.dataset["pos"])?.covers ?? [];
      const known = covers.reduce((sum, pos) => sum + (counts?.get(pos) ?? 0), 0);
      if (count !== null) say(count, counts === undefined ? "" : ` ${figure(known)}`);
    }
  }

  /** The same of each subject; one that nothing found is about cannot be chosen. */
  countSubjects(counts: ReadonlyMap<string, number> | undefined): void {
    for (const option of this.#lexfile.querySelectorAll("option")) {
      if (option.value === "") continue;
      const label = lexfileLabel(option.value);
      const count = counts?.get(option.value) ?? 0;
      option.textContent = counts === undefined ? label : `${label} · ${figure(count)}`;
      option.disabled = counts !== undefined && count === 0;
    }
  }

  onMore(more: () => void): void {
    this.#more.addEventListener("click", more);
  }

  show(view: View): void {
    if (this.#input.value !== view.q) this.#input.value = view.q;
    const asked = view.q.trim() !== "";
    say(this.#more, view.by === "meaning" ? "Show the nearest 100" : "Show the best 100");
    this.#input.placeholder = PLACEHOLDERS[view.by];
    for (const button of this.#ways) button.setAttribute("aria-pressed", String(button.dataset["by"] === view.by));
    this.#clear.hidden = view.q === "";
    this.#first.hidden = asked;
    this.#lexfile.value = view.lexfile;
    this.#lexfile.toggleAttribute("data-chosen", view.lexfile !== "");
    for (const button of this.#parts) {
      button.setAttribute("aria-pressed", String(button.dataset["pos"] === view.pos));
    }
  }

  /** The line above the hits, and the same said aloud once the typing rests. */
  caption(text: string, aloud: string): void {
    say(this.#caption, text);
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => say(this.#live, aloud), 600);
  }

  offerMore(offer: boolean): void {
    this.#more.hidden = !offer;
  }

  focus(): void {
    this.#input.focus();
  }
}
