/** The first visit: a calm account of the copy coming in. */
import type { Progress } from "headwater";
import { find, say } from "./elements.js";
import { Pace, bytes, timeLeft } from "./figures.js";

const PHASES: Readonly<Record<Progress["phase"], string>> = {
  head: "Asking the origin what is newest",
  manifest: "Reading the list of what to fetch",
  blobs: "Bringing WordNet into this tab",
  verify: "Checking every byte against its hash",
  open: "Opening the collection",
  fill: "Bringing the rest of WordNet into this tab",
  ready: "Ready",
};

export class Arrival {
  readonly #box = find("#arrival", HTMLElement);
  readonly #phase = find("#arrival-phase", HTMLElement);
  readonly #detail = find("#arrival-detail", HTMLElement);
  readonly #bar = find("#arrival-bar", HTMLElement);
  readonly #pace = new Pace();

  /** Returns the share that has arrived, for the river. */
  show(progress: Progress | undefined): number {
    this.#box.hidden = false;
    const { phase, loadedBytes, totalBytes } = progress ?? { phase: "head" as const, loadedBytes: 0, totalBytes: 0 };
    const share = totalBytes > 0 ? Math.min(1, loadedBytes / totalBytes) : 0;
    say(this.#phase, PHASES[phase]);
    say(this.#detail, this.#account(loadedBytes, totalBytes));
    this.#bar.style.setProperty("--share", share.toFixed(3));
    this.#bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    return share;
  }

  hide(): void {
    this.#box.hidden = true;
  }

  #account(loadedBytes: number, totalBytes: number): string {
    if (totalBytes === 0) return "";
    const amount = `${bytes(loadedBytes)} of ${bytes(totalBytes)}`;
    if (loadedBytes >= totalBytes) return amount;
    const seconds = this.#pace.secondsLeft(loadedBytes, totalBytes, performance.now());
    return seconds === undefined ? amount : `${amount}, ${timeLeft(seconds)}`;
  }
}
