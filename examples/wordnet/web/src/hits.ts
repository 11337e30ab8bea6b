/**
 * The list of hits.
 *
 * Owns: the elements of the list, kept by point id from one answer to the next, so that a hit that
 * stays is not drawn again and an opened one stays open.
 */
import type { Answer, Hit } from "headwater";
import { find, make, marked, say } from "./elements.js";
import { entryOf } from "./entry.js";
import { score, scoreBits } from "./figures.js";
import { lexfileLabel, posLabel } from "./lexicon.js";

/** A few synonyms stand beside the headword; the rest wait inside. */
const SYNONYMS_IN_HEAD = 4;

export class Hits {
  readonly #list = find("#hits", HTMLOListElement);
  #items = new Map<string, HTMLLIElement>();

  constructor() {
    this.#list.addEventListener("click", (event) => {
      const item = event.target instanceof Element ? event.target.closest("li") : null;
      // A drag that selected text is reading, not opening.
      if (item === null || getSelection()?.isCollapsed === false) return;
      toggle(item);
    });
  }

  show(answer: Answer): void {
    const items = new Map<string, HTMLLIElement>();
    // Scores of words have no upper end: the best hit is the measure then.
    const best = Math.max(1, ...answer.hits.map((hit) => hit.score));
    for (const hit of answer.hits) {
      const item = this.#item(hit);
      item.dataset["scoreBits"] = scoreBits(hit.score);
      item.style.setProperty("--score", String(Math.max(0, Math.min(1, hit.score / best))));
      const figure = item.querySelector(".figure");
      if (figure !== null) say(figure, score(hit.score));
      items.set(hit.id, item);
    }
    // Taking the focused element out of the document, even to put it back, would drop the focus.
    const focused = document.activeElement;
    this.#list.replaceChildren(...items.values());
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#list.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
    this.#items = items;
    this.#list.hidden = items.size === 0;
  }

  /** The element of a hit: the one that is there, unless other words are marked in it now. */
  #item(hit: Hit): HTMLLIElement {
    const held = this.#items.get(hit.id);
    const marks = JSON.stringify([hit.highlights, hit.parts]);
    if (held !== undefined && held.dataset["marks"] === marks) return held;
    const item = draw(hit);
    item.dataset["marks"] = marks;
    if (held?.dataset["open"] !== undefined) toggle(item, true);
    return item;
  }

  clear(): void {
    this.#items = new Map();
    this.#list.replaceChildren();
    this.#list.hidden = true;
  }

  /** Moves the focus among the hits; undefined means it went above the first one. */
  move(step: number): HTMLElement | undefined {
    const heads = this.#heads();
    const at = heads.findIndex((head) => head === document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : -1) : at + step;
    const head = next < 0 ? undefined : heads[Math.min(next, heads.length - 1)];
    head?.focus();
    head?.closest("li")?.scrollIntoView({ block: "nearest" });
    return head;
  }

  last(): void {
    this.#heads().at(-1)?.focus();
  }

  hasFocus(): boolean {
    return this.#list.contains(document.activeElement);
  }

  openFirst(): void {
    const item = this.#list.querySelector("li");
    if (item === null) return;
    toggle(item, true);
    item.querySelector("button")?.focus();
  }

  #heads(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>("button.lemma")];
  }
}

function draw(hit: Hit): HTMLLIElement {
  const entry = entryOf(hit);
  const item = make("li", "hit");
  item.dataset["id"] = hit.id;

  const [inLemma = [], ...inOthers] = entry.marks.lemmas;
  const lemma = make("button", "lemma", ...marked(entry.lemma, inLemma));
  lemma.type = "button";
  lemma.setAttribute("aria-expanded", "false");
  const others = entry.synonyms.slice(0, SYNONYMS_IN_HEAD).map((other, i) => marked(other, inOthers[i] ?? []));
  const [first, ...further] = others;
  const heading = make("h3", "head", lemma);
  if (first !== undefined) {
    // A line may break behind a button, and must not begin with a comma: the one that is seen is the button's own.
    lemma.dataset["others"] = "";
    const comma = make("span", "visually-hidden", ",");
    heading.append(make("span", "others", comma, " ", ...first, ...further.flatMap((other) => [", ", ...other])));
  }
  if (entry.pos !== "") heading.append(" ", make("span", "pos", posLabel(entry.pos)));

  const figure = make("span", "figure");
  const bar = make("span", "bar");
  bar.setAttribute("aria-hidden", "true");
  const side = make("p", "score", make("span", "visually-hidden", "score "), figure, bar);

  item.append(heading, make("p", "gloss", ...marked(entry.gloss, entry.marks.gloss)), side, more(hit, entry));
  return item;
}

function more(hit: Hit, entry: ReturnType<typeof entryOf>): HTMLElement {
  const facts = make("dl", "facts");
  const fact = (name: string, value: Node | string): void => {
    facts.append(make("div", "", make("dt", "", name), make("dd", "", value)));
  };
  const others = entry.synonyms.slice(SYNONYMS_IN_HEAD);
  if (others.length > 0) fact("Also", others.join(", "));
  if (entry.lexfile !== "") {
    const label = lexfileLabel(entry.lexfile);
    fact("Among", make("span", "", `${label} `, make("code", "", entry.lexfile)));
  }
  const [meaning, words] = hit.parts ?? [];
  if (meaning !== undefined && words !== undefined) {
    const byWords = words.score === undefined ? "none of the words" : `words ${score(words.score)}`;
    fact("Scores", `meaning ${score(meaning.score ?? 0)}, ${byWords}; together ${score(meaning.adds)} + ${score(words.adds)}`);
  }
  fact("Entry", make("code", "", hit.id));

  const quotes = entry.examples.map((example) => make("li", "", `“${example}”`));
  const inner = make("div", "more-inner", ...(quotes.length > 0 ? [make("ul", "examples", ...quotes)] : []), facts);
  const box = make("div", "more", inner);
  box.hidden = true;
  // Clicks inside the opened part are for reading and copying.
  box.addEventListener("click", (event) => event.stopPropagation());
  return box;
}

function toggle(item: HTMLLIElement, open = item.dataset["open"] === undefined): void {
  const box = item.querySelector<HTMLElement>(".more");
  if (box !== null) box.hidden = !open;
  item.querySelector("button.lemma")?.setAttribute("aria-expanded", String(open));
  if (open) item.dataset["open"] = "";
  else delete item.dataset["open"];
}
