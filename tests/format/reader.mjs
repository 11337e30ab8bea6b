/**
 * A second reader of segments, written from FORMAT.md alone, with nothing but Node's own modules. It is slow and reads
 * everything; what it finds is compared with what was put in.
 */
import { blake3 } from "./pages.mjs";

export function openSegment(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.subarray(0, 8).toString("latin1") !== "HWSEGM\0\0") throw new Error("no segment");
  const [format, sections, points] = [8, 12, 16].map((at) => view.getUint32(at, true));
  if (format !== 12) throw new Error(`format ${format}`);
  if (Number(view.getBigUint64(24, true)) !== bytes.length) throw new Error("the length is not the header's");
  const table = Array.from({ length: sections }, (_, row) => {
    const at = 64 + row * 32;
    const [kind, field, flags] = [0, 4, 8].map((more) => view.getUint32(at + more, true));
    return { kind, field, flags, offset: Number(view.getBigUint64(at + 16, true)), length: Number(view.getBigUint64(at + 24, true)) };
  });
  checkOrder(table, view.getUint32(20, true));
  const find = (kind, field = 0) => {
    const row = table.find((one) => one.kind === kind && one.field === field);
    return row && bytes.subarray(row.offset, row.offset + row.length);
  };
  const segment = { points, table, find };
  segment.fields = JSON.parse(find(1).toString());
  segment.ids = () => {
    const [ids, order, ranks] = [strings(u32s(find(72)), find(73)), u32s(find(74)), find(75)];
    const isInOrder = order.every((ordinal, rank) => ordinal === rank);
    if (isInOrder !== (ranks === undefined)) throw new Error("ranks are there where ordinals are not in the order of ids");
    const all = isInOrder ? [] : unpack(ranks, 0, 32 - Math.clz32(points - 1), points);
    if (!isInOrder && order.some((ordinal, rank) => all[ordinal] !== rank)) throw new Error("a rank is another than the order says");
    return ids;
  };
  segment.payloads = () => payloads(segment);
  segment.records = () => records(segment);
  segment.column = (position) => column(segment, position);
  segment.text = (position) => text(segment, position);
  segment.decoded = (position) => (find(42, position) ? residuals(segment, position).map((one) => one?.decoded) : decoded(segment, position, [16, 17, 18]));
  segment.residuals = (position) => residuals(segment, position);
  segment.centroids = (position) => decoded(segment, position, [22, 23, 24]).slice(1);
  segment.clusters = (position) => clusters(segment, position);
  segment.groups = (position) => groups(segment, position);
  return segment;
}

/** The kinds of sections in the order in which they stand. */
const FRONT = [1, 2, 16, 19, 80, 22, 24, 21, 39, 30, 29, 31, 41, 20, 91, 92, 81, 83, 65, 23];
const ORDER = [
  ...FRONT, 40, 25, 26, 48, 49, 54, 50, 51, 55, 52, 53, 56, 82, 84, 85, 86, 87, 90, 88, 89, 32, 35, 36, 37, 38, 33, 34, 17, 18, 42, 43, 66, 72, 73, 74, 75, 27, 28,
];

function checkOrder(table, frontBytes) {
  const rank = ({ kind, field }) => ORDER.indexOf(kind) * 2 ** 32 + field;
  if (table.some((row, i) => i > 0 && rank(row) <= rank(table[i - 1]))) throw new Error("the sections stand in another order");
  const last = table.findLast(({ kind }) => FRONT.includes(kind));
  if (frontBytes !== Math.ceil((last.offset + last.length) / 64) * 64) throw new Error("the front ends elsewhere");
}

/** The ordinals of a blob of tombstones. */
export function tombstones(bytes) {
  if (bytes.subarray(0, 8).toString("latin1") !== "HWTOMB\0\0" || bytes.readUInt32LE(8) !== 1) throw new Error("no tombstones");
  return Array.from({ length: bytes.readUInt32LE(12) }, (_, i) => bytes.readUInt32LE(16 + 4 * i));
}

/** The lines that a head's signature covers. */
export function signedLines({ collection, version, lsn, manifest, issuedMs, expiresMs }) {
  return ["headwater head 1", collection, version, lsn, manifest.hash, manifest.bytes, issuedMs, expiresMs ?? "never", ""].join("\n");
}

/** The lines that a key list's signature covers. */
export function keyListLines({ version, online, revoked, issuedMs, expiresMs }) {
  const keys = [...online.map((key) => `online ${key}`), ...revoked.map((key) => `revoked ${key}`)];
  return ["headwater keys 1", version, issuedMs, expiresMs ?? "never", ...keys, ""].join("\n");
}

function u32s(bytes) {
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
}

function strings(offsets, bytes) {
  return offsets.slice(1).map((end, i) => bytes.subarray(offsets[i], end).toString());
}

/** The clusters of a vector: the points of each, and those of others that stand in it as well. */
function clusters({ points, find }, field) {
  const header = find(19, field);
  if (!header) return undefined;
  const [ends, pieces] = [find(21, field) ? u32s(find(21, field)) : endsOf(groups({ find }, field)), find(25, field)];
  const [dim, count, bits, proof] = [0, 4, 20, 24].map((at) => header.readUInt32LE(at));
  const order = find(26, field) ? u32s(find(26, field)) : Array.from({ length: points }, (_, i) => i);
  const end = (cluster, part) => (cluster < 0 ? 0 : ends[3 * cluster + part]);
  return Array.from({ length: count }, (_, i) => {
    const [own, others] = [order.slice(end(i - 1, 0), end(i, 0)), end(i, 1) - end(i - 1, 1)];
    const piece = pieces.subarray(end(i - 1, 2), end(i, 2));
    const blocks = Math.ceil((own.length + others) / 32);
    const bytes = (bits * dim) / 8 * 32 + 256;
    const behind = blocks * bytes + 4 * others;
    if (piece.length !== Math.ceil((behind + proof) / 64) * 64) throw new Error("a piece of another length");
    if (piece.subarray(behind, piece.length - proof).some((byte) => byte !== 0)) throw new Error("no zeros behind a piece");
    if (proof > 0) prove(piece, i, find(29, field));
    return { own, others: u32s(piece.subarray(blocks * bytes, behind)), code: (lane) => code(piece, Math.floor(lane / 32) * bytes, lane % 32, dim, bits) };
  });
}

/** The groups of clusters of a vector, where there are such: what each says of its members. */
function groups({ find }, field) {
  const section = find(39, field);
  if (!section) return undefined;
  const [dim, pieces] = [find(19, field).readUInt32LE(0), find(40, field)];
  const [read, others, ...ends] = u32s(section);
  const all = [];
  for (let group = 0, [member, start] = [0, 0]; 2 * group < ends.length; group += 1) {
    const [count, end] = [ends[2 * group] - member, ends[2 * group + 1]];
    const piece = pieces.subarray(start, end);
    if (count === 0 || piece.length !== Math.ceil((count * (dim / 2 + 8 + 28) + 192) / 64) * 64) throw new Error("a group's piece of another length");
    prove(piece, group, find(41, field));
    const places = u32s(piece.subarray(count * (dim / 2 + 8), count * (dim / 2 + 36)));
    const factors = Array.from({ length: count }, (_, i) => piece.readFloatLE(count * (dim / 2) + 8 * i));
    const number = (i, d) => 2 * ((piece[i * (dim / 2) + (d % (dim / 2))] >> (d < dim / 2 ? 0 : 4)) & 15) - 15;
    const members = Array.from({ length: count }, (_, i) => {
      const [cluster, ...place] = places.slice(7 * i, 7 * i + 7);
      return { cluster, from: place.slice(0, 3), to: place.slice(3), centroid: Array.from({ length: dim }, (_, d) => number(i, d) * factors[i]) };
    });
    all.push(members);
    [member, start] = [ends[2 * group], end];
  }
  return Object.assign(all, { read, others });
}

/** Where clusters end, as all groups say it alike. */
function endsOf(groups) {
  const places = new Map();
  for (const { cluster, from, to } of groups.flat()) {
    const known = places.get(cluster);
    if (known !== undefined && `${known.from} ${known.to}` !== `${from} ${to}`) throw new Error("groups do not agree on a cluster");
    places.set(cluster, { from, to });
  }
  return Array.from({ length: places.size }, (_, cluster) => places.get(cluster)).flatMap(({ from, to }, cluster) => {
    const before = cluster === 0 ? [0, 0, 0] : places.get(cluster - 1).to;
    if (`${from}` !== `${before}`) throw new Error("clusters do not follow one another");
    return to;
  });
}

/** The code of a lane of the block that begins there, a number a component, with its two factors. */
function code(piece, block, lane, dim, bits) {
  const sign = (plane, d) => (piece[block + ((plane * dim) / 8 + (d >> 3)) * 32 + lane] >> (d & 7)) & 1;
  const number = (d) => Array.from({ length: bits }, (_, plane) => (sign(plane, d) ? 1 : -1) * 2 ** (bits - 1 - plane)).reduce((a, b) => a + b);
  const factors = block + (bits * dim) / 8 * 32;
  const [add, scale] = [0, 128].map((at) => piece.readFloatLE(factors + at + 4 * lane));
  return { numbers: Array.from({ length: dim }, (_, d) => number(d)), add, scale };
}

/** Fails unless a piece or a record, fetched alone, leads to the root that the front has of 64 of them. */
function prove(unit, number, roots) {
  let hash = blake3(unit.subarray(0, unit.length - 192));
  for (let level = 0; level < 6; level += 1) {
    const at = unit.length - 192 + 32 * level;
    const pair = [hash, unit.subarray(at, at + 32)];
    hash = blake3(Buffer.concat((number >> level) & 1 ? pair.reverse() : pair));
  }
  const root = 32 * (number >> 6);
  if (!hash.equals(roots.subarray(root, root + 32))) throw new Error(`unit ${number} is not proved`);
}

/** What records say of each point: its id and, where they have them, its payload. */
function records({ points, find }) {
  if (!find(30)) return undefined;
  const [starts, bytes, roots] = [u32s(find(30)), find(17), find(31)];
  const code = (find(16).readUInt32LE(0) * find(16).readUInt32LE(8)) / 8;
  const floats = find(16).readUInt32LE(4) === 2 ? 2 : 1;
  if (starts.at(-1) * code !== bytes.length) throw new Error("records end elsewhere");
  return starts.slice(1).flatMap((end, number) => {
    const record = bytes.subarray(starts[number] * code, end * code);
    prove(record, number, roots);
    const count = Math.min(16, points - 16 * number);
    const own = find(18).subarray(4 * 16 * number * floats, 4 * (16 * number + count) * floats);
    const codesEnd = count * code;
    if (!own.equals(record.subarray(codesEnd, codesEnd + own.length))) throw new Error(`factors of record ${number}`);
    const behind = record.subarray(codesEnd + own.length, record.length - 192);
    const [idBytes, raw, compressed] = [0, 4, 8].map((at) => behind.readUInt32LE(at));
    if (behind.subarray(12 + idBytes + compressed).some((byte) => byte !== 0)) throw new Error("no zeros behind a record");
    const ids = behind.subarray(12 + 2 * count, 12 + idBytes);
    const idEnd = (i) => (i < 0 ? 0 : behind.readUInt16LE(12 + 2 * i));
    const shown = raw > 0 ? block(behind.subarray(12 + idBytes, 12 + idBytes + compressed), raw, count) : [];
    return Array.from({ length: count }, (_, i) => ({ id: ids.subarray(idEnd(i - 1), idEnd(i)).toString(), payload: shown[i] }));
  });
}

/** The payloads of a block: where each ends, then all of them. */
function block(compressed, length, count) {
  const raw = lz4(compressed, length);
  const end = (i) => 4 * count + (i < 0 ? 0 : raw.readUInt32LE(4 * i));
  return Array.from({ length: count }, (_, i) => JSON.parse(raw.subarray(end(i - 1), end(i)).toString()));
}

function payloads({ points, find }) {
  const [blocks, bytes] = [find(65), find(66)];
  if (!blocks) return records({ points, find }).map(({ payload }) => payload);
  const all = [];
  for (let at = 0; at < blocks.length; at += 16) {
    const first = blocks.readUInt32LE(at);
    const from = Number(blocks.readBigUInt64LE(at + 8));
    const next = at + 16 < blocks.length;
    const compressed = bytes.subarray(from, next ? Number(blocks.readBigUInt64LE(at + 24)) : undefined);
    const last = next ? blocks.readUInt32LE(at + 16) : points;
    all.push(...block(compressed, blocks.readUInt32LE(at + 4), last - first));
  }
  return all;
}

/** The LZ4 block format: literals, then a match that may overlap what it writes. */
function lz4(bytes, length) {
  const out = Buffer.alloc(length);
  let [at, to] = [0, 0];
  const more = (count) => {
    if (count < 15) return count;
    let byte;
    do count += byte = bytes[at++]; while (byte === 255);
    return count;
  };
  while (at < bytes.length) {
    const token = bytes[at++];
    const literals = more(token >> 4);
    to += bytes.copy(out, to, at, at + literals);
    at += literals;
    if (at >= bytes.length) break;
    const distance = bytes.readUInt16LE(at);
    at += 2;
    for (let left = more(token & 15) + 4; left > 0; left -= 1, to += 1) out[to] = out[to - distance];
  }
  if (to !== length) throw new Error("a payload block has another length");
  return out;
}

/** Numbers of equal width, lowest bit first. */
function unpack(bytes, at, width, count) {
  return Array.from({ length: count }, (_, i) => {
    let number = 0;
    for (let bit = 0; bit < width; bit += 1) {
      const place = i * width + bit;
      number += ((bytes[at + (place >> 3)] >> (place & 7)) & 1) * 2 ** bit;
    }
    return number;
  });
}

const packedBytes = (count, width) => Math.ceil((count * width) / 8);

/** Ordinals from the gaps between them. */
function ordinals(gaps, next) {
  return gaps.map((gap) => {
    const ordinal = next + gap;
    next = ordinal + 1;
    return ordinal;
  });
}

/** The values of every point, each a list: of one or of several, whichever way they stand. */
function column({ points, find, fields }, position) {
  const [, type] = fields.fields[position];
  const offsets = find(50, position) && u32s(find(50, position));
  const rows = (value, isNone) =>
    Array.from({ length: points }, (_, i) => {
      if (offsets === undefined) return [value(i)].filter((only) => !isNone(only));
      return Array.from({ length: offsets[i + 1] - offsets[i] }, (_, n) => value(offsets[i] + n));
    });
  if (type === "geo") {
    const bytes = find(56, position);
    const place = (i) => [0, 4].map((more) => bytes.readInt32LE(8 * i + more));
    return { values: rows(place, ([lat]) => lat === -2_147_483_648) };
  }
  if (type !== "keyword" && type !== "boolean") {
    const bytes = find(52, position);
    const number = (i) => bytes.readDoubleLE(8 * i);
    const owner = (i) => (offsets === undefined ? i : offsets.findLastIndex((from) => from <= i));
    const order = u32s(find(53, position)).map((i) => [number(i), owner(i)]);
    return { values: rows(number, Number.isNaN), order };
  }
  const dictionary = strings(u32s(find(48, position)), find(49, position));
  const [values, k] = [find(51, position), dictionary.length];
  const width = k <= 255 ? 1 : k <= 65_535 ? 2 : 4;
  const keywords = rows((i) => values.readUIntLE(i * width, width), (i) => i === k);
  const [entries, sets] = [find(54, position), find(55, position)];
  const set = (keyword) => {
    let [left, at] = [entries.readUInt32LE(8 * keyword), entries.readUInt32LE(8 * keyword + 4)];
    const all = [];
    for (; left > 0; left -= 128) {
      const [width, count] = [sets[at], Math.min(left, 128)];
      all.push(...ordinals(unpack(sets, at + 1, width, count), (all.at(-1) ?? -1) + 1));
      at += 1 + packedBytes(count, width);
    }
    return all;
  };
  return { dictionary, values: keywords.map((row) => row.map((v) => dictionary[v])), sets: dictionary.map((_, i) => set(i)) };
}

function words(offsets, bytes, count) {
  return offsets.slice(0, -1).flatMap((start, i) => sequence(bytes.subarray(start), Math.min(16, count - 16 * i)));
}

/** Words of blocks that follow one another. */
function sequence(bytes, count) {
  let [at, before] = [0, Buffer.alloc(0)];
  return Array.from({ length: count }, (_, i) => {
    const shared = i % 16 === 0 ? 0 : bytes[at++];
    const further = bytes[at++];
    before = Buffer.concat([before.subarray(0, shared), bytes.subarray(at, at + further)]);
    at += further;
    return before.toString();
  });
}

function text({ find }, position) {
  const header = find(80, position);
  const [terms, forms] = [header.readUInt32LE(16), header.readUInt32LE(20)];
  const [lists, blocks, postings] = [find(86, position), find(87, position), find(88, position)];
  const lengths = find(90, position);
  const block = (at, shape, count, next) => {
    const [gapBits, countBits, lengthBits] = [shape[0], shape[1] & 15, shape[1] >> 4];
    const gaps = unpack(postings, at, gapBits, count);
    const afterGaps = at + packedBytes(count, gapBits);
    const counts = unpack(postings, afterGaps, countBits, count);
    const beyond = unpack(postings, afterGaps + packedBytes(count, countBits), lengthBits, count);
    return ordinals(gaps, next).map((ordinal, i) => [ordinal, counts[i] + 1, lengths[ordinal] ?? beyond[i] + shape[3]]);
  };
  const list = (term) => {
    const [points, at] = [lists.readUInt32LE(12 * term), lists.readUInt32LE(12 * term + 4)];
    if (points <= 128) return block(at + 4, postings.subarray(at, at + 4), points, 0);
    const all = [];
    for (let row = at; all.length < points; row += 1) {
      const shape = blocks.subarray(16 * row + 12, 16 * row + 16);
      all.push(...block(blocks.readUInt32LE(16 * row + 4), shape, Math.min(points - all.length, 128), (all.at(-1)?.[0] ?? -1) + 1));
    }
    return all;
  };
  const termWords = words(u32s(find(81, position)), find(82, position), terms);
  const formWords = words(u32s(find(83, position)), find(84, position), forms);
  for (const [kind, all] of [[91, termWords], [92, formWords]]) {
    const sampled = all.filter((_, i) => i % (16 * 32) === 0);
    if (sequence(find(kind, position), sampled.length).join() !== sampled.join()) throw new Error("the samples are of other words");
  }
  return {
    words: Number(header.readBigUInt64LE(0)),
    texts: Number(header.readBigUInt64LE(8)),
    terms: termWords,
    forms: formWords,
    list: (term) => list(termWords.indexOf(term)),
    formList: (form) => list(forms === 0 ? termWords.indexOf(form) : u32s(find(85, position))[formWords.indexOf(form)]),
    ends: () => list(lists.length / 12 - 1),
  };
}

/** What residual codes say of each point, still rotated: the numbers of its code, its factors, its centroid; of points without a vector undefined. */
function residuals(segment, position) {
  const [parameters, planes, factors] = [16, 42, 43].map((kind) => segment.find(kind, position));
  const [d, metric, bits, absent] = [0, 4, 8, 12].map((at) => parameters.readUInt32LE(at));
  if (bits !== 3 || [17, 18, 26, 30, 32, 39].some((kind) => segment.find(kind, position))) throw new Error("residual codes beside what takes others");
  const [clusters, centroids] = [segment.clusters(position), segment.centroids(position)];
  const all = clusters.flatMap(({ own, code }, cluster) => own.map((point, lane) => ({ point, cluster, signs: code(lane).numbers })));
  if (all.some(({ point }, i) => point !== i) || planes.length !== (all.length * 3 * d) / 8) throw new Error("points do not stand in the order of their clusters");
  const bit = (point, plane, c) => (planes[((3 * point + plane) * d) / 8 + (c >> 3)] >> (c & 7)) & 1;
  const found = all.map(({ point, cluster, signs }) => {
    const [scale, add] = [0, 4].map((at) => factors.readFloatLE(8 * point + at));
    if (scale === 0) return undefined;
    const numbers = signs.map((sign, c) => 8 * sign + [4, 2, 1].reduce((sum, worth, plane) => sum + (bit(point, plane, c) ? worth : -worth), 0));
    const centroid = centroids[cluster];
    return { numbers, scale, add, centroid, decoded: numbers.map((v, c) => centroid[c] + (metric === 2 ? scale / 2 : scale) * v) };
  });
  if (found.filter((one) => one === undefined).length !== absent) throw new Error("other points have no vector than the parameters say");
  return found;
}

/** Vectors as their codes say them, still rotated; of points without a vector undefined. */
function decoded({ find }, position, kinds) {
  const [parameters, codes, factors] = kinds.map((kind) => find(kind, position));
  const [d, metric, bits] = [0, 4, 8].map((at) => parameters.readUInt32LE(at));
  const step = (i) => factors.readFloatLE(4 * i * (metric === 2 ? 2 : 1));
  const starts = kinds[1] === 17 && find(30, position) && u32s(find(30, position));
  // In records a code is a row among all bytes as well.
  const row = (i) => (starts ? starts[i >> 4] + (i % 16) : i);
  const component = (i, c) => {
    if (bits === 8) return codes[row(i) * d + c] - 128;
    const byte = codes[(row(i) * d) / 2 + (c % (d / 2))];
    return 2 * (c < d / 2 ? byte & 15 : byte >> 4) - 15;
  };
  const count = factors.length / (metric === 2 ? 8 : 4);
  const absent = Array.from({ length: count }, (_, i) => step(i)).filter((one) => one === 0).length;
  if (absent !== parameters.readUInt32LE(12)) throw new Error("other points have no vector than the parameters say");
  return Array.from({ length: count }, (_, i) => {
    const steps = Array.from({ length: d }, (_, c) => component(i, c));
    // What a reader that fetches codes without factors relies on.
    const root = Math.fround(Math.sqrt(steps.reduce((sum, x) => sum + x * x, 0)));
    if (metric === 0 && bits === 8 && step(i) !== (root === 0 ? 0 : Math.fround(1 / root))) throw new Error("a cosine factor is not its code's");
    return step(i) === 0 ? undefined : steps.map((x) => x * step(i));
  });
}
