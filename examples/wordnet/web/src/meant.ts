/**
 * "Did you mean …?": offered where no entry has the words as they are typed.
 *
 * Owns: the line with the offer, and for which search it was asked.
 */
import type { Suggestions } from "headwater";
import type { View } from "./address.js";
import { find, make, say } from "./elements.js";

/** A word that is still being typed is not misspelt yet. */
const PAUSE_MS = 300;

export class Meant {
  readonly #line = find("#meant", HTMLElement);
  readonly #ask: (view: View) => Promise<Suggestions>;
  readonly #choose: (q: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #about: string | undefined;

  constructor(ask: (view: View) => Promise<Suggestions>, choose: (q: string) => void) {
    this.#ask = ask;
    this.#choose = choose;
  }

  /** Hits of this search are on show. */
  consider(view: View): void {
    const about = JSON.stringify([view.q.trim(), view.pos, view.lexfile, view.where]);
    if (about === this.#about) return;
    this.forget();
    this.#about = about;
    this.#timer = setTimeout(() => {
      // An offer is a courtesy: a place that cannot make one has answered the search all the same.
      this.#ask(view).then(
        ({ didYouMean }) => {
          if (about === this.#about && didYouMean !== undefined) this.#offer(didYouMean.text);
        },
        () => undefined,
      );
    }, PAUSE_MS);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#about = undefined;
    say(this.#line, "");
  }

  #offer(text: string): void {
    const button = make("button", "text-button", "Did you mean ", make("b", "", text), "?");
    button.type = "button";
    button.addEventListener("click", () => this.#choose(text));
    this.#line.replaceChildren(button);
  }
}
