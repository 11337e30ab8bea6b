/** One ranking of what several collections have, wherever each of them is answered: as `POST /v1/search` of a server makes it. */
import type { CallOptions, Collection } from "./collection.js";
import { HeadwaterError } from "./error.js";
import type { AcrossMethod, Total } from "./generated.js";
import { checkAcross, checkSearch } from "./options.js";
import type { Answer, AnyPayload, Hit } from "./payload.js";
import { aboutSearch } from "./query.js";
import type { QueryInput } from "./query.js";
import { shortest } from "./score.js";

/** What is searched for in one collection. */
export interface CollectionSearch<P extends object = AnyPayload> {
  /** A replica, or what `connect` gives. */
  collection: Collection<P>;
  /** The query, ranked by scores: without `topK`, `offset`, `after`, `sort` and `pins`. */
  query: QueryInput;
  /** How much its hits count, above 0 and at most 1,000. Default: 1. */
  weight?: number;
}

/** How the hits of several searches become one ranking. */
export interface AcrossOptions extends CallOptions {
  /**
   * `"score"`: by their scores, each times its search's weight, for scores that mean the same, as of one model or one
   * language. `"rrf"`: by reciprocal ranks times weights, for scores that cannot be compared. Default: `"score"`.
   */
  method?: AcrossMethod;
  /** How many hits in all, 1 to 10,000. Default: 10. */
  topK?: number;
  /** Hits to leave out at the beginning: with `topK`, at most 10,000. Default: 0. */
  offset?: number;
}

/** A hit among those of several searches. */
export interface HitOfSearch<P extends object = AnyPayload> {
  /** Which of the searches found it, from 0 on. */
  search: number;
  /** What it is ranked by here. */
  score: number;
  /** The hit, with its score among those of its search. */
  hit: Hit<P>;
}

/** What searches of several collections found. */
export interface AnswerOfSearches<P extends object = AnyPayload> {
  /** The hits: by score descending, then in the order of the searches, then as each of them has them. */
  hits: HitOfSearch<P>[];
  /** How many points all searches find; a point that several find counts as often. */
  total: Total;
  /** What each search says, with the hits it was asked for. */
  answers: Answer<P>[];
}

/** How little ranks far down differ: as in the fusion of one query. */
const RRF_CONSTANT = 60;

/** Searches several collections at the same time, and gives one ranking of what they have. */
export async function searchAcross<P extends object = AnyPayload>(
  searches: readonly CollectionSearch<P>[],
  options: AcrossOptions = {},
): Promise<AnswerOfSearches<P>> {
  const { method, topK, offset } = checkAcross(searches, options);
  const { signal } = options;
  const answers = await Promise.all(
    searches.map(async (search, index) => {
      try {
        checkSearch(search);
        return await search.collection.search({ ...search.query, topK: topK + offset }, signal === undefined ? {} : { signal });
      } catch (thrown) {
        throw signal?.aborted === true && thrown === signal.reason ? thrown : aboutSearch(index, thrown);
      }
    }),
  );
  const scoreOf = (weight: number, { score }: Hit<P>, place: number) =>
    shortest(Math.fround(method === "rrf" ? weight / Math.fround(RRF_CONSTANT + 1 + place) : weight * Math.fround(score)));
  const all = answers.flatMap(({ hits }, search): HitOfSearch<P>[] => {
    const weight = Math.fround(searches[search]!.weight ?? 1);
    return hits.map((hit, place) => ({ search, score: scoreOf(weight, hit, place), hit }));
  });
  all.sort((a, b) => b.score - a.score);
  const value = answers.reduce((sum, { total }) => sum + total.value, 0);
  const relation = answers.every(({ total }) => total.relation === "exact") ? "exact" : "atLeast";
  return { hits: all.slice(offset, offset + topK), total: { value, relation }, answers };
}
