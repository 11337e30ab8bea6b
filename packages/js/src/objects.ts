/**
 * Fetches bytes of a source's objects.
 *
 *     a run ── ranges work, or nobody knows ──> a range ── all came ──> the object whole, from then on
 *          ├── they do not, and there are pieces ──> the piece in which it lies (`pieces.ts`)
 *          └── and there are none ──> the object whole
 *
 * Owns: requests under way, and objects that came whole. What two searches want at once is fetched once. Does not own: what is
 * known of pieces.
 */
import { HeadwaterError } from "./error.js";
import type { Bytes, Pieces } from "./pieces.js";
import { NoRanges } from "./source.js";
import type { Source } from "./source.js";

/** Requests at a time. Over HTTP/1.1 browsers make six of them at a time; one round of a search has seldom more than this. */
const AT_ONCE = 24;

/** Bytes of an object, from where on; with a name, where they were kept. */
export interface Stretch {
  path: string;
  start: number;
  bytes: Uint8Array;
  name?: string;
  isPiece?: boolean;
}

/** That all of an object is on its way for somebody else. */
class Comes extends HeadwaterError {}

const INSTEAD = "a range was asked for, and all came; there are pieces instead";

export class Objects {
  readonly #source: Source;
  readonly #pieces: Pieces;
  readonly #underWay = new Map<string, Promise<Uint8Array>>();
  /** Objects of which the source has no ranges, as an answer showed; each is fetched once. */
  readonly #whole = new Map<string, Uint8Array>();
  /** Objects of which other bytes came than those that were wanted: an HTTP cache may have kept them. */
  readonly #doubtful = new Set<string>();
  /** Bytes that came from the source. */
  fetchedBytes = 0;

  constructor(source: Source, pieces: Pieces) {
    this.#source = source;
    this.#pieces = pieces;
  }

  /** Fetches runs, many at a time; returns the first failure, behind which nothing more is asked for. */
  async fetchEach(runs: readonly Bytes[], found: Stretch[]): Promise<{ error: unknown } | undefined> {
    const fetch = async (run: Bytes) => void found.push(await this.#fetch(run));
    if (!this.#pieces.isToBeTried || this.#source.saysRanges) return eachOf(runs, AT_ONCE, fetch);
    // Else many objects would begin to come whole.
    const first = runs.filter(({ path, total }) => this.#pieces.has(path, total)).slice(0, 1);
    return (await eachOf(first, 1, fetch)) ?? eachOf(runs.filter((run) => run !== first[0]), AT_ONCE, fetch);
  }

  /** Bytes of an object were not what they should be. Whether its page list is wrong or it is, nobody knows. */
  doubt(path: string): void {
    [path, path.replace("/blobs/", "/pages/")].forEach((path) => this.#doubtful.add(path));
    this.#whole.delete(path);
  }

  /** Lets objects go that were fetched as a whole, and doubts: of the next version other objects are wanted. */
  forget(): void {
    this.#whole.clear();
    this.#doubtful.clear();
  }

  /** The bytes of a run, or of the whole object where the source has no ranges. */
  async #fetch(run: Bytes): Promise<Stretch> {
    const { path, start, end, total, piece } = run;
    if (this.#whole.has(path)) return this.#fetchWhole(run);
    if (piece !== undefined) return this.#fetchPiece(run, piece);
    if (this.#pieces.isWhole(path, total)) return this.#fetchWhole(run);
    const key = `${path} ${start} ${end}`;
    try {
      const bytes = await this.#once(key, () => this.#count(this.#part(run, key)));
      if (bytes.length < total) this.#pieces.rangesWork();
      if (bytes.length === end - start) return { path, start, bytes };
      this.#whole.set(path, bytes);
      // A small one has no pieces: others are not asked for by ranges either.
      if (this.#pieces.isToBeHad) await this.#pieces.areInstead();
      return { path, start: 0, bytes };
    } catch (thrown) {
      if (!(thrown instanceof Comes)) throw thrown;
      if (this.#pieces.has(path, total)) throw new NoRanges("bad_response", INSTEAD);
      return this.#fetchWhole(run);
    }
  }

  async #fetchPiece(run: Bytes, piece: string): Promise<Stretch> {
    const { path, start, end } = run;
    const held = this.#pieces.held(piece);
    if (held !== undefined) return { path, start, bytes: held, isPiece: true };
    try {
      const bytes = await this.#once(piece, () => this.#count(this.#source.all(piece, end - start, false)));
      return { path, start, bytes, isPiece: true };
    } catch (thrown) {
      // A source that is away has its pieces later.
      if (["unreachable", "closed"].includes(HeadwaterError.from(thrown).code)) throw thrown;
      this.#pieces.fail(path);
      return this.#fetchWhole(run);
    }
  }

  async #fetchWhole({ path, total }: Bytes): Promise<Stretch> {
    const here = this.#whole.get(path);
    if (here !== undefined) return { path, start: 0, bytes: here };
    const bytes = await this.#once(path, () => this.#count(this.#source.all(path, total, this.#doubtful.has(path))));
    this.#whole.set(path, bytes);
    return { path, start: 0, bytes };
  }

  /**
   * A range of an object. Where all of it comes, that is read on while it is not known whether pieces are there instead: were it left
   * waiting, it could hold the connection that the question needs. Others who want a range of it wait for it.
   */
  #part({ path, start, end, total }: Bytes, key: string): Promise<Uint8Array> {
    let isReading = false;
    const isToEnd = () => {
      if (this.#pieces.has(path, total)) return new NoRanges("bad_response", INSTEAD);
      if (!isReading) {
        void this.#pieces.look();
        if (this.#whole.has(path) || this.#underWay.has(path)) return new Comes("bad_response", "all of it comes already");
        this.#share(path, this.#underWay.get(key)!);
        isReading = true;
      }
      return undefined;
    };
    const isAll = end - start === total;
    return this.#source.part(path, { from: start, exactly: end - start, total }, this.#doubtful.has(path), isAll ? undefined : isToEnd);
  }

  async #count(coming: Promise<Uint8Array>): Promise<Uint8Array> {
    const bytes = await coming;
    this.fetchedBytes += bytes.length;
    return bytes;
  }

  #share(key: string, bytes: Promise<Uint8Array>): void {
    this.#underWay.set(key, bytes);
    const end = () => void this.#underWay.delete(key);
    bytes.then(end, end);
  }

  /** What is asked for twice is fetched once. */
  #once(key: string, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    let bytes = this.#underWay.get(key);
    if (bytes === undefined) {
      bytes = work();
      this.#share(key, bytes);
    }
    return bytes;
  }
}

/** Does work for each, so many at a time, until one fails; what is under way then still ends. Returns the first failure. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<{ error: unknown } | undefined> {
  const left = items.values();
  let failed: { error: unknown } | undefined;
  const one = async () => {
    for (const item of left) {
      if (failed !== undefined) return;
      await work(item).catch((error: unknown) => void (failed ??= { error }));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, one));
  return failed;
}
