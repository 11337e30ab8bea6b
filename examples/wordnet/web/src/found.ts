/**
 * What a search found, and what its answer leaves open: whether it is the words or the filters that find nothing, and
 * whether any entry has the words where all that is shown is near in meaning. Both are asked only where they are in
 * doubt.
 */
import type { Answer, Boost, Filter, Query, Total } from "headwater";
import type { View } from "./address.js";
import { filterFor } from "./lexicon.js";

export interface Found {
  readonly answer: Answer;
  /** How many entries the search finds without its filters; known where with them it finds none. */
  readonly unfiltered: Total | undefined;
  /** Whether no entry has the words, of a search by both. */
  readonly isWithoutWords: boolean;
}

export async function findFor(view: View, search: (query: Query) => Promise<Answer>): Promise<Found> {
  const filter = filterFor(view.pos, view.lexfile);
  const asked = wordsOf(view);
  const counted = view.by === "words" && { facets: { pos: {}, lexfile: { top: 50 } } };
  const answer = await search({ ...asked, ...filtered(filter), ...counted, topK: view.topK });
  // What these would add is a courtesy: without them the answer stands.
  const total = (query: Query) => search({ ...query, topK: 1, total: true }).then((other) => other.total, () => undefined);
  const unfiltered = answer.hits.length === 0 && filter !== undefined ? await total(asked) : undefined;
  const isInDoubt = view.by === "both" && answer.hits.length > 0 && !answer.hits.some(hasWords);
  const withWords = isInDoubt ? await total({ ...wordsOf({ ...view, by: "words" }), ...filtered(filter) }) : undefined;
  return { answer, unfiltered, isWithoutWords: withWords?.value === 0 };
}

/** What to look for: the text as a meaning, its words as they are being typed, or both. */
function wordsOf({ q, by }: View): Query {
  const text = q.trim();
  if (by === "meaning") return { text, explain: true };
  // What follows the last word says that it is finished.
  // Of meanings with the same words the usual one comes first.
  const boosts: Boost[] = [{ field: "uses", log: true, weight: 0.05 }];
  const words = { match: { query: q, prefix: true, fuzzy: true }, boosts, highlight: true, explain: true };
  return by === "words" ? words : { text, ...words };
}

const filtered = (filter: Filter | undefined) => (filter === undefined ? {} : { filter });

/** The parts of a search by both: meaning, then words. */
const hasWords = ({ parts }: Answer["hits"][number]) => parts?.[1]?.score !== undefined;
