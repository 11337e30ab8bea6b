/**
 * Objects in pieces with names of their own, for hosts that know no ranges (PROTOCOL.md, "Pieces").
 *
 *     a range was asked for, and all came ──> is there an index of pieces? ──> pieces, from then on, of this source
 *                                                                  no ──────> the object whole, as it comes
 *
 * Nothing that is said of pieces is believed: the engine proves their bytes as ever. Where a piece is not there, or not what it
 * should be, its object is fetched whole.
 *
 * Owns: what is known of the source, and pieces that no store has room for.
 */
import type { Run } from "./ranges.js";

/** A run of bytes of an object of the source. */
export interface Bytes extends Run {
  /** Bytes of the object. */
  total: number;
  /** Where it is a piece: its path. */
  piece?: string;
}

const FORMAT = 1;
const LEAST_BYTES = 16 * 1024;
const MOST_BYTES = 16 * 2 ** 20;
/** Pieces that could not be kept are held up to so many bytes: the next round of a search may want another part of one. */
const HELD_BYTES = MOST_BYTES;

/** How many bytes a piece has, as a source says it, if it may have so many. */
export function pieceBytes(said: unknown): number | undefined {
  const isOne = typeof said === "number" && Number.isSafeInteger(said) && said >= LEAST_BYTES && said <= MOST_BYTES;
  return isOne ? said : undefined;
}

/** The same, as an index of pieces says it. */
export function inIndex(text: string): number | undefined {
  try {
    const { format, bytes } = JSON.parse(text);
    return format === FORMAT ? pieceBytes(bytes) : undefined;
  } catch {
    return undefined;
  }
}

export class Pieces {
  readonly #ask: () => Promise<number | undefined>;
  /** Bytes of a piece; 0 where there are none; not set where that is not known. */
  #bytes: number | undefined;
  #asking: Promise<void> | undefined;
  /** What answers have shown of the source. */
  #ranges: "untried" | "work" | "fail" = "untried";
  /** Objects of which a piece was not what it should be. */
  readonly #without = new Set<string>();
  readonly #held = new Map<string, Uint8Array>();
  #heldBytes = 0;

  /** `ask` reads the index of the source. */
  constructor(ask: () => Promise<number | undefined>) {
    this.#ask = ask;
  }

  /** What a boot object says. That it says nothing decides nothing: it may be older than the pieces. */
  told(bytes: number | undefined): void {
    this.#bytes = bytes;
  }

  /** Another version is read: what was learned of its objects and of the size may be another. That ranges fail is not. */
  forget(): void {
    this.#bytes = undefined;
    this.#without.clear();
    this.#held.clear();
    this.#heldBytes = 0;
  }

  /** A range of something came as it was asked for. */
  rangesWork(): void {
    if (this.#ranges === "untried") this.#ranges = "work";
  }

  /** Whether it is to be found out by one request if ranges work, before many ask for them: pieces are there because they may not. */
  get isToBeTried(): boolean {
    return this.#ranges === "untried" && this.isToBeHad;
  }

  /** A request for a range was answered by something else. Whether pieces are there instead, for all requests from now on. */
  async areInstead(): Promise<boolean> {
    await this.look();
    const { isToBeHad } = this;
    if (isToBeHad) this.#ranges = "fail";
    return isToBeHad;
  }

  /** Of a source without ranges it is known what pieces there are, before anything is asked for. */
  async ready(): Promise<void> {
    if (this.#ranges === "fail") await this.look();
  }

  /** Asks for the index, unless it is known what that says. Never fails: what cannot be asked now is asked again. */
  look(): Promise<void> {
    if (this.#bytes !== undefined) return Promise.resolve();
    return (this.#asking ??= this.#ask()
      .then((bytes) => void (this.#bytes ??= bytes ?? 0), () => undefined)
      .finally(() => (this.#asking = undefined)));
  }

  /** Whether there are pieces, as far as it is known. */
  get isToBeHad(): boolean {
    return (this.#bytes ?? 0) > 0;
  }

  /** Whether an object is there in pieces, as far as it is known. */
  has(path: string, total: number): boolean {
    return total > (this.#bytes || Infinity) && !this.#without.has(path);
  }

  /** The pieces in place of ranges; none where ranges work, or this object has no pieces. */
  of({ path, start, end, total }: Bytes): Bytes[] | undefined {
    const size = this.#bytes;
    if (this.#ranges !== "fail" || !size || !this.has(path, total)) return undefined;
    const pieces: Bytes[] = [];
    for (let n = Math.floor(start / size); n * size < end; n += 1) {
      pieces.push({ path, start: n * size, end: Math.min(total, (n + 1) * size), total, piece: `/pieces/${size}${path}/${n}` });
    }
    return pieces;
  }

  /** Whether a range of an object is not even to be asked for. */
  isWhole(path: string, total: number): boolean {
    return this.#ranges === "fail" && this.#bytes !== undefined && !this.has(path, total);
  }

  /** A piece of an object is not there, or not what it should be. */
  fail(path: string): void {
    this.#without.add(path);
  }

  /** Holds a piece that is kept nowhere else. */
  hold(piece: string, bytes: Uint8Array): void {
    if (this.#held.has(piece)) return;
    this.#held.set(piece, bytes);
    this.#heldBytes += bytes.length;
    for (const [name, { length }] of this.#held) {
      if (this.#heldBytes <= HELD_BYTES) return;
      this.#held.delete(name);
      this.#heldBytes -= length;
    }
  }

  held(piece: string): Uint8Array | undefined {
    return this.#held.get(piece);
  }
}
