/** What the box asks of an index. */
import type { Filter } from "../generated.js";
import type { QueryInput } from "../query.js";
import type { FacetOption } from "./options.js";

/**
 * Sections that are asked for at first, and added by `more()`; what is shown are their pages, and the best ones are often of one
 * page. Groups of the engine would be filled, and an index that comes in parts would fetch several times as much for that. So many
 * are also looked at closely, of meaning and of words each: fewer, and the engine would look a second time, deeper.
 */
export const SECTIONS = 32;
/** Values of a facet to choose from: more are no choice but a list to read. */
const VALUES = 10;
/** A line or two below a heading. */
const SNIPPET_CHARS = 160;

/** What is wanted. */
export interface Wanted {
  readonly text: string;
  readonly chosen: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether to search by meaning as well: a language that the model does not speak has no vectors. */
  readonly byMeaning: boolean;
  /** Sections to leave out at the beginning. */
  readonly offset: number;
}

/** A word that the site has is meant: so an index that comes in parts need not be asked for what is like it. */
const matchOf = (query: string) => ({ query, prefix: true, fuzzy: { onlyUnknown: true } });

function filterOf({ chosen }: Wanted): { filter?: Filter } {
  const conditions = [...chosen].filter(([, values]) => values.size > 0).map(([field, values]) => [field, { $in: [...values] }]);
  return conditions.length === 0 ? {} : { filter: Object.fromEntries(conditions) as Filter };
}

/** The best sections. */
export function sectionsQuery(wanted: Wanted): QueryInput {
  const { text, byMeaning, offset } = wanted;
  return {
    ...(byMeaning && { text, efSearch: SECTIONS }),
    match: matchOf(text),
    ...filterOf(wanted),
    fields: ["page", "url", "title", "heading", "trail", "lang"],
    highlight: true,
    snippets: { fields: ["text"], chars: SNIPPET_CHARS },
    topK: SECTIONS,
    offset,
  };
}

/**
 * How many sections have the words, by value. Asked by words alone: by meaning every section is near in some degree, and what
 * would be counted is the whole site.
 */
export function countsQuery(wanted: Wanted, facets: readonly FacetOption[]): QueryInput {
  const counted = facets.map(({ field }) => [field, { disjunctive: true, top: VALUES }]);
  return { match: matchOf(wanted.text), ...filterOf(wanted), facets: Object.fromEntries(counted), fields: ["page"], topK: 1 };
}
