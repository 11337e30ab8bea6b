/**
 * Engines that run in the thread that calls, in browsers and in Node: built from vectors, asked every query.
 * Rows have the form of those of `peers.py`.
 */
const TOP_K = 10;
/** With what the first query after opening is asked, as natively. */
const FIRST_EF = 64;
const PEER_FILE = "peer.dat";
const ROUNDS = 3;
const SWEEP = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768];

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const share = (sorted, at) => sorted[Math.floor(sorted.length * at)];

export const rowsOf = (buffer, dim) =>
  Array.from({ length: buffer.byteLength / 4 / dim }, (_, i) => new Float32Array(buffer, i * dim * 4, dim));

/**
 * Builds with `make`, then asks with each setting: `ask(query, ef)` gives positions. `peak()` is the most memory so far, and
 * `keep(index)` leaves the index where another page finds it.
 */
async function measured(engine, set, { make, keep, peak, settings = SWEEP, rounds = ROUNDS, bytes }) {
  let started = performance.now();
  const index = await make();
  const seconds = (performance.now() - started) / 1e3;
  const rows = [{ phase: "build", engine, seconds, bytes: bytes?.(index), peakBytes: peak?.() }];
  for (const ef of settings) {
    index.prepare?.(ef);
    const rates = [];
    const took = [];
    let found = 0;
    for (let round = 0; round < rounds; round += 1) {
      started = performance.now();
      for (const [i, query] of set.queries.entries()) {
        const before = performance.now();
        const hits = index.ask(query, ef);
        took.push((performance.now() - before) * 1e3);
        if (round === 0) for (const hit of hits) if (set.truth[i].includes(hit)) found += 1;
      }
      rates.push(set.queries.length / ((performance.now() - started) / 1e3));
    }
    took.sort((a, b) => a - b);
    const recall = found / (set.queries.length * TOP_K);
    rows.push({ phase: "search", engine, ef, recall, queriesPerSecond: median(rates), p50Us: share(took, 0.5), p99Us: share(took, 0.99) });
  }
  await keep?.(index);
  index.close?.();
  return rows;
}

/**
 * From an index's bytes in memory to the first answer of `open()`, in a page of its own: WebAssembly's memory never shrinks, so
 * what it has is its peak, and building would show.
 */
async function opened(engine, peak, open) {
  const started = performance.now();
  const hits = await open();
  const ms = performance.now() - started;
  if (hits.length !== TOP_K) throw new Error(`${engine}: ${hits.length} hits after opening`);
  return [{ phase: "open", engine, ms, peakBytes: peak() }];
}

/** Headwater's engine; `module` is its wasm-bindgen script, initialised, and `memory` its memory. */
export const headwater = (engine, set, module, memory) =>
  measured(engine, set, {
    peak: () => memory.buffer.byteLength,
    bytes: (index) => index.engine.bytes,
    make: () => {
      const built = module.Engine.build(set.flat, set.dim);
      return { engine: built, ask: (query, ef) => built.search(query, TOP_K, ef), close: () => built.free() };
    },
  });

/** The index that was built natively: `manifest` and `segment` are its bytes. */
export const headwaterAgain = (engine, query, module, memory, { manifest, segment }) =>
  opened(engine, () => memory.buffer.byteLength, () => module.Engine.load(manifest, segment).search(query, TOP_K, FIRST_EF));

/** `sync("read" | "write")` moves its files between the browser's storage and memory. */
export const hnswlib = (engine, set, library, peak, sync) =>
  measured(engine, set, {
    peak,
    keep: async ({ index }) => {
      await index.writeIndex(PEER_FILE);
      await sync("write");
    },
    make: () => {
      const index = new library.HierarchicalNSW("ip", set.dim, "");
      index.initIndex(set.base.length, 16, 128, 100);
      for (let i = 0; i < set.base.length; i += 1000) index.addItems(set.base.slice(i, i + 1000), false);
      return { index, prepare: (ef) => index.setEfSearch(ef), ask: (query) => index.searchKnn(query, TOP_K, undefined).neighbors };
    },
  });

export const hnswlibAgain = (engine, set, library, peak) =>
  opened(engine, peak, async () => {
    const index = new library.HierarchicalNSW("ip", set.dim, "");
    await index.readIndex(PEER_FILE, set.base.length);
    index.setEfSearch(FIRST_EF);
    return index.searchKnn(set.queries[0], TOP_K, undefined).neighbors;
  });

/** Every vector compared, in plain JavaScript. */
export const exact = (engine, set) =>
  measured(engine, { ...set, queries: set.queries.slice(0, 100) }, {
    settings: [0],
    rounds: 1,
    bytes: () => set.flat.byteLength,
    make: () => ({ ask: (query) => nearest(set, query) }),
  });

function nearest({ flat, dim }, query) {
  const best = [];
  for (let i = 0, at = 0; at < flat.length; i += 1, at += dim) {
    let score = 0;
    for (let d = 0; d < dim; d += 1) score += flat[at + d] * query[d];
    if (best.length === TOP_K && score <= best[TOP_K - 1].score) continue;
    const place = best.findIndex((other) => other.score < score);
    best.splice(place < 0 ? best.length : place, 0, { i, score });
    best.length = Math.min(best.length, TOP_K);
  }
  return best.map(({ i }) => i);
}
