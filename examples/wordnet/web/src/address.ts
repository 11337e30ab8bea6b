/** The address bar as the place where a search is kept: what is shared is what is seen. */
import { isLexfile, isPartOfSpeech } from "./lexicon.js";

export type Where = "tab" | "edge" | "origin";
export const WHERES: readonly Where[] = ["origin", "edge", "tab"];

/** What a search goes by. */
export type By = "meaning" | "words" | "both";
export const BYS: readonly By[] = ["meaning", "words", "both"];
/** Who types a word wants that word, who describes a thing its meaning: both find either. */
const FIRST_BY: By = "both";

export interface View {
  readonly q: string;
  readonly pos: string;
  readonly lexfile: string;
  readonly by: By;
  readonly where: Where;
  readonly topK: number;
}

export const FIRST_TOP_K = 20;
export const MOST_TOP_K = 100;

export function readAddress(search: string): View {
  const params = new URLSearchParams(search);
  const pos = params.get("pos") ?? "";
  const lexfile = params.get("lexfile") ?? "";
  return {
    q: params.get("q") ?? "",
    pos: isPartOfSpeech(pos) ? pos : "",
    lexfile: isLexfile(lexfile) ? lexfile : "",
    by: BYS.find((by) => by === params.get("by")) ?? FIRST_BY,
    where: WHERES.find((where) => where === params.get("where")) ?? "tab",
    topK: FIRST_TOP_K,
  };
}

export function addressOf(view: View): string {
  const params = new URLSearchParams();
  if (view.q.trim() !== "") params.set("q", view.q);
  if (view.pos !== "") params.set("pos", view.pos);
  if (view.lexfile !== "") params.set("lexfile", view.lexfile);
  if (view.by !== FIRST_BY) params.set("by", view.by);
  if (view.where !== "tab") params.set("where", view.where);
  const text = params.toString();
  return text === "" ? location.pathname : `${location.pathname}?${text}`;
}

export function titleOf(view: View): string {
  const asked = view.q.trim();
  return asked === "" ? "Headwater · WordNet by meaning and words" : `${asked} · Headwater`;
}

/** Browsers refuse a page that rewrites its address more than some hundred times in half a minute, so that waits for a pause in typing. */
const WRITE_AFTER_MS = 250;
/** A search that stood this long was looked at. People who look for letters pause for less. */
const SETTLE_AFTER_MS = 1_500;

/**
 * Keeps the address in step with the view, so that Back leads to the search before.
 *
 * Owns: the entries that this page makes in the browser's history.
 *
 * A search that the reader rested at, submitted or chose is settled, and what follows it gets an entry of its own. What is typed
 * on the way there shares one.
 */
export class Address {
  #unwritten: View | undefined;
  #settled = true;
  #writing: ReturnType<typeof setTimeout> | undefined;
  #settling: ReturnType<typeof setTimeout> | undefined;

  typed(view: View): void {
    this.#stopTimers();
    this.#unwritten = view;
    this.#writing = setTimeout(() => this.#write(), WRITE_AFTER_MS);
    this.#settling = setTimeout(() => this.settle(), SETTLE_AFTER_MS);
  }

  chose(view: View): void {
    // What was being typed is the search before this one.
    this.settle();
    this.#unwritten = view;
    this.settle();
  }

  /** The browser holds this view already: it opened the page by it, or moved through its history. */
  holds(view: View): void {
    this.#stopTimers();
    this.#unwritten = undefined;
    this.#settled = true;
    if (isElsewhere(view)) history.replaceState(null, "", addressOf(view));
    document.title = titleOf(view);
  }

  settle(): void {
    this.#stopTimers();
    this.#write();
    this.#settled = true;
  }

  #write(): void {
    const view = this.#unwritten;
    if (view === undefined) return;
    this.#unwritten = undefined;
    if (isElsewhere(view)) {
      if (this.#settled) history.pushState(null, "", addressOf(view));
      else history.replaceState(null, "", addressOf(view));
      this.#settled = false;
    }
    // After the address: a title belongs to the entry that is current when it is set.
    document.title = titleOf(view);
  }

  #stopTimers(): void {
    clearTimeout(this.#writing);
    clearTimeout(this.#settling);
  }
}

function isElsewhere(view: View): boolean {
  return addressOf(view) !== location.pathname + location.search;
}
