/** A collection that a server answers for: the origin, or an edge worker. */
import { ASYNC_DISPOSE, encodeQuery } from "./collection.js";
import type { CallOptions, Collection, QueryInput } from "./collection.js";
import { HeadwaterError, isProblem } from "./error.js";
import type { Answer, CollectionStatus, Point } from "./generated.js";

/** How a server is asked. */
export interface ConnectOptions {
  /** Sent as a bearer token. */
  token?: string;
  /** Another `fetch`. */
  fetch?: typeof fetch;
}

/** A collection at a server. */
export interface Remote extends Collection {
  /** What the server says of it. */
  status(options?: CallOptions): Promise<CollectionStatus>;
}

/** Names the collection at `url`: `https://host/v1/collections/name`. Nothing is sent until it is asked. */
export function connect(url: string, options: ConnectOptions = {}): Remote {
  return new RemoteCollection(url, options);
}

class RemoteCollection implements Remote {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #fetch: typeof fetch;
  readonly #ended = new AbortController();

  constructor(url: string, options: ConnectOptions) {
    this.#url = url.replace(/\/+$/, "");
    this.#headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  async search(query: QueryInput, options: CallOptions = {}): Promise<Answer> {
    const headers = { ...this.#headers, "content-type": "application/json" };
    return this.#ask("/search", { method: "POST", headers, body: encodeQuery(query) }, options);
  }

  async get(id: string, options: CallOptions = {}): Promise<Point | null> {
    // No point is called so: as the last step of a URL these would lead elsewhere, percent-encoded as well.
    if (["", ".", ".."].includes(id)) return null;
    try {
      return await this.#ask(`/points/${encodeURIComponent(id)}`, { headers: this.#headers }, options);
    } catch (error) {
      if (error instanceof HeadwaterError && error.code === "point_not_found") return null;
      throw error;
    }
  }

  async status(options: CallOptions = {}): Promise<CollectionStatus> {
    return this.#ask("", { headers: this.#headers }, options);
  }

  async close(): Promise<void> {
    this.#ended.abort();
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.close();
  }

  async #ask<T>(path: string, init: RequestInit, { signal }: CallOptions): Promise<T> {
    const closed = () => new HeadwaterError("closed", "this collection was closed; connect again");
    if (this.#ended.signal.aborted) throw closed();
    const url = this.#url + path;
    const either = new AbortController();
    const abort = () => either.abort(signal?.reason);
    for (const source of [signal, this.#ended.signal]) source?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted === true) abort();
    try {
      const response = await this.#fetch(url, { ...init, signal: either.signal });
      const text = await response.text();
      if (response.ok) return JSON.parse(text) as T;
      throw problemOf(url, response, text);
    } catch (error) {
      if (error instanceof HeadwaterError) throw error;
      if (this.#ended.signal.aborted) throw closed();
      if (signal?.aborted === true) throw error;
      if (error instanceof SyntaxError) throw new HeadwaterError("bad_response", `${url} answered something else than JSON`);
      throw new HeadwaterError("unreachable", `${url} cannot be reached`, true);
    } finally {
      for (const source of [signal, this.#ended.signal]) source?.removeEventListener("abort", abort);
    }
  }
}

/** What a server that is not ours, or a proxy before it, answers is told by its status alone. */
function problemOf(url: string, response: Response, text: string): HeadwaterError {
  if (response.headers.get("content-type")?.startsWith("application/problem+json") === true) {
    const problem: unknown = JSON.parse(text);
    if (isProblem(problem)) return HeadwaterError.from(problem);
  }
  const away = response.status >= 500 || response.status === 429;
  return new HeadwaterError(away ? "unreachable" : "bad_response", `${url} answered ${response.status}`, away);
}
