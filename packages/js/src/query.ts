/**
 * Queries as JSON, the same for engine and server. What JSON would change or leave out without a word is refused
 * here, by its place in the query: `filter.price.$gt is NaN`. What the keys mean is the engine's or the server's to
 * say.
 */
import { HeadwaterError, messageOf } from "./error.js";
import type { Query, Suggest, VectorQuery } from "./generated.js";

/** What is near to what; its vector may be a typed array. */
type VectorInput = Omit<VectorQuery, "vector"> & { vector?: ArrayLike<number> };

/** A query; vectors may be typed arrays, and datetimes `Date`s. */
export type QueryInput = Omit<Query, "vector" | "vectors"> & { vector?: ArrayLike<number>; vectors?: Record<string, VectorInput> };

/** Lists and objects in each other, as many as the engine reads. */
const MAX_DEPTH = 127;
/** Half of a surrogate pair: half an emoji, say, where a text was cut between its two units. */
const HALF = /\p{Surrogate}/u;
const HALVES = /\p{Surrogate}/gu;

type Members = Record<string, unknown>;

/** @internal JSON as the engine and servers read it. */
export function encodeQuery(query: QueryInput): string {
  return readable(() => JSON.stringify(whole(membersOf(query))));
}

/**
 * @internal The query for an engine: a `Float32Array` goes beside the JSON as it is. A copy of its own, because what is
 * posted to a worker takes the whole buffer along.
 */
export function encodeApart(query: QueryInput): [query: string, vector?: Float32Array] {
  return readable(() => {
    const { vector, ...rest } = membersOf(query);
    if (!(vector instanceof Float32Array)) return [encodeQuery(query)];
    checkNumbers(vector, "vector");
    return [encodeQuery(rest as QueryInput), vector.slice()];
  });
}

/** Queries of one call, as many as servers take. */
const MAX_QUERIES = 100;

/** @internal Each query of a list; what is refused says which one it was. */
export function eachOf<T>(queries: readonly QueryInput[], encode: (query: QueryInput) => T): T[] {
  if (!Array.isArray(queries)) throw refused(`queries are a list such as [{ match: "cat" }], not ${kindOf(queries)}`);
  if (queries.length === 0 || queries.length > MAX_QUERIES) {
    throw new HeadwaterError("limit_exceeded", `a batch has 1 to ${MAX_QUERIES} queries, not ${queries.length}`);
  }
  return Array.from(queries, (query: QueryInput, index) => {
    try {
      return encode(query);
    } catch (thrown) {
      throw aboutQuery(index, thrown);
    }
  });
}

/** @internal An error of one query of several. */
export function aboutQuery(index: number, thrown: unknown): HeadwaterError {
  return about(`queries[${index}]`, thrown);
}

/** @internal An error of one search of several collections. */
export function aboutSearch(index: number, thrown: unknown): HeadwaterError {
  return about(`searches[${index}]`, thrown);
}

function about(place: string, thrown: unknown): HeadwaterError {
  const { code, message, retryable, cause } = HeadwaterError.from(thrown);
  return new HeadwaterError(code, `${place}: ${message}`, retryable, cause === undefined ? {} : { cause });
}

/** @internal A request for suggestions, read as a query is. */
export function encodeSuggest(request: Suggest): string {
  return readable(() => {
    const members = whole(membersOf(request, 'a request for suggestions is an object such as { query: "small tel" }'));
    return JSON.stringify({ ...members, ...(members["query"] !== undefined && { query: words(members["query"]) }) });
  });
}

/** Members that compute themselves may throw anything. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof HeadwaterError) throw thrown;
    throw new HeadwaterError("invalid_query", `the query cannot be read: ${messageOf(thrown)}`, false, { cause: thrown });
  }
}

/**
 * @internal An id as it can be asked for. Half a sign is in no id: such a one is of no point, which is `undefined`
 * here.
 */
export function idOf(id: string): string | undefined {
  if (typeof id !== "string") throw refused(`an id is a string, not ${kindOf(id)}`);
  return HALF.test(id) || id === "" ? undefined : id;
}

function membersOf(query: unknown, is = 'a query is an object such as { text: "small wild cat" }'): Members {
  if (typeof query === "object" && query !== null && !Array.isArray(query)) return query as Members;
  throw refused(`${is}, not ${kindOf(query)}`);
}

function whole(query: Members): Members {
  const { vector, vectors } = query;
  const named = isPlain(vectors) && Object.fromEntries(Object.entries(vectors).map(([name, one]) => [name, withList(one)]));
  const given = { ...query, ...(vector !== undefined && { vector: listOf(vector) }), ...(named && { vectors: named }) };
  return withoutHalves(plain(given, "", []) as Members);
}

const withList = (one: unknown) => (isPlain(one) && one["vector"] !== undefined ? { ...one, vector: listOf(one["vector"]) } : one);

/** A vector as a list, whatever it is that has numbers and a length. */
function listOf(vector: unknown): unknown {
  const { length } = Object(vector) as { length?: unknown };
  return typeof vector === "object" && typeof length === "number" ? Array.from(vector as ArrayLike<unknown>) : vector;
}

/**
 * The value as `JSON.stringify` would write it, without what it would change. `above` are the objects that it is in.
 */
function plain(value: unknown, path: string, above: readonly object[]): unknown {
  switch (typeof value) {
    case "number":
      if (!Number.isFinite(value)) throw notFinite(value, path);
      return value;
    case "string":
    case "boolean":
      return value;
    case "object":
      return value === null ? null : plainObject(value, path, above);
    default:
      throw refused(`${path} is ${kindOf(value)}, which a query cannot carry${typeof value === "bigint" ? "; use a number" : ""}`);
  }
}

function plainObject(value: object, path: string, above: readonly object[]): unknown {
  if (above.includes(value)) throw refused(`${path} is the object that it is in; a query has an end`);
  if (above.length > MAX_DEPTH) throw refused("lists and objects of the query are nested too deep");
  const inside = [...above, value];
  if (value instanceof Date && Number.isNaN(value.getTime())) throw refused(`${path} is an invalid Date`);
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") {
    return plain((value as { toJSON(): unknown }).toJSON(), path, inside);
  }
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value)) {
    return Array.from(value as ArrayLike<unknown>, (item, i) => plain(item, `${path}[${i}]`, inside));
  }
  if (!isPlain(value)) throw refused(`${path} is ${kindOf(value)}; use a plain object or a list`);
  const members = Object.entries(value).flatMap(([name, member]) => {
    const place = path === "" ? name : `${path}.${name}`;
    if (member !== undefined) return [[name, plain(member, place, inside)]];
    // Options that are undefined were not given. Of a filter that would let pass what it was meant to keep out.
    if (place.startsWith("filter.")) throw refused(`${place} is undefined; without it the filter would let more pass: leave it out, or give a value`);
    return [];
  });
  return Object.fromEntries(members);
}

function checkNumbers(numbers: ArrayLike<number>, path: string): void {
  for (let i = 0; i < numbers.length; i += 1) {
    if (!Number.isFinite(numbers[i])) throw notFinite(numbers[i] as number, `${path}[${i}]`);
  }
}

/**
 * The query answered as if halves of signs were not there: they are no words, no part of an id, and no value of any
 * point.
 */
function withoutHalves(query: Members): Members {
  const { text, match, like, filter, vectors } = query;
  checkLike(like, "like");
  const named = isPlain(vectors) && Object.entries(vectors).map(([name, one]) => {
    if (!isPlain(one)) return [name, one];
    checkLike(one["like"], `vectors.${name}.like`);
    return [name, { ...one, ...(one["text"] !== undefined && { text: words(one["text"]) }) }];
  });
  return {
    ...query,
    ...(text !== undefined && { text: words(text) }),
    ...(match !== undefined && { match: matchWords(match) }),
    ...(filter !== undefined && { filter: filterOf(filter) }),
    ...(named && { vectors: Object.fromEntries(named) as unknown }),
  };
}

const words = (text: unknown) => (typeof text === "string" ? text.replace(HALVES, "") : text);
const isHalf = (value: unknown) => typeof value === "string" && HALF.test(value);

function matchWords(match: unknown): unknown {
  if (Array.isArray(match)) return match.map(matchWords);
  return isPlain(match) && match["query"] !== undefined ? { ...match, query: words(match["query"]) } : words(match);
}

function checkLike(like: unknown, path: string): void {
  if (isHalf(like)) throw new HeadwaterError("point_not_found", `${path}: there is no point ${JSON.stringify(like)}`);
  if (Array.isArray(like)) like.forEach((id, i) => checkLike(id, `${path}[${i}]`));
  if (isPlain(like)) for (const key of ["ids", "not"]) checkLike(like[key], `${path}.${key}`);
}

function filterOf(filter: unknown): unknown {
  if (!isPlain(filter)) return filter;
  return Object.fromEntries(
    Object.entries(filter).map(([name, value]) => {
      if (name === "$and" || name === "$or") return [name, Array.isArray(value) ? value.map(filterOf) : value];
      return [name, name === "$not" ? filterOf(value) : conditionOf(value)];
    }),
  );
}

/** No point has such a value: nothing equals it, all are different. */
function conditionOf(value: unknown): unknown {
  if (isHalf(value)) return { $in: [] };
  if (!isPlain(value)) return value;
  if (["$eq", "$prefix", "$contains"].some((operator) => isHalf(value[operator]))) return { $in: [] };
  const { $ne, ...rest } = value;
  const others = Object.entries(rest).map(([operator, operand]) => [
    operator,
    (operator === "$in" || operator === "$nin") && Array.isArray(operand) ? operand.filter((one) => !isHalf(one)) : operand,
  ]);
  const kept = Object.fromEntries(others) as Members;
  if ($ne === undefined) return kept;
  return isHalf($ne) ? { $nin: [], ...kept } : { $ne, ...kept };
}

function isPlain(value: unknown): value is Members {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "bigint") return "a BigInt";
  const kind = typeof value === "object" ? Object.prototype.toString.call(value).slice("[object ".length, -1) : typeof value;
  return `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}`;
}

function notFinite(value: number, path: string): HeadwaterError {
  return new HeadwaterError("non_finite", `${path} is ${value}; use a finite number`);
}

function refused(message: string): HeadwaterError {
  return new HeadwaterError("invalid_query", message);
}
