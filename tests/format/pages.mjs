/**
 * Page lists, by a second reader: from FORMAT.md and the BLAKE3 specification, with nothing but JavaScript.
 */
export const PAGE_BYTES = 65_536;
const CHUNK_BYTES = 1024;
const [CHUNK_START, CHUNK_END, PARENT, ROOT] = [1, 2, 4, 8];
const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
/** Columns, then diagonals. */
const MIXED = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];

/** Parts of this many bytes of a page, whose chaining values stand behind those of all pages. */
export const GROUP_BYTES = 4096;

/** Bytes of the list of a blob's pages and groups. */
export const pageListBytes = ({ bytes }) => (bytes <= PAGE_BYTES ? 0 : (Math.ceil(bytes / PAGE_BYTES) + Math.ceil(bytes / GROUP_BYTES)) * 32);

/**
 * The list of a blob, once its pages are proved to lead to the blob's hash and its groups to the pages; `check` proves
 * bytes that begin at a page, `checkGroups` those that begin at a group.
 */
export function provePages(list, { hash, bytes }) {
  if (list.length !== pageListBytes({ bytes })) throw new Error(`${list.length} bytes of pages and groups for a blob of ${bytes}`);
  const values = Array.from({ length: list.length / 32 }, (_, i) => words(list.subarray(32 * i, 32 * i + 32)));
  const pages = values.slice(0, Math.ceil(bytes / PAGE_BYTES));
  const groups = values.slice(pages.length);
  if (text(over(pages, bytes, PAGE_BYTES, ROOT)) !== hash) throw new Error("the pages do not lead to the blob's hash");
  const each = PAGE_BYTES / GROUP_BYTES;
  for (const [page, value] of pages.entries()) {
    const own = over(groups.slice(page * each, (page + 1) * each), Math.min(PAGE_BYTES, bytes - page * PAGE_BYTES), GROUP_BYTES);
    if (text(own) !== text(value)) throw new Error(`the groups of page ${page} do not lead to it`);
  }
  const checked = (values, size, what) => (offset, part) => {
    for (let at = 0; at < part.length; at += size) {
      const number = (offset + at) / size;
      if (text(subtree(part.subarray(at, at + size), number * (size / CHUNK_BYTES))) !== text(values[number])) throw new Error(`${what} ${number} is another`);
    }
  };
  return { check: checked(pages, PAGE_BYTES, "page"), checkGroups: checked(groups, GROUP_BYTES, "group") };
}

/** The chaining value of parts that have so many bytes: the left side has the largest power of two below that. */
function over(parts, bytes, size, flags = 0) {
  if (parts.length === 1) return parts[0];
  const left = 2 ** Math.ceil(Math.log2(parts.length)) / 2;
  const both = [...over(parts.slice(0, left), left * size, size), ...over(parts.slice(left), bytes - left * size, size)];
  return compress(IV, both, 0, 64, PARENT | flags);
}

/** The BLAKE3 hash of bytes, 32 bytes long. */
export const blake3 = (bytes) => Buffer.from(text(subtree(bytes, 0, ROOT)), "hex");

/** The chaining value of bytes whose first chunk has this number. */
function subtree(bytes, first, flags = 0) {
  const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
  if (chunks === 1) return chunk(bytes, first, flags);
  const left = 2 ** Math.ceil(Math.log2(chunks)) / 2;
  const both = [...subtree(bytes.subarray(0, left * CHUNK_BYTES), first), ...subtree(bytes.subarray(left * CHUNK_BYTES), first + left)];
  return compress(IV, both, 0, 64, PARENT | flags);
}

function chunk(bytes, number, last) {
  const blocks = Math.max(1, Math.ceil(bytes.length / 64));
  let value = IV;
  for (let i = 0; i < blocks; i += 1) {
    const block = bytes.subarray(64 * i, 64 * i + 64);
    const flags = (i === 0 ? CHUNK_START : 0) | (i === blocks - 1 ? CHUNK_END | last : 0);
    value = compress(value, words(Buffer.concat([block, Buffer.alloc(64 - block.length)])), number, block.length, flags);
  }
  return value;
}

function compress(value, message, counter, length, flags) {
  const v = [...value, ...IV.slice(0, 4), counter >>> 0, Math.floor(counter / 2 ** 32), length, flags];
  let m = message;
  for (let round = 0; round < 7; round += 1) {
    MIXED.forEach(([a, b, c, d], i) => mix(v, a, b, c, d, m[2 * i], m[2 * i + 1]));
    m = ORDER.map((i) => m[i]);
  }
  return v.slice(0, 8).map((word, i) => (word ^ v[i + 8]) >>> 0);
}

function mix(v, a, b, c, d, x, y) {
  const turn = (word, by) => ((word >>> by) | (word << (32 - by))) >>> 0;
  for (const [more, first, second] of [[x, 16, 12], [y, 8, 7]]) {
    v[a] = (v[a] + v[b] + more) >>> 0;
    v[d] = turn(v[d] ^ v[a], first);
    v[c] = (v[c] + v[d]) >>> 0;
    v[b] = turn(v[b] ^ v[c], second);
  }
}

const words = (bytes) => Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
const text = (value) => Buffer.concat(value.map((word) => Buffer.from(Uint32Array.of(word).buffer))).toString("hex");
