/** A collection that a server answers for: the origin, or an edge worker. */
import { Address, shown } from "./address.js";
import { ASYNC_DISPOSE } from "./collection.js";
import type { CallOptions, Collection, SearchOptions } from "./collection.js";
import { HeadwaterError, isProblem } from "./error.js";
import type { Code, CollectionStatus, Suggest, Suggestions } from "./generated.js";
import { failureOf, ownFailure, redirectOf, refusalOf } from "./network.js";
import { checkConnect, refused, searchOptionsOf, signalOf } from "./options.js";
import type { Answer, AnyPayload, Point } from "./payload.js";
import { eachOf, encodeQuery, encodeSuggest, idOf } from "./query.js";
import type { QueryInput } from "./query.js";

/** How a server is asked. */
export interface ConnectOptions {
  /** Sent as a bearer token. */
  token?: string;
  /** Another `fetch`. */
  fetch?: typeof fetch;
}

/** A collection at a server. */
export interface Remote<P extends object = AnyPayload> extends Collection<P> {
  /** What the server says of it. */
  status(options?: CallOptions): Promise<CollectionStatus>;
}

/**
 * Names the collection at `url`: `https://host/v1/collections/name`. A query of the URL is sent with each request,
 * what stands behind a `#` never. Nothing is sent until it is asked, and redirects are not followed.
 *
 * `connect<Word>(…)` says what payloads are, for the compiler.
 *
 * Throws a `HeadwaterError` at once, with the code `invalid_options`, when the URL or an option cannot be meant so.
 */
export function connect<P extends object = AnyPayload>(url: string | URL, options: ConnectOptions = {}): Remote<P> {
  checkConnect(options);
  return new RemoteCollection(new Address(url, globalThis.location?.href), options);
}

/** The codes of what is answered where no collection is. */
const ELSEWHERE: readonly Code[] = ["not_found", "method_not_allowed", "bad_response"];

class RemoteCollection<P extends object> implements Remote<P> {
  readonly #address: Address;
  readonly #headers: Record<string, string>;
  readonly #own: typeof fetch | undefined;
  readonly #ended = new AbortController();

  constructor(address: Address, { token, fetch }: ConnectOptions) {
    this.#address = address;
    this.#headers = token === undefined ? {} : { authorization: bearer(token) };
    this.#own = fetch;
  }

  async search(query: QueryInput, options?: SearchOptions): Promise<Answer<P>> {
    const headers = { ...this.#headers, "content-type": "application/json" };
    const answer = await this.#ask<Answer<P>>("/search", { method: "POST", headers, body: encodeQuery(query) }, searchOptionsOf(options).signal);
    if (Array.isArray(answer.hits)) return answer;
    throw new HeadwaterError("bad_response", `${shown(this.#address.of("/search"))} answered something else than hits`);
  }

  async searchBatch(queries: readonly QueryInput[], options?: SearchOptions): Promise<Answer<P>[]> {
    const headers = { ...this.#headers, "content-type": "application/json" };
    const body = `{"queries":[${eachOf(queries, encodeQuery).join(",")}]}`;
    const { answers } = await this.#ask<{ answers: Answer<P>[] }>("/search/batch", { method: "POST", headers, body }, searchOptionsOf(options).signal);
    if (Array.isArray(answers) && answers.length === queries.length) return answers;
    throw new HeadwaterError("bad_response", `${shown(this.#address.of("/search/batch"))} answered something else than ${queries.length} answers`);
  }

  async suggest(request: Suggest, options?: CallOptions): Promise<Suggestions> {
    const headers = { ...this.#headers, "content-type": "application/json" };
    const init = { method: "POST", headers, body: encodeSuggest(request) };
    const found = await this.#ask<Suggestions>("/suggest", init, signalOf(options));
    if (Array.isArray(found.suggestions)) return found;
    throw new HeadwaterError("bad_response", `${shown(this.#address.of("/suggest"))} answered something else than suggestions`);
  }

  async get(id: string, options?: CallOptions): Promise<Point<P> | null> {
    const known = idOf(id);
    // No point is called "", "." or "..": as the last step of a URL these would lead elsewhere, percent-encoded as well.
    if (known === undefined || ["", ".", ".."].includes(known)) return null;
    try {
      return await this.#ask(`/points/${encodeURIComponent(known)}`, { headers: this.#headers }, signalOf(options));
    } catch (error) {
      if (error instanceof HeadwaterError && error.code === "point_not_found") return null;
      throw error;
    }
  }

  async status(options?: CallOptions): Promise<CollectionStatus> {
    return this.#ask("", { headers: this.#headers }, signalOf(options));
  }

  async close(): Promise<void> {
    this.#ended.abort();
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.close();
  }

  async #ask<T extends object>(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<T> {
    const closed = () => new HeadwaterError("closed", "this collection was closed; connect again");
    if (this.#ended.signal.aborted) throw closed();
    const url = this.#address.of(path);
    const either = new AbortController();
    const abort = () => either.abort(signal?.reason);
    for (const source of [signal, this.#ended.signal]) source?.addEventListener("abort", abort, { once: true });
    try {
      // What the caller's own signal says is the caller's to know again.
      signal?.throwIfAborted();
      const { response, text } = await this.#fetch(url, { ...init, redirect: "manual", signal: either.signal });
      if (!response.ok) throw problemOf(url, response, text);
      return objectIn(url, text) as T;
    } catch (thrown) {
      if (thrown instanceof HeadwaterError) throw this.#advised(thrown);
      if (this.#ended.signal.aborted) throw closed();
      if (signal?.aborted === true) throw signal.reason;
      throw failureOf(url, thrown, this.#own !== undefined);
    } finally {
      for (const source of [signal, this.#ended.signal]) source?.removeEventListener("abort", abort);
    }
  }

  /** What else than Headwater's answer came, perhaps because the URL is that of the whole server. */
  #advised(error: HeadwaterError): HeadwaterError {
    const { advice, isRoot } = this.#address;
    const isElsewhere = ELSEWHERE.includes(error.code) || (isRoot && error.code === "invalid_query");
    if (advice === "" || !isElsewhere) return error;
    return new HeadwaterError(error.code, error.message + advice, error.retryable, { cause: error.cause });
  }

  async #fetch(url: string, init: RequestInit): Promise<{ response: Response; text: string }> {
    // Not as a method of this: the `fetch` of browsers is one of the window.
    const own = this.#own;
    if (own === undefined) {
      const response = await globalThis.fetch(url, init);
      return { response, text: await response.text() };
    }
    const started = startOwn(() => own(url, init));
    const response = await started;
    if (typeof (response as Partial<Response> | null | undefined)?.text !== "function") {
      throw ownFailure(new TypeError("it did not return a Response"));
    }
    return { response, text: await response.text() };
  }
}

/** `fetch` never throws, it rejects: what throws is a defect of what stands in its place. */
function startOwn<T>(start: () => T): T {
  try {
    return start();
  } catch (thrown) {
    throw ownFailure(thrown);
  }
}

function bearer(token: string): string {
  const value = `Bearer ${token.trim()}`;
  try {
    new Headers({ authorization: value });
    return value;
  } catch {
    // Without its cause, which would repeat the token.
    throw refused('the option "token" of connect() has characters that a header cannot carry; was something else pasted?');
  }
}

function objectIn(url: string, text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new HeadwaterError("bad_response", `${shown(url)} answered something else than JSON`, false, { cause });
  }
  if (typeof value === "object" && value !== null) return value;
  throw new HeadwaterError("bad_response", `${shown(url)} answered something else than an object`);
}

/** What a server that is not ours, or a proxy before it, answers is told by its status alone. */
function problemOf(url: string, response: Response, text: string): HeadwaterError {
  if (response.headers?.get("content-type")?.startsWith("application/problem+json") === true) {
    const problem = objectIn(url, text);
    if (isProblem(problem)) return HeadwaterError.from(problem);
  }
  return redirectOf(url, response) ?? refusalOf(url, response.status);
}
