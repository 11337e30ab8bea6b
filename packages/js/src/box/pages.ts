/**
 * Answers as pages with sections. What payloads hold is whatever somebody wrote into an index: it is looked at here, and
 * afterwards it is text and nothing else.
 */
import type { FacetCounts, TextRange } from "../generated.js";
import type { Answer, Hit } from "../payload.js";
import { linkOf } from "./links.js";

/** A section as the index has it. The part of a page before its first heading has no `heading`, and the URL of the page. */
export type SectionPayload = {
  page: string;
  url: string;
  title: string;
  heading?: string;
  trail?: string[];
  lang?: string;
};

/** A piece of text, and whether the words of the search stand there. */
export interface Run {
  readonly text: string;
  readonly marked: boolean;
}

/** A section that was found. */
export interface ResultSection {
  /** The point's id. */
  readonly id: string;
  /** Where it is: absolute, and of the site. */
  readonly url: string;
  readonly heading: readonly Run[];
  /** The headings between the page's title and this one. */
  readonly trail: readonly string[];
  readonly snippet: readonly Run[];
}

/** A page with its best sections. */
export interface ResultPage {
  /** Its name in the index. */
  readonly page: string;
  /** Where it is: absolute, and of the site. */
  readonly url: string;
  readonly title: readonly Run[];
  readonly lang: string | undefined;
  /** Of the part before the first heading, where that was found. */
  readonly snippet: readonly Run[];
  /** The best first. */
  readonly sections: readonly ResultSection[];
}

/** A field by which to narrow, with its values: none where there is nothing to choose. */
export interface ResultFacet {
  readonly field: string;
  readonly label: string;
  /** `count`: how many sections have the words and this value. */
  readonly values: ReadonlyArray<{ readonly value: string; readonly count: number; readonly selected: boolean }>;
}

/** A title that is longer is cut: no list is made of it. */
const MOST_CHARS = 300;
/** Headings between the title and a section; HTML has six levels. */
const MOST_TRAIL = 6;

/** Sections of a page that are shown. */
const MOST_SECTIONS = 3;

/** The pages of the sections that were found, by their best one, with the best of each. What leads elsewhere is left out. */
export function pagesOf({ hits }: Answer<SectionPayload>, site: URL): ResultPage[] {
  const pages = new Map<string, [Hit<SectionPayload>, ...Hit<SectionPayload>[]]>();
  for (const hit of hits) {
    const page = textOf(hit.payload.page);
    const known = pages.get(page);
    if (known === undefined) pages.set(page, [hit]);
    else if (known.length < MOST_SECTIONS) known.push(hit);
  }
  return [...pages].flatMap(([page, hits]) => pageOf(page, hits, site) ?? []);
}

function pageOf(page: string, hits: readonly [Hit<SectionPayload>, ...Hit<SectionPayload>[]], site: URL): ResultPage | undefined {
  const [first] = hits;
  const { payload } = first;
  const url = linkOf(page, site);
  if (url === undefined) return undefined;
  const start = hits.find((hit) => textOf(hit.payload.heading) === "");
  const sections = hits.flatMap((hit) => (hit === start ? [] : sectionOf(hit, site) ?? []));
  const title = textOf(payload.title) === "" ? plain(page) : marked(payload.title, rangesOf(first, "title"));
  const lang = textOf(payload.lang);
  return { page, url, title, lang: lang === "" ? undefined : lang, snippet: start === undefined ? [] : snippetOf(start), sections };
}

function sectionOf(hit: Hit<SectionPayload>, site: URL): ResultSection | undefined {
  const { url, heading, trail } = hit.payload;
  const link = linkOf(url, site);
  if (link === undefined) return undefined;
  const between = Array.isArray(trail) ? trail.slice(1, -1).slice(0, MOST_TRAIL).map((text) => textOf(text)).filter((text) => text !== "") : [];
  return { id: hit.id, url: link, heading: marked(heading, rangesOf(hit, "heading")), trail: between, snippet: snippetOf(hit) };
}

function snippetOf({ snippets }: Hit<SectionPayload>): Run[] {
  const [snippet] = snippets?.["text"] ?? [];
  if (snippet === undefined) return [];
  const { text, highlights, cutBefore, cutAfter } = snippet;
  return [...(cutBefore ? plain("… ") : []), ...marked(text, highlights, Infinity), ...(cutAfter ? plain(" …") : [])];
}

function rangesOf({ highlights }: Hit<SectionPayload>, field: string): readonly TextRange[] {
  return highlights?.[field] ?? [];
}

const plain = (text: string): Run[] => [{ text, marked: false }];

/** Text in pieces. Ranges are in order and do not overlap; one that reaches beyond the text ends with it. */
function marked(value: unknown, ranges: readonly TextRange[], most = MOST_CHARS): Run[] {
  const text = textOf(value, most);
  const runs: Run[] = [];
  let at = 0;
  for (const { start, end } of ranges) {
    if (start < at || end <= start || start >= text.length) continue;
    runs.push({ text: text.slice(at, start), marked: false }, { text: text.slice(start, end), marked: true });
    at = end;
  }
  runs.push({ text: text.slice(at), marked: false });
  return runs.filter(({ text }) => text !== "");
}

function textOf(value: unknown, most = MOST_CHARS): string {
  return typeof value === "string" ? value.slice(0, most) : "";
}

/** Whether somewhere in what was found the words of the search stand. */
export function hasWords({ hits }: Answer<SectionPayload>): boolean {
  return hits.some(({ highlights }) => Object.values(highlights ?? {}).some(({ length }) => length > 0));
}

/**
 * What can be chosen of a field: the values that were counted, and those that are chosen. A value that all have narrows nothing:
 * there is no choice then.
 */
export function facetOf(field: string, label: string, counts: FacetCounts | undefined, chosen: ReadonlySet<string>): ResultFacet {
  const counted = (counts?.values ?? []).map(({ value, count }) => ({ value: String(value), count, selected: chosen.has(String(value)) }));
  const others = [...chosen].filter((value) => counted.every((one) => one.value !== value));
  const values = [...counted, ...others.map((value) => ({ value, count: 0, selected: true }))];
  const isChoice = values.length > 1 || chosen.size > 0 || (counts?.missing ?? 0) > 0;
  return { field, label, values: isChoice ? values : [] };
}
