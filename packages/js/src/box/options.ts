/** What a site says of its search. It is looked at before anything is done: a misspelt option must not be ignored. */
import type { Collection } from "../collection.js";
import { HeadwaterError } from "../error.js";
import type { SectionPayload } from "./pages.js";
import type { Texts } from "./texts.js";

/** One language of a site: a folder that `headwater publish --to` or `headwater build` wrote, or the URL of a collection. */
export interface SearchIndex {
  /** The language of its pages, as `<html lang>` says it. */
  lang: string;
  /** Where it is. */
  url: string | URL;
  /** The public keys whose signature counts. */
  trust: string | readonly string[];
  /** How many pages it has: the index with most of them answers on pages in languages that have none. */
  pages?: number;
}

/** A field by which readers narrow what is found. */
export interface FacetOption {
  /** A `keyword` of the schema. */
  field: string;
  /** What it is called; its own name when absent. */
  label?: string;
}

/** Opens an index. The search closes what it has opened. */
export type OpenIndex = (index: SearchIndex, assets?: string | URL) => Promise<Collection<SectionPayload>>;

/** What `createSearch` takes. */
export interface SearchOptions {
  /** The root of the site, to which URLs of pages are relative. Hits that lead to another site are left out. */
  site: string | URL;
  /** An index for each language. */
  indexes: readonly SearchIndex[];
  /** What readers narrow by, in this order. */
  facets?: readonly FacetOption[];
  /** The language to search in: that of the page when absent. */
  lang?: string;
  /** Whether to keep the last searches in `localStorage`. Default: `true`. */
  recent?: boolean;
  /** A folder with `worker.js` and `headwater_bg.wasm`, as the option of `open` has it. */
  assets?: string | URL;
  /** How an index is opened: for those who bring `open` of a bundle of their own, or `connect` to a server. */
  open?: OpenIndex;
}

/** What `defineSearch` takes: language and recent searches are said by attributes of the element. */
export interface BoxOptions extends Omit<SearchOptions, "lang" | "recent"> {
  /** Words of the box by language, in place of the built-in ones or beside them. */
  texts?: Readonly<Record<string, Partial<Texts>>>;
}

/** Options that were looked at. */
export interface Checked extends Omit<SearchOptions, "site"> {
  site: URL;
  texts: Readonly<Record<string, Partial<Texts>>>;
}

type Rule = [is: string, test: (value: unknown) => boolean];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isUrl = (value: unknown) => isText(value) || value instanceof URL;

const RULES: Record<keyof SearchOptions | keyof BoxOptions, Rule> = {
  site: ["a text or a URL", isUrl],
  indexes: ["a list such as [{ lang: \"en\", url: \"./en/\", trust: \"ed25519:…\" }]", (value) => Array.isArray(value) && value.length > 0 && value.every(isIndex)],
  facets: ["a list such as [{ field: \"section\", label: \"Section\" }]", (value) => Array.isArray(value) && value.every(isFacet)],
  lang: ["a language such as \"en\"", isText],
  recent: ["true or false", (value) => typeof value === "boolean"],
  assets: ["a text or a URL", isUrl],
  open: ["a function", (value) => typeof value === "function"],
  texts: ["an object such as { fr: { button: \"Rechercher\" } }", (value) => isObject(value) && Object.values(value).every(isObject)],
};

const OF_BOX = ["site", "indexes", "facets", "assets", "open", "texts"];
const OF_SEARCH = ["site", "indexes", "facets", "assets", "open", "lang", "recent"];

/** Fails with the code `invalid_options` unless options can be meant so. */
export function checkSearch(call: "createSearch()" | "defineSearch()", options: unknown): Checked {
  if (!isObject(options)) throw refused(`the options of ${call} are an object such as { site, indexes: [{ lang, url, trust }] }`);
  const known = call === "createSearch()" ? OF_SEARCH : OF_BOX;
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) throw refused(`${call} has no option ${JSON.stringify(name)}; there are ${known.join(", ")}`);
    const [is, test] = RULES[name as keyof typeof RULES];
    if (value !== undefined && !test(value)) throw refused(`the option ${JSON.stringify(name)} of ${call} is ${is}`);
  }
  for (const name of ["site", "indexes"]) {
    if (options[name] === undefined) throw refused(`the option ${JSON.stringify(name)} of ${call} is missing`);
  }
  const given = options as unknown as SearchOptions & BoxOptions;
  return { ...given, site: siteOf(call, given.site), texts: given.texts ?? {} };
}

function refused(message: string): HeadwaterError {
  return new HeadwaterError("invalid_options", message);
}

function siteOf(call: string, site: string | URL): URL {
  const base = globalThis.document?.baseURI;
  if (!URL.canParse(site, base)) throw refused(`the option "site" of ${call} is the URL of a folder; outside of pages an absolute one`);
  const url = new URL(site, base);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refused(`the option "site" of ${call} is at ${url.protocol}, where browsers load no search; serve the folder over http or https`);
  }
  return url;
}

function isIndex(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { lang, url, trust, pages } = value;
  const isTrusted = isText(trust) || (Array.isArray(trust) && trust.length > 0 && trust.every(isText));
  return isText(lang) && isUrl(url) && isTrusted && (pages === undefined || typeof pages === "number");
}

function isFacet(value: unknown): boolean {
  return isObject(value) && isText(value["field"]) && (value["label"] === undefined || typeof value["label"] === "string");
}

/** The index for a language: that of it, else of its variants, else the one with most pages. */
export function indexFor(indexes: readonly SearchIndex[], lang: string): SearchIndex {
  const [wanted, primary] = [lang.toLowerCase(), primaryOf(lang)];
  const exact = indexes.find((index) => index.lang.toLowerCase() === wanted);
  const related = indexes.find((index) => primaryOf(index.lang) === primary);
  const largest = indexes.reduce((most, index) => ((index.pages ?? 0) > (most.pages ?? 0) ? index : most));
  return exact ?? related ?? largest;
}

/** "de" of "de-AT". */
export function primaryOf(lang: string): string {
  return lang.toLowerCase().split(/[-_]/, 1)[0] ?? "";
}
