/**
 * What can be asked instead, where parts that a query needs are not here and cannot be had: the same query without a part of it.
 * What is left is answered whole, with the scores that it has alone.
 */
import type { LeftOut } from "./payload.js";

type Members = Record<string, unknown>;

/** The keys of each part. */
const FACETS = ["facets"];
const VECTORS = ["text", "vector", "like", "vectors", "using", "efSearch", "exact", "oversampling", "diversity", "fusion"];
const WORDS = ["match", "highlight", "snippets", "fusion"];
const VECTORS_ASKED = ["text", "vector", "like", "vectors"];

/** A query with less, and what that is. */
export interface Less {
  query: string;
  vector?: Float32Array;
  leftOut: LeftOut[];
}

/** A query without its facets, without what ranks by meaning, and without its words, in this order; never without all that ranks. */
export function lesser(query: string, vector?: Float32Array): Less[] {
  const members = JSON.parse(query) as Members;
  const has = (keys: readonly string[]) => keys.some((key) => members[key] !== undefined);
  const ranksByBoth = (vector !== undefined || has(VECTORS_ASKED)) && has(["match"]);
  const without = (leftOut: LeftOut[], keys: readonly string[], vector?: Float32Array): Less => {
    const rest = Object.entries(members).filter(([key]) => !keys.includes(key));
    return { query: JSON.stringify(Object.fromEntries(rest)), ...(vector !== undefined && { vector }), leftOut };
  };
  const all: Less[] = [];
  if (has(FACETS)) all.push(without(["facets"], FACETS, vector));
  if (!ranksByBoth) return all;
  all.push(without(["vectors"], VECTORS), without(["words"], WORDS, vector));
  if (has(FACETS)) all.push(without(["facets", "vectors"], [...FACETS, ...VECTORS]), without(["facets", "words"], [...FACETS, ...WORDS], vector));
  return all;
}
