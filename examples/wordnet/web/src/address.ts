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

/**
 * Keeps the address in step with typing. Browsers refuse a page that rewrites its address more than
 * some hundred times in half a minute, so it is written once the typing pauses.
 */
export class Address {
  #timer: ReturnType<typeof setTimeout> | undefined;

  keep(view: View): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => history.replaceState(null, "", addressOf(view)), 250);
  }
}
