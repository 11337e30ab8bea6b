/**
 * A replica source: any HTTP server that offers `head`, `manifests/{hash}` and `blobs/{hash}` below a URL, and to readers in parts
 * perhaps `boot` and pieces.
 *
 * No more bytes are read than were announced or are allowed, and no longer than a source keeps sending, whatever it
 * does.
 * That they are the right ones is the engine's to say.
 */
import { Address, shown } from "./address.js";
import { HeadwaterError, isProblem } from "./error.js";
import { failureOf, insecureOf, refusalOf } from "./network.js";
import { inIndex } from "./pieces.js";

/** Bytes of an error's explanation that are worth reading. */
const MAX_PROBLEM_BYTES = 16 * 1024;
/** Bytes of an index of pieces that are worth reading. */
const MAX_INDEX_BYTES = 1024;
/** Room that is made for a body of unknown length. */
const FIRST_BYTES = 64 * 1024;

/** How many bytes a body may have; of a range, from which byte on it is asked for, of how many. */
type Limit = { atMost: number } | { exactly: number } | Range;
type Range = { exactly: number; from: number; total: number };

/** What is heard while a body comes. */
interface Hear {
  /** Bytes read so far. */
  loaded?: ((bytes: number) => void) | undefined;
  /** Asked while all of an object comes, of which a range was asked for: why to break that off, if it is to be. */
  end?: (() => HeadwaterError | undefined) | undefined;
}

/** That a range was asked for, and the source has shown that it does not know ranges. */
export class NoRanges extends HeadwaterError {}

/** A head, until it is given out, and the manifest that it names, with its hash. */
interface Known {
  head?: string;
  hash: string;
  manifest: string;
}

export class Source {
  readonly address: Address;
  readonly #patienceMs: number;
  /** Each aborts a request that is under way. */
  readonly #current = new Set<AbortController>();
  /** Its boot object, where somebody has asked for that already. */
  #early: Promise<Uint8Array | undefined> | undefined;
  /** A head and its manifest that came with something else. */
  #known: Known | undefined;
  #stopped = false;
  /** Whether an answer has said that the source knows ranges. Not all that know them say so, and not to pages of other origins. */
  saysRanges = false;

  /** A source that counts as unreachable when it is silent for `patienceMs`. */
  constructor(url: string, patienceMs: number, early?: Promise<Uint8Array | undefined>) {
    this.address = new Address(url);
    this.#patienceMs = patienceMs;
    this.#early = early;
  }

  /** From now on these are not asked for: the head the next time, the manifest as long as it is that one. */
  know(known: Known): void {
    this.#known = known;
  }

  /** Lets go what is known; whether there was something. */
  forget(): boolean {
    const had = this.#known !== undefined;
    this.#known = undefined;
    return had;
  }

  /** The head, never from an HTTP cache. */
  async head(limit: number): Promise<string> {
    const known = this.#known?.head;
    if (known !== undefined) {
      delete this.#known!.head;
      return known;
    }
    const bytes = await this.#get("/head", "no-store", { atMost: limit });
    return textOf(bytes, () => new HeadwaterError("bad_response", `${shown(this.address.of("/head"))} is not text`));
  }

  /** What the source has ready for readers in parts. */
  async boot(limit: number): Promise<Uint8Array> {
    const early = await this.#early;
    this.#early = undefined;
    return early ?? this.#get("/boot", "no-cache", { atMost: limit });
  }

  async manifest(hash: string, limit: number): Promise<string> {
    if (this.#known?.hash === hash) return this.#known.manifest;
    const bytes = await this.#get(`/manifests/${hash}`, "default", { atMost: limit });
    return textOf(bytes, () => new HeadwaterError("corrupt", `manifest ${hash} is not UTF-8`));
  }

  /** A blob, `heard` being told the bytes read so far. The replica keeps it, so the HTTP cache need not. */
  blob(hash: string, bytes: number, heard: (loaded: number) => void): Promise<Uint8Array> {
    return this.#get(`/blobs/${hash}`, "no-store", { exactly: bytes }, { loaded: heard });
  }

  /**
   * Bytes of a blob or of a page list; all of it where the source has no ranges, unless `end` says why that is to end. `anew`: not
   * from an HTTP cache.
   */
  part(path: string, range: Range, anew: boolean, end?: () => HeadwaterError | undefined): Promise<Uint8Array> {
    return this.#get(path, anew ? "reload" : "default", range, { end });
  }

  /** An object by its hash, or a piece of one, all of it. */
  all(path: string, exactly: number, anew: boolean): Promise<Uint8Array> {
    return this.#get(path, anew ? "reload" : "default", { exactly });
  }

  /** Of how many bytes the pieces of objects are; nothing where there are none. */
  async pieces(): Promise<number | undefined> {
    try {
      const bytes = await this.#get("/pieces.json", "no-cache", { atMost: MAX_INDEX_BYTES });
      return inIndex(new TextDecoder().decode(bytes));
    } catch (thrown) {
      if (["unreachable", "closed"].includes(HeadwaterError.from(thrown).code)) throw thrown;
      return undefined;
    }
  }

  /** Bytes of a blob that is kept as a whole; all of it where the source has no ranges. */
  blobPart(hash: string, range: Range): Promise<Uint8Array> {
    return this.#get(`/blobs/${hash}`, "no-store", range);
  }

  /** Ends what is under way and refuses what comes after. */
  stop(): void {
    this.#stopped = true;
    for (const controller of this.#current) controller.abort();
  }

  async #get(path: string, cache: RequestCache, limit: Limit, hear?: Hear): Promise<Uint8Array> {
    const url = this.address.of(path);
    const watch = new Watch(this.#patienceMs);
    this.#current.add(watch.controller);
    try {
      this.#throwIfStopped();
      return await this.#read(path, cache, limit, watch, hear);
    } catch (thrown) {
      this.#throwIfStopped();
      if (watch.isOver) throw new HeadwaterError("unreachable", `${shown(url)} was silent for ${this.#patienceMs} ms`, true, { cause: thrown });
      throw thrown instanceof HeadwaterError ? thrown : failureOf(url, thrown);
    } finally {
      this.#current.delete(watch.controller);
      watch.end();
    }
  }

  async #read(path: string, cache: RequestCache, limit: Limit, watch: Watch, hear?: Hear): Promise<Uint8Array> {
    const url = this.address.of(path);
    const range = rangeOf(limit);
    const response = await globalThis.fetch(url, { cache, signal: watch.controller.signal, ...(range !== undefined && { headers: { range } }) });
    watch.heard();
    const insecure = insecureOf(url, response.url);
    if (insecure !== undefined) {
      await response.body?.cancel().catch(() => undefined);
      throw insecure;
    }
    if (/\bbytes\b/.test(response.headers.get("accept-ranges") ?? "")) this.saysRanges = true;
    if ("from" in limit && response.status === 200) return body(url, response, { exactly: limit.total }, watch, hear);
    if (response.ok && range !== undefined && !isRange(response, range)) {
      await response.body?.cancel().catch(() => undefined);
      const said = response.headers.get("content-range");
      throw new NoRanges("bad_response", `${shown(url)}: ${range} was asked for, and ${response.status} came with ${said ?? "no range"}`);
    }
    if (response.ok) return body(url, response, limit, watch, { loaded: hear?.loaded });
    const said = await body(url, response, { atMost: MAX_PROBLEM_BYTES }, watch).catch(() => new Uint8Array());
    const detail = detailIn(said);
    if (response.status === 404 && path === "/head") {
      throw new HeadwaterError("not_published", `${shown(url)} answered 404${detail && `: ${detail}`}${this.address.advice}`);
    }
    const refusal = refusalOf(url, response.status, detail);
    throw range !== undefined && response.status === 416 ? new NoRanges(refusal.code, refusal.message) : refusal;
  }

  #throwIfStopped(): void {
    if (this.#stopped) throw new HeadwaterError("closed", "this replica was closed");
  }
}

function rangeOf(limit: Limit): string | undefined {
  return "from" in limit ? `bytes=${limit.from}-${limit.from + limit.exactly - 1}` : undefined;
}

/** Whether an answer has the range that was asked for, and says so. Pages of other origins may not see the header. */
function isRange(response: Response, range: string): boolean {
  const said = response.headers.get("content-range");
  return response.status === 206 && (said === null || said.startsWith(`bytes ${range.slice("bytes=".length)}/`));
}

async function body(url: string, response: Response, limit: Limit, watch: Watch, hear: Hear = {}): Promise<Uint8Array> {
  const isExact = "exactly" in limit;
  const most = isExact ? limit.exactly : limit.atMost;
  // A blob of another length is not the blob; a head may have any length, within reason.
  const wrong = (message: string) => new HeadwaterError(isExact ? "hash_mismatch" : "bad_response", `${shown(url)}${message}`);
  // What may have many bytes, and nobody knows how many, grows.
  let target = buffer(url, isExact ? most : Math.min(most, FIRST_BYTES));
  let length = 0;
  const reader = response.body?.getReader();
  const next = async () => {
    const why = hear.end?.();
    if (why === undefined) return reader?.read();
    await reader?.cancel().catch(() => undefined);
    throw why;
  };
  for (let step = await next(); step?.done === false; step = await next()) {
    watch.heard();
    if (length + step.value.length > most) {
      await reader?.cancel().catch(() => undefined);
      throw wrong(` sends more than the ${most} bytes that are expected`);
    }
    if (length + step.value.length > target.length) {
      const grown = buffer(url, Math.min(most, 2 * (length + step.value.length)));
      grown.set(target.subarray(0, length));
      target = grown;
    }
    target.set(step.value, length);
    length += step.value.length;
    hear.loaded?.(length);
  }
  if (isExact && length !== most) throw wrong(`: ${length} bytes arrived, ${most} are expected; it was cut`);
  return target.subarray(0, length);
}

/** A buffer for this many bytes, if the runtime has the room: its constructor throws when it has not. */
function buffer(url: string, bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    const message = `${shown(url)}: ${bytes} bytes do not fit into this runtime's memory`;
    throw new HeadwaterError("over_budget", message, false, { cause });
  }
}

function textOf(bytes: Uint8Array, wrong: () => HeadwaterError): string {
  try {
    // With its byte order mark, if it has one: hashes are of all bytes.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw wrong();
  }
}

/** The explanation in what should be a problem document, if it is one. */
function detailIn(bytes: Uint8Array): string {
  try {
    const problem: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isProblem(problem) ? problem.detail : "";
  } catch {
    return "";
  }
}

/**
 * Aborts a request that hears nothing for too long. Without it a connection that neither answers nor
 * breaks would hold up this replica, and the other tabs that wait for their turn, for ever.
 */
class Watch {
  readonly controller = new AbortController();
  isOver = false;
  readonly #patienceMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
    this.heard();
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.controller.abort();
    }, this.#patienceMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
