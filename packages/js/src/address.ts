/**
 * Where a collection is: one URL, from which those of its objects are made. Its query, such as a signature, goes with
 * each.
 */
import { HeadwaterError } from "./error.js";

export class Address {
  readonly #base: URL;

  /** A `page` is what a relative URL is relative to, where there is one. */
  constructor(url: string | URL, page?: string) {
    const text = typeof url === "string" ? url : url instanceof URL ? url.href : undefined;
    if (text === undefined) throw refused(`the URL of a collection is a string or a URL, not ${url === null ? "null" : typeof url}`);
    this.#base = parsed(text, page);
    const { protocol, username, password } = this.#base;
    if (protocol !== "http:" && protocol !== "https:") {
      throw refused(`${shown(text)} does not begin with http:// or https://${text.includes("://") ? "" : `; did you mean http://${shown(text)}?`}`);
    }
    if (username !== "" || password !== "") {
      throw refused("the URL has a user or password in it, which fetch() refuses; leave them out, or give a server's token as the option \"token\" of connect()");
    }
    // A fragment is never sent.
    this.#base.hash = "";
    this.#base.pathname = this.#base.pathname.replace(/\/+$/, "");
  }

  /** The whole of it. */
  get href(): string {
    return this.name + this.query;
  }

  /** Without its query: the name under which a replica is kept, one at a time. */
  get name(): string {
    const { origin, pathname } = this.#base;
    return origin + (pathname === "/" ? "" : pathname);
  }

  get query(): string {
    return this.#base.search;
  }

  /** The URL of an object of it. */
  of(path: string): string {
    const url = new URL(this.#base);
    url.pathname = url.pathname.replace(/\/$/, "") + path;
    return url.href;
  }

  /** The collection that the URL names, when it is a server's: `…/collections/{name}`. */
  get collection(): string | undefined {
    return /\/collections\/([^/]+)$/.exec(this.#base.pathname)?.[1];
  }

  /** Whether it is the root of a server's API, below which `search` is that of several collections. */
  get isRoot(): boolean {
    return /\/v1\/?$/.test(this.#base.pathname);
  }

  /** What to say where nothing was found: whether the URL is that of a server, which has many collections. */
  get advice(): string {
    if (this.collection !== undefined) return "";
    const { origin, pathname } = this.#base;
    const [, before = "", name = "NAME"] = /^(.*?)\/v1(?:\/collections\/([^/]+))?(?:\/|$)/.exec(pathname) ?? [];
    return `. This URL names no collection: at a server that is ${origin}${before}/v1/collections/${name}, of an export its folder`;
  }
}

/** A URL as it may stand in errors and logs: its query may be a secret. */
export function shown(url: string): string {
  const [before, query] = url.split("?", 2);
  return query === undefined ? url : `${before}?…`;
}

function parsed(text: string, page: string | undefined): URL {
  try {
    return new URL(text, page);
  } catch (cause) {
    const why =
      page === undefined
        ? `there is no page here that it could be relative to; write it whole: https://host/v1/collections/name`
        : `write https://host/v1/collections/name`;
    throw refused(`${JSON.stringify(shown(text))} is no URL: ${why}`, cause);
  }
}

function refused(message: string, cause?: unknown): HeadwaterError {
  return new HeadwaterError("invalid_options", message, false, cause === undefined ? {} : { cause });
}
