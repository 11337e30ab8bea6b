/**
 * What a replica in parts fetches at first, as one object (PROTOCOL.md, "Boot"): head, manifest, and the ranges without which the
 * version cannot be opened. Nothing of it is trusted: it only has at hand what would be asked for, and the engine checks that as
 * ever. What it has not is asked for as ever, too.
 */
import { HeadwaterError } from "./error.js";
import { pieceBytes } from "./pieces.js";

/** Bytes that one has at most. */
export const BOOT_BYTES = 16 * 2 ** 20;
const LINE_FEED = 0x0a;

interface Part {
  start: number;
  bytes: Uint8Array;
}

export class Boot {
  readonly head: string;
  readonly manifest: string;
  /** How many bytes a piece has, where objects are there in pieces. */
  readonly pieces: number | undefined;
  /** By path of the object. */
  readonly #parts = new Map<string, Part[]>();

  constructor(bytes: Uint8Array) {
    const end = bytes.indexOf(LINE_FEED);
    const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    let at = end + 1;
    const next = (length: unknown): Uint8Array => {
      const taken = bytes.subarray(at, (at += Number(length)));
      if (taken.length !== length) throw new HeadwaterError("bad_response", "a boot object is cut off");
      return taken;
    };
    try {
      const { format, head, manifest, pieces, parts } = JSON.parse(text(bytes.subarray(0, end)));
      if (format !== 1) throw new HeadwaterError("format_unsupported", `boot format ${format}; this package reads 1`);
      this.pieces = pieceBytes(pieces);
      this.head = text(next(head));
      this.manifest = text(next(manifest));
      for (const { of, start, bytes } of parts) {
        const path = `/${of}`;
        this.#parts.set(path, [...(this.#parts.get(path) ?? []), { start, bytes: next(bytes) }]);
      }
    } catch (cause) {
      throw cause instanceof HeadwaterError ? cause : new HeadwaterError("bad_response", "this is no boot object", false, { cause });
    }
  }

  /** All that it has at hand. */
  *parts(): Iterable<Part & { path: string }> {
    for (const [path, parts] of this.#parts) for (const part of parts) yield { path, ...part };
  }

  /** These bytes of an object, if one of the parts has them all. */
  bytes(path: string, start: number, end: number): Uint8Array | undefined {
    const part = this.#parts.get(path)?.find((part) => part.start <= start && end <= part.start + part.bytes.length);
    return part?.bytes.subarray(start - part.start, end - part.start);
  }
}
