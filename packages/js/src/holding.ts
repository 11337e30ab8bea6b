/**
 * How a replica holds its version: all of it, or parts; and in parts, whether the rest comes in the background.
 *
 *     all             cache ──> whole          else  source ──> whole
 *     as-needed       ranges kept ──> parts    else  boot ──> parts    else  source ──> parts
 *     in-background   cache ──> whole          else  as needed         then  the rest ──> cache ──> whole
 *     by size         as "all" where the version is small, else as "in-background"
 *
 * Owns: the two followers, and which of them has the version that is served.
 */
import { Cache } from "./cache.js";
import type { Store } from "./cache.js";
import { HeadwaterError } from "./error.js";
import { Filler } from "./fill.js";
import type { Filled } from "./fill.js";
import { Follower } from "./follow.js";
import type { Run, Version } from "./follow.js";
import type { Progress, SyncReport } from "./generated.js";
import { Parts } from "./parts.js";
import { KeptRanges } from "./ranges.js";
import type { Hold } from "./rpc.js";
import type { Source } from "./source.js";

/**
 * Bytes up to which a version is fetched whole at once, where nothing was said: a second over a line of 32 Mbit/s, and hardly more than
 * the ranges of a few searches.
 */
const SMALL_BYTES = 4 * 2 ** 20;

/** What a holding is made from. */
export interface Needed {
  run: Run;
  source: Source;
  /** The store for a name. */
  store(name: string): Promise<Store>;
  /** The hash of a query of the source's URL, where it has one. */
  query: string | undefined;
  hear(progress: Progress): void;
  quiet(): Promise<void>;
}

export class Holding {
  readonly #hold: Hold;
  readonly #source: Source;
  readonly #whole: { cache: Cache; follower: Follower };
  readonly #inParts: { cache: Cache; follower: Follower; parts: Parts; ranges: KeptRanges; filler: Filler } | undefined;
  #isWhole: boolean;

  constructor(hold: Hold, partsBytes: number, { run, source, store, query, hear, quiet }: Needed) {
    const { name } = source.address;
    this.#hold = hold;
    this.#source = source;
    this.#isWhole = hold === "all";
    const whole = new Cache(() => store(name), query);
    this.#whole = { cache: whole, follower: new Follower(run, source, whole, hear) };
    if (this.#isWhole) return;
    // A record of its own: it names blobs of which only ranges need be there. No source's name has this sign.
    const cache = new Cache(() => store(`${name}#parts`), query);
    const ranges = new KeptRanges(async () => (await store(name)).ranges, partsBytes);
    const parts = new Parts(run, source, ranges);
    const filler = new Filler(run, source, whole, hear, quiet);
    this.#inParts = { cache, parts, ranges, filler, follower: new Follower(run, source, cache, hear, parts) };
  }

  /** What brings the parts that a search lacks; none where all is here. */
  get parts(): Parts | undefined {
    return this.#isWhole ? undefined : this.#inParts?.parts;
  }

  /** Bytes that came of parts. */
  get fetchedBytes(): number {
    return this.#inParts?.parts.fetchedBytes ?? 0;
  }

  /** Bytes of blobs that have been fetched in the background. */
  get filledBytes(): number {
    return this.#isWhole ? 0 : (this.#inParts?.filler.loadedBytes ?? 0);
  }

  /** Why what is served is not kept. */
  get failure(): HeadwaterError | undefined {
    return this.#isWhole ? this.#whole.cache.failure : (this.#inParts?.cache.failure ?? this.#inParts?.ranges.failure);
  }

  /** Opens what is kept; of parts also what the source has ready. Returns why not, or that there is nothing. */
  async restore(): Promise<{ restored: boolean; error?: HeadwaterError }> {
    const inParts = this.#inParts;
    if (inParts === undefined || this.#hold !== "as-needed") {
      const whole = await this.#whole.follower.restore();
      if (whole.restored || inParts === undefined) {
        this.#isWhole = true;
        return whole;
      }
    }
    await inParts.ranges.look();
    const kept = await inParts.follower.restore();
    if (kept.restored) return kept;
    const { error } = kept;
    const small = this.#hold === "by-size" ? SMALL_BYTES : 0;
    return { restored: await inParts.follower.boot(inParts.parts, small), ...(error !== undefined && { error }) };
  }

  /** Follows the source. The first time it may turn out how much there is, and so how it is to be held. */
  async sync(isFirst: boolean): Promise<SyncReport> {
    const inParts = this.#inParts;
    if (this.#isWhole || inParts === undefined) return this.#whole.follower.sync();
    inParts.ranges.tryAgain();
    if (isFirst && this.#hold === "by-size") {
      try {
        const report = await this.#whole.follower.sync((bytes) => (bytes > SMALL_BYTES ? new TooMuch() : undefined));
        this.#isWhole = true;
        return report;
      } catch (thrown) {
        // More than memory may have is too much, too.
        if (!(thrown instanceof TooMuch) && HeadwaterError.from(thrown).code !== "over_budget") {
          // A boot object may be of a version that is gone by now.
          if (this.#source.forget()) return this.sync(isFirst);
          throw thrown;
        }
      }
    }
    const report = await inParts.follower.sync();
    await this.keep();
    return report;
  }

  /** Drops what no version needs any more. Nobody may be writing meanwhile. */
  async tidy(): Promise<void> {
    await (this.#isWhole ? this.#whole : this.#inParts)?.follower.tidy();
  }

  /** Writes down the parts that came, and of which version they are. Never fails. */
  async keep(): Promise<void> {
    if (this.#isWhole || this.#inParts === undefined) return;
    // The record comes last: where only that is old, the version that it names is still there.
    await this.#inParts.ranges.flush();
    if (this.#inParts.ranges.failure === undefined) await this.#inParts.follower.keep(this.#hold === "as-needed" ? "alone" : "filling");
  }

  /** The version whose rest is to be fetched in the background, if there is one. */
  get toFill(): Version | undefined {
    return this.#isWhole || this.#hold === "as-needed" ? undefined : this.#inParts?.follower.inParts;
  }

  /** Fetches the rest of a version. Whoever calls has a turn of its own for `inTurn`: nobody syncs meanwhile. */
  async gather(version: Version, inTurn: <T>(work: () => Promise<T>) => Promise<T>): Promise<Filled> {
    const { filler, follower } = this.#inParts!;
    const blobs = await inTurn(async () => this.#whole.follower.planned(version));
    return filler.gather(blobs, () => follower.inParts === version);
  }

  /** Serves all of it, once the cache has it. Nobody may be syncing meanwhile. */
  async swap(version: Version): Promise<void> {
    await this.#whole.follower.fill(version, () => {
      this.#isWhole = true;
      this.#inParts!.parts.end();
    });
    // What it names the other record names now.
    await this.#inParts!.cache.forget();
  }
}

/** That a version is larger than one that is fetched whole without being asked for. */
class TooMuch extends HeadwaterError {
  constructor() {
    super("over_budget", "this version is not fetched whole at once");
  }
}
