/** Options are looked at before anything is done: a misspelt one must not be ignored. */
import type { AcrossOptions, CollectionSearch } from "./across.js";
import type { CallOptions, OpenOptions, Prefetch, SearchOptions } from "./collection.js";
import { HeadwaterError } from "./error.js";
import type { ConnectOptions } from "./remote.js";

/** What an option has to be, in words and as a test. */
type Rule = [is: string, test: (value: unknown) => boolean];
type Rules<T> = Record<keyof T & string, Rule>;

/** What timers of all runtimes take. */
const MAX_MS = 2 ** 31 - 1;

const text: Rule = ["a text", (value) => typeof value === "string" && value !== ""];
const functionRule: Rule = ["a function", (value) => typeof value === "function"];
const signal: Rule = ["an AbortSignal", (value) => typeof (value as Partial<AbortSignal> | null)?.aborted === "boolean" && typeof (value as Partial<AbortSignal>).addEventListener === "function"];
const number = (from: number, to: number, is: string): Rule => [is, (value) => typeof value === "number" && value >= from && value <= to];

const OPEN: Rules<OpenOptions> = {
  trust: ["a public key or a list of them", isTrust],
  onProgress: functionRule,
  syncEveryMs: number(0, MAX_MS, `milliseconds from 0, which turns it off, to ${MAX_MS}`),
  patienceMs: number(1, MAX_MS, `milliseconds from 1 to ${MAX_MS}`),
  memoryBudgetBytes: number(0, Infinity, "a number of bytes"),
  whenExpired: ['"serve" or "refuse"', (value) => value === "serve" || value === "refuse"],
  hold: ['"all", "as-needed" or "in-background"', (value) => ["all", "as-needed", "in-background"].includes(value as string)],
  partsBytes: number(0, Infinity, "a number of bytes"),
  signal,
  assets: ["a text or a URL", (value) => (typeof value === "string" && value !== "") || value instanceof URL],
  // As a path, "file:///kept" is a folder "file:" in the current one.
  cacheDir: ["the path of a folder, as a text and not as a URL", (value) => text[1](value) && !(value as string).startsWith("file:")],
};

const CONNECT: Rules<ConnectOptions> = { token: text, fetch: functionRule };

const CALL: Rules<CallOptions> = { signal };
const SEARCH_CALL: Rules<SearchOptions> = { signal, partial: ["true or false", (value) => typeof value === "boolean"] };

const PREFETCH: Rules<Prefetch> = {
  queries: ["a list of queries", Array.isArray],
  filter: ["a filter such as { lang: \"de\" }", (value) => typeof value === "object" && value !== null && !Array.isArray(value)],
};

/** As many as a server takes. */
const MAX_SEARCHES = 32;
const MAX_HITS = 10_000;

const ACROSS: Rules<AcrossOptions> = {
  method: ['"score" or "rrf"', (value) => value === "score" || value === "rrf"],
  topK: [`a whole number from 1 to ${MAX_HITS}`, (value) => isWhole(value) && value >= 1],
  offset: [`a whole number from 0 to ${MAX_HITS}`, isWhole],
  signal,
};

const SEARCH: Rules<CollectionSearch> = {
  collection: ["a replica, or what connect() returns", (value) => typeof value === "object" && typeof (value as { search?: unknown } | null)?.search === "function"],
  query: ["a query", (value) => typeof value === "object" && value !== null && !Array.isArray(value)],
  weight: ["a number above 0 and at most 1000", (value) => typeof value === "number" && value > 0 && value <= 1000],
};

/** What is of no use here, and what to know then: whoever gives it expects it to do something. */
const USELESS = {
  browsers: { name: "cacheDir", why: "is for Node: browsers keep replicas in IndexedDB. Leave it out here" },
  node: { name: "assets", why: "is for browsers: elsewhere the engine comes with the package. Leave it out here" },
};

/** Without keys that are trusted nothing can be verified, so there is no default. */
export function checkOpen(options: unknown, where: keyof typeof USELESS): asserts options is OpenOptions {
  const example = 'open(url, { trust: "ed25519:…" })';
  if (options === undefined || options === null) {
    throw refused(`open() needs to know whom to trust: ${example}; ${WHERE}`);
  }
  check("open()", options, OPEN);
  const { name, why } = USELESS[where];
  if ((options as Record<string, unknown>)[name] !== undefined) throw refused(`the option ${JSON.stringify(name)} of open() ${why}`);
  const { trust } = options as { trust?: unknown };
  if (trust === undefined) throw refused(`the option "trust" is missing: ${example}; ${WHERE}`);
  if (trust === "" || (Array.isArray(trust) && trust.length === 0)) throw refused(`the option "trust" names no key: ${example}; ${WHERE}`);
}

const WHERE = "the origin prints its public keys by `headwater keys show`";

export function checkConnect(options: unknown): asserts options is ConnectOptions {
  check("connect()", options, CONNECT);
}

/** The signal of a call's options. */
export function signalOf(options: unknown): AbortSignal | undefined {
  if (options === undefined) return undefined;
  check("a call", options, CALL);
  return (options as CallOptions).signal;
}

/** The options of a search of a replica. */
export function searchOptionsOf(options: unknown): SearchOptions {
  if (options === undefined) return {};
  check("a search", options, SEARCH_CALL);
  return options as SearchOptions;
}

/** What is left to ask when all is as it can be. */
export function checkAcross(searches: unknown, options: unknown): { method: "score" | "rrf"; topK: number; offset: number } {
  if (!Array.isArray(searches)) throw refused("searches are a list such as [{ collection, query: { match: \"cat\" } }]");
  if (searches.length === 0 || searches.length > MAX_SEARCHES) throw refused(`searches are 1 to ${MAX_SEARCHES}, not ${searches.length}`);
  check("searchAcross()", options, ACROSS);
  const { method = "score", topK = 10, offset = 0 } = options as AcrossOptions;
  if (offset + topK > MAX_HITS) throw refused(`the options "offset" and "topK" of searchAcross() are together at most ${MAX_HITS}`);
  return { method, topK, offset };
}

/** One of the searches: what is of the one ranking stands in the options, and what is of no ranking by scores nowhere. */
export function checkSearch(search: unknown): void {
  check("a search", search, SEARCH);
  const { collection, query } = search as { collection?: unknown; query?: Record<string, unknown> };
  if (collection === undefined || query === undefined) throw refused(`a search has a "collection" and a "query"`);
  for (const name of ["topK", "offset"]) {
    if (query[name] !== undefined) throw refused(`${JSON.stringify(name)} stands in the options of searchAcross(): it is of the one ranking`);
  }
  for (const name of ["after", "sort", "pins"]) {
    if (query[name] !== undefined) throw refused(`${JSON.stringify(name)} does not go with a ranking by scores; leave it out`);
  }
}

/** What is to be fetched beforehand. */
export function checkPrefetch(what: unknown): asserts what is Prefetch {
  check("prefetch()", what, PREFETCH);
  const { queries, filter } = what as Prefetch;
  if (queries === undefined && filter === undefined) {
    throw refused('prefetch() takes queries or a filter: prefetch({ queries: [{ match: "cat" }] })');
  }
}

/** Fails unless `name` is one of these. */
export function checkName(what: string, name: unknown, known: readonly string[]): void {
  if (!known.includes(name as string)) throw refused(`there is no ${what} ${JSON.stringify(String(name))}; ${advice(String(name), known)}`);
}

export function refused(message: string, cause?: unknown): HeadwaterError {
  return new HeadwaterError("invalid_options", message, false, cause === undefined ? {} : { cause });
}

function check<T>(what: string, options: unknown, rules: Rules<T>): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw refused(`the options of ${what} are an object, not ${options === null ? "null" : Array.isArray(options) ? "a list" : `a ${typeof options}`}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof T & string] : undefined;
    if (rule === undefined) throw refused(`${what} has no option ${JSON.stringify(name)}; ${advice(name, Object.keys(rules))}`);
    // Never the value: it may be a token.
    if (value !== undefined && !rule[1](value)) throw refused(`the option ${JSON.stringify(name)} of ${what} is ${rule[0]}`);
  }
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isTrust(value: unknown): boolean {
  return typeof value === "string" || (Array.isArray(value) && value.every((key) => typeof key === "string"));
}

/** What somebody who wrote `name` may have meant. */
function advice(name: string, known: readonly string[]): string {
  const ranked = known.map((other) => ({ other, edits: edits(name.toLowerCase(), other.toLowerCase()) }));
  const [nearest] = ranked.filter(({ edits }) => edits <= 2).sort((a, b) => a.edits - b.edits);
  const all = `there ${known.length === 1 ? "is" : "are"} ${known.map((other) => JSON.stringify(other)).join(", ")}`;
  return nearest === undefined ? all : `did you mean ${JSON.stringify(nearest.other)}? ${all[0]?.toUpperCase()}${all.slice(1)}`;
}

/** Letters to insert, delete or replace on the way from one name to another. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j += 1) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (to[j] === letter ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
