/**
 * The quiet panel: who answered, how fast, from which version, and the river that switches between them.
 *
 * Owns: the last time measured for each place in this visit.
 */
import type { Answer, ReplicaStatus, SyncReport } from "headwater";
import type { Where } from "./address.js";
import { find, findAll, say } from "./elements.js";
import * as figures from "./figures.js";

const NAMES: Readonly<Record<Where, string>> = { tab: "This tab", edge: "The edge", origin: "The origin" };

export function nameOf(where: Where): string {
  return NAMES[where];
}

export function placeOf(answeredBy: Answer["answeredBy"]): Where {
  return answeredBy === "edge" || answeredBy === "origin" ? answeredBy : "tab";
}

export class Panel {
  readonly #root = document.documentElement;
  readonly #river = find("#river", HTMLElement);
  readonly #who = find('[data-stat="who"]', HTMLElement);
  readonly #took = find('[data-stat="took"]', HTMLElement);
  readonly #engine = find("#engine", HTMLElement);
  readonly #version = find('[data-stat="version"]', HTMLElement);
  readonly #bytes = find('[data-stat="bytes"]', HTMLElement);
  readonly #net = find('[data-stat="net"]', HTMLElement);
  readonly #sync = find("#sync", HTMLButtonElement);
  readonly #fetched = find("#fetched", HTMLElement);
  readonly #buttons = findAll("[data-where]");
  /** What index.html says of each. */
  readonly #roles = new Map(this.#buttons.map((button) => [button, button.querySelector(".role")?.textContent ?? ""]));

  onChoose(choose: (where: Where) => void): void {
    for (const button of this.#buttons) {
      button.addEventListener("click", () => choose(button.dataset["where"] as Where));
    }
  }

  onSync(sync: () => void): void {
    this.#sync.addEventListener("click", sync);
  }

  chosen(where: Where): void {
    for (const button of this.#buttons) {
      button.setAttribute("aria-pressed", String(button.dataset["where"] === where));
    }
  }

  withoutEdge(): void {
    for (const button of this.#buttons) {
      if (button.dataset["where"] !== "edge") continue;
      button.setAttribute("disabled", "");
      this.#sayRole(button, "there is none here");
    }
  }

  /** What a place is for, unless it cannot be had. */
  reach(where: Where, isThere: boolean): void {
    for (const button of this.#buttons) {
      if (button.dataset["where"] !== where) continue;
      button.toggleAttribute("data-away", !isThere);
      this.#sayRole(button, isThere ? this.#roles.get(button) : "cannot be reached");
    }
  }

  #sayRole(button: HTMLElement, role: string | undefined): void {
    const line = button.querySelector(".role");
    if (line !== null) say(line, role ?? "");
  }

  answered(answer: Answer, roundTripMs: number): void {
    const where = placeOf(answer.answeredBy);
    this.#root.dataset["answeredBy"] = answer.answeredBy;
    this.#root.dataset["version"] = String(answer.version);
    say(this.#who, NAMES[where]);
    say(this.#took, figures.roundTrip(roundTripMs));
    say(this.#engine, `${figures.engineTime(answer.tookUs)} of it in the engine`);
    say(this.#version, String(answer.version));
    for (const button of this.#buttons) {
      const isIt = button.dataset["where"] === where;
      button.toggleAttribute("data-answering", isIt);
      const time = button.querySelector(".time");
      if (isIt && time !== null) say(time, figures.roundTrip(roundTripMs));
    }
  }

  /** No answer is on show any more. */
  silent(): void {
    delete this.#root.dataset["answeredBy"];
    say(this.#who, "Nobody yet");
    say(this.#took, "");
    say(this.#engine, "");
    for (const button of this.#buttons) button.removeAttribute("data-answering");
  }

  replica(status: ReplicaStatus | undefined): void {
    if (status === undefined) return;
    if (this.#root.dataset["answeredBy"] === undefined) {
      this.#root.dataset["version"] = String(status.version);
      say(this.#version, String(status.version));
    }
    say(this.#bytes, figures.bytes(status.bytes));
  }

  /** The water: how far the copy has come down the river, from 0 to 1. */
  flow(share: number): void {
    this.#river.style.setProperty("--flow", share.toFixed(3));
  }

  network(online: boolean, serverAway: boolean): void {
    this.#root.dataset["net"] = online ? "online" : "offline";
    say(this.#net, online ? "Online" : serverAway ? "Offline, server away" : "Offline");
  }

  syncing(busy: boolean, possible: boolean, last: SyncReport | undefined): void {
    this.#sync.disabled = busy || !possible;
    this.#sync.toggleAttribute("data-busy", busy);
    const found = last === undefined ? "" : last.changed ? `${figures.bytes(last.fetchedBytes)} fetched` : "up to date";
    say(this.#fetched, busy ? "asking…" : found);
  }
}
