/** The one place for kind words: what went wrong, and the button that helps. */
import { find, make, say } from "./elements.js";

export interface Help {
  readonly label: string;
  readonly act: () => void;
}

export class Notice {
  readonly #box = find("#notice", HTMLElement);
  readonly #text = find("#notice-text", HTMLElement);
  readonly #help = find("#notice-help", HTMLElement);
  #words = "";

  show(tone: "plain" | "warning", text: string, ...help: readonly Help[]): void {
    // The same words again, with the same help, must not take the focus off a button.
    const words = [tone, text, ...help.map(({ label }) => label)].join("\n");
    if (!this.#box.hidden && words === this.#words) return;
    this.#words = words;
    this.#box.dataset["tone"] = tone;
    say(this.#text, text);
    this.#help.replaceChildren(
      ...help.map(({ label, act }) => {
        const button = make("button", "text-button", label);
        button.type = "button";
        button.addEventListener("click", act);
        return button;
      }),
    );
    this.#box.hidden = false;
  }

  hide(): void {
    this.#box.hidden = true;
  }
}
