/**
 * A search as a program holds it: what was typed, what was found, what went wrong.
 *
 *     search(text) ── a pause while somebody types ── open, once ── ask ── the newest answer becomes the state
 *
 * Owns: the opened index, the state and its listeners, the question that counts. Does not own: how any of it looks.
 */
import type { Collection } from "../collection.js";
import { HeadwaterError, messageOf } from "../error.js";
import type { Code } from "../generated.js";
import type { Answer } from "../payload.js";
import { indexFor } from "./options.js";
import type { Checked, OpenIndex, SearchIndex } from "./options.js";
import { facetOf, hasWords, pagesOf } from "./pages.js";
import type { ResultFacet, ResultPage, SectionPayload } from "./pages.js";
import { SECTIONS, countsQuery, sectionsQuery } from "./query.js";
import type { Wanted } from "./query.js";
import { Recent } from "./recent.js";

/**
 * `idle`: nothing is asked. `opening`: the engine and the beginning of the index are on their way. `searching`: an answer is; what
 * was found before stays until then. `ready`: what was found is there. `failed`: it could not be had, `fault` says why.
 */
export type SearchStatus = "idle" | "opening" | "searching" | "ready" | "failed";

/** Why a search failed, as the `HeadwaterError` behind it says it. */
export interface SearchFault {
  readonly code: Code;
  readonly message: string;
  /** Whether trying again can help. */
  readonly retryable: boolean;
}

/** What a search knows. Each change makes a new one. */
export interface SearchState {
  readonly status: SearchStatus;
  /** What is asked. */
  readonly query: string;
  /** The best first. */
  readonly pages: readonly ResultPage[];
  /** Whether `more()` may find further pages. */
  readonly hasMore: boolean;
  /** Whether no page has the words, so that what was found is only near in meaning. */
  readonly onlyNear: boolean;
  /** Whether parts of the index are not here and cannot be had, so that less was found than there is. */
  readonly isPartial: boolean;
  readonly facets: readonly ResultFacet[];
  /** The last searches from which a result was opened, the newest first. */
  readonly recent: readonly string[];
  readonly fault: SearchFault | undefined;
}

/** What `createSearch` makes. */
export interface SiteSearch {
  readonly state: SearchState;
  /** The language of the index that answers. */
  readonly lang: string;
  /** Calls `hear` after every change; returns a function that ends it. */
  subscribe(hear: (state: SearchState) => void): () => void;
  /** Fetches what every search needs, before one is asked: when a reader turns to the box. */
  prepare(): void;
  /** Asks for what was typed. An empty text ends the search. */
  search(text: string): void;
  /** Chooses a value of a facet, or no longer. Of one field any of the chosen values will do. */
  toggle(field: string, value: string): void;
  /** Adds further pages. */
  more(): void;
  /** Asks again what failed. */
  retry(): void;
  /** Keeps what is asked among the recent searches: its reader opened a result. */
  remember(): void;
  /** Forgets the recent searches. */
  forget(): void;
  /** Ends it, and the index with it. */
  close(): Promise<void>;
}

/** Who types pauses for as long as the last answer took: what memory answers is asked at every letter, what the network answers at the ends of words. */
const LONGEST_PAUSE_MS = 200;
/** Before the first answer nobody knows. */
const FIRST_PAUSE_MS = 80;
/** No search needs more, and an index reads 256 words at most. */
const MOST_CHARS = 256;
/** Nobody reads on; and each more costs what all before it do. */
const MOST_SECTIONS = 200;

export class Controller implements SiteSearch {
  readonly #options: Checked;
  readonly #openIndex: OpenIndex;
  readonly #index: SearchIndex;
  readonly #recent: Recent;
  readonly #listeners = new Set<{ hear: (state: SearchState) => void }>();
  readonly #chosen = new Map<string, Set<string>>();
  readonly #whenOnline = () => {
    if (this.#state.fault?.retryable === true) this.retry();
    else if (this.#state.isPartial) this.#want(this.#state.query, 0);
  };
  #state: SearchState;
  #collection: Promise<Collection<SectionPayload>> | undefined;
  #isOpen = false;
  #byMeaning = true;
  /** The question that counts: answers to others are dropped. */
  #turn = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Sections that were asked for, those that are not shown included. */
  #asked = 0;
  #closed = false;

  constructor(options: Checked, openIndex: OpenIndex) {
    this.#options = options;
    this.#openIndex = openIndex;
    this.#index = indexFor(options.indexes, options.lang ?? globalThis.document?.documentElement.lang ?? "");
    this.#recent = new Recent(options.site, options.recent ?? true);
    const recent = this.#recent.list();
    this.#state = { status: "idle", query: "", pages: [], hasMore: false, onlyNear: false, isPartial: false, facets: this.#facets(), recent, fault: undefined };
    globalThis.addEventListener?.("online", this.#whenOnline);
  }

  get state(): SearchState {
    return this.#state;
  }

  get lang(): string {
    return this.#index.lang;
  }

  readonly subscribe = (hear: (state: SearchState) => void): (() => void) => {
    const mine = { hear };
    this.#listeners.add(mine);
    return () => void this.#listeners.delete(mine);
  };

  prepare(): void {
    this.#checkOpen();
    // Who turns to the box again, later, may find it mended.
    if (this.#state.fault?.retryable === true) return this.retry();
    this.#open().catch((error: unknown) => {
      // A search that waits for it says so itself.
      if (this.#state.status === "idle") this.#fail(error);
    });
  }

  search(text: string): void {
    this.#checkOpen();
    const query = text.trim().slice(0, MOST_CHARS);
    if (query === this.#state.query && this.#state.status !== "failed") return;
    if (query === "") {
      this.#next();
      this.#change({ status: "idle", query, pages: [], hasMore: false, onlyNear: false, isPartial: false, facets: this.#facets(), recent: this.#recent.list(), fault: undefined });
    } else {
      this.#want(query, this.#pauseMs);
    }
  }

  toggle(field: string, value: string): void {
    this.#checkOpen();
    const values = this.#chosen.get(field) ?? new Set();
    this.#chosen.set(field, values);
    if (!values.delete(value)) values.add(value);
    const facets = this.#state.facets.map((facet) => ({
      ...facet,
      values: facet.values.map((one) => ({ ...one, selected: this.#chosen.get(facet.field)?.has(one.value) ?? false })),
    }));
    this.#change({ facets });
    if (this.#state.query !== "") this.#want(this.#state.query, 0);
  }

  more(): void {
    this.#checkOpen();
    if (this.#state.status !== "ready" || !this.#state.hasMore) return;
    this.#change({ status: "searching" });
    void this.#ask(this.#next(), this.#asked);
  }

  retry(): void {
    this.#checkOpen();
    if (this.#state.status !== "failed") return;
    if (this.#state.query !== "") return this.#want(this.#state.query, 0);
    this.#change({ status: "idle", fault: undefined });
    this.prepare();
  }

  remember(): void {
    this.#recent.add(this.#state.query);
    this.#change({ recent: this.#recent.list() });
  }

  forget(): void {
    this.#recent.clear();
    this.#change({ recent: this.#recent.list() });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#next();
    this.#listeners.clear();
    globalThis.removeEventListener?.("online", this.#whenOnline);
    const collection = await this.#collection?.catch(() => undefined);
    await collection?.close();
  }

  #want(query: string, pauseMs: number): void {
    const turn = this.#next();
    this.#change({ status: this.#isOpen ? "searching" : "opening", query, fault: undefined });
    this.#timer = setTimeout(() => void this.#ask(turn, 0), pauseMs);
  }

  /** From here on answers to earlier questions are dropped. */
  #next(): number {
    clearTimeout(this.#timer);
    return (this.#turn += 1);
  }

  async #ask(turn: number, offset: number): Promise<void> {
    try {
      const collection = await this.#open();
      if (turn !== this.#turn) return;
      this.#change({ status: "searching" });
      const startMs = performance.now();
      const [answer, counts] = await this.#answers(collection, offset);
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, performance.now() - startMs);
      if (turn === this.#turn) this.#show(answer, counts, offset);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error, offset);
    }
  }

  async #answers(collection: Collection<SectionPayload>, offset: number): Promise<Answer<SectionPayload>[]> {
    const { facets = [] } = this.#options;
    const ask = () => {
      const wanted: Wanted = { text: this.#state.query, chosen: this.#chosen, byMeaning: this.#byMeaning, offset };
      const isCounted = offset === 0 && facets.length > 0;
      const counts = isCounted ? [countsQuery(wanted, facets)] : [];
      // Away from the network, some of it is better than none.
      return collection.searchBatch([sectionsQuery(wanted), ...counts], { partial: true });
    };
    try {
      return await ask();
    } catch (error) {
      // Nothing says beforehand whether an index has vectors with a model; this code is what it says to a text then.
      if (!this.#byMeaning || faultOf(error).code !== "invalid_query") throw error;
      this.#byMeaning = false;
      return ask();
    }
  }

  #show(answer: Answer<SectionPayload> | undefined, counts: Answer<SectionPayload> | undefined, offset: number): void {
    if (answer === undefined) return;
    const before = offset === 0 ? [] : this.#state.pages;
    const isPartial = answer.leftOut !== undefined;
    const known = new Set(before.map(({ page }) => page));
    // Further sections of a page that is shown already add nothing.
    const further = pagesOf(answer, this.#options.site).filter(({ page }) => !known.has(page));
    this.#asked = offset + answer.hits.length;
    const hasMore = answer.hits.length === SECTIONS && this.#asked < MOST_SECTIONS;
    // Who asks for more wants to see some.
    if (offset > 0 && further.length === 0 && hasMore) return void this.#ask(this.#turn, this.#asked);
    this.#change({
      status: "ready",
      pages: [...before, ...further],
      hasMore,
      onlyNear: offset === 0 ? answer.hits.length > 0 && !hasWords(answer) && !isPartial : this.#state.onlyNear,
      isPartial,
      ...(offset === 0 && { facets: this.#facets(counts) }),
      fault: undefined,
    });
  }

  #facets(counts?: Answer<SectionPayload>): ResultFacet[] {
    const { facets = [] } = this.#options;
    return facets.map(({ field, label = field }) => facetOf(field, label, counts?.facets?.[field], this.#chosen.get(field) ?? new Set()));
  }

  /** What was found for another text is no answer to this one; what stands when further pages fail is. */
  #fail(error: unknown, offset = 0): void {
    const found = offset === 0 ? { pages: [], hasMore: false, onlyNear: false, isPartial: false, facets: this.#facets() } : {};
    this.#change({ status: "failed", ...found, fault: faultOf(error) });
  }

  /** Opens the index once; what failed is opened again by the next one who needs it. */
  #open(): Promise<Collection<SectionPayload>> {
    if (this.#collection === undefined) {
      const opening = this.#openIndex(this.#index, this.#options.assets);
      this.#collection = opening;
      opening.then(
        () => (this.#isOpen = true),
        () => {
          if (this.#collection === opening) this.#collection = undefined;
        },
      );
    }
    return this.#collection;
  }

  #change(change: Partial<SearchState>): void {
    if (this.#closed) return;
    const state = (this.#state = { ...this.#state, ...change });
    for (const listener of [...this.#listeners]) {
      try {
        listener.hear(state);
      } catch (error) {
        // As with events: reported as what nobody caught, and the others hear all the same.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new HeadwaterError("closed", "this search was closed; make another one with createSearch()");
  }
}

/** Scripts that do not arrive are no `HeadwaterError`, and the client's class is another than the one here. */
function faultOf(thrown: unknown): SearchFault {
  const { name, code, message, retryable } = (thrown ?? {}) as Partial<HeadwaterError>;
  if (name === "HeadwaterError" && code !== undefined) return { code, message: message ?? "", retryable: retryable === true };
  return { code: "unreachable", message: `the search's scripts cannot be loaded: ${messageOf(thrown)}`, retryable: true };
}
