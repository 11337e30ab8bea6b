/**
 * The generated types that carry payloads, with what those are: a program says it once, as `open<Word>(…)` or
 * `connect<Word>(…)`, and has it in every answer. Nothing looks whether it is so: the schema of a collection declares
 * some fields of payloads, and leaves the others free.
 */
import type * as generated from "./generated.js";

/** What is known of a payload when the program says nothing of it. */
export type AnyPayload = Record<string, unknown>;

/** One found point. */
export interface Hit<P extends object = AnyPayload> extends Omit<generated.Hit, "payload" | "group"> {
  /** The payload fields asked for. */
  payload: P;
  /** The hits that share its value, when the query's `collapse` is an object. */
  group?: Group<P>;
}

/** The hits that share a value, inside the first of them. */
export interface Group<P extends object = AnyPayload> extends Omit<generated.Group, "hits"> {
  /** The first ones of them, in the order of hits: also the hit in which this stands. Those inside have no groups. */
  hits: Array<Hit<P>>;
}

/** What a search found: hits by score descending, then by id, unless the query sorts. */
export interface Answer<P extends object = AnyPayload> extends Omit<generated.Answer, "hits"> {
  /** The hits. */
  hits: Array<Hit<P>>;
  /** Of a replica that was asked with `partial`: what of the query is not answered, because parts that it needs cannot be had. */
  leftOut?: LeftOut[];
}

/** A part of a query: its facets; `text`, `vector`, `vectors` and `like`; or `match`. */
export type LeftOut = "facets" | "vectors" | "words";

/** One searchable thing. */
export interface Point<P extends object = AnyPayload> extends Omit<generated.Point, "payload"> {
  /** At most 64 KiB as JSON; kept as it is given, but for white space and how strings are escaped. */
  payload?: P;
}
