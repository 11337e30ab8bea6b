/** How numbers are said: times, bytes, counts, scores. Nothing here claims more precision than was measured. */

import type { Total } from "headwater";

const whole = new Intl.NumberFormat("en");

export function count(n: number): string {
  return whole.format(n);
}

/** How many entries are found. A lower bound is said with two digits: the others would look as if they were counted. */
export function entries({ value, relation }: Total): string {
  if (relation === "exact") return value === 1 ? "1 entry" : `${count(value)} entries`;
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  const rounded = Math.floor(value / step) * step;
  return `${rounded < value ? "more than" : "at least"} ${count(rounded)} entries`;
}

/** A time the engine measured itself, in whole microseconds. */
export function engineTime(us: number): string {
  if (us <= 0) return "< 100 µs";
  return us < 1_000 ? `${Math.round(us)} µs` : roundTrip(us / 1_000);
}

/** A time this page measured. Browsers blur their clocks to as much as a millisecond, so zero is only "below". */
export function roundTrip(ms: number): string {
  if (ms < 0.05) return "< 1 ms";
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(1)} s`;
}

export function bytes(n: number): string {
  if (n < 1_000) return `${n} B`;
  if (n < 999_500) return `${Math.round(n / 1_000)} kB`;
  if (n < 999_500_000) return `${(n / 1_000_000).toFixed(1)} MB`;
  return `${(n / 1_000_000_000).toFixed(2)} GB`;
}

export function timeLeft(seconds: number): string {
  if (seconds < 3) return "a moment left";
  if (seconds < 50) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 90) return "about a minute left";
  return `about ${Math.round(seconds / 60)} min left`;
}

export function score(value: number): string {
  return value.toFixed(3).replace(/^0/, "");
}

/** The bits of the score as a 32-bit float: two runtimes agree only if these agree. */
export function scoreBits(value: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0).toString(16).padStart(8, "0");
}

/** Remaining seconds of a transfer, from a rate smoothed enough not to jump about. */
export class Pace {
  #rate = 0;
  #bytes = 0;
  #atMs: number | undefined;

  secondsLeft(loadedBytes: number, totalBytes: number, nowMs: number): number | undefined {
    if (this.#atMs === undefined || loadedBytes < this.#bytes) {
      this.#atMs = nowMs;
      this.#bytes = loadedBytes;
      this.#rate = 0;
      return undefined;
    }
    const passed = nowMs - this.#atMs;
    if (passed >= 250) {
      const rate = (loadedBytes - this.#bytes) / passed;
      this.#rate = this.#rate === 0 ? rate : this.#rate * 0.7 + rate * 0.3;
      this.#atMs = nowMs;
      this.#bytes = loadedBytes;
    }
    return this.#rate > 0 ? (totalBytes - loadedBytes) / this.#rate / 1_000 : undefined;
  }
}
