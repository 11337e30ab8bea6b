/**
 * Engines that run in the thread that calls, in browsers and in Node: built from vectors, asked every query.
 * Rows have the form of those of `peers.py`.
 */
const TOP_K = 10;
const ROUNDS = 3;
const SWEEP = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768];

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const share = (sorted, at) => sorted[Math.floor(sorted.length * at)];

export const rowsOf = (buffer, dim) =>
  Array.from({ length: buffer.byteLength / 4 / dim }, (_, i) => new Float32Array(buffer, i * dim * 4, dim));

/** Builds with `make`, then asks with each setting: `ask(query, ef)` gives positions. */
async function measured(engine, set, { make, settings = SWEEP, rounds = ROUNDS, bytes }) {
  let started = performance.now();
  const index = await make();
  const rows = [{ phase: "build", engine, seconds: (performance.now() - started) / 1e3, bytes: bytes?.(index) }];
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
  index.close?.();
  return rows;
}

/** Headwater's engine; `module` is its wasm-bindgen script, initialised, and `memory` its memory. */
export const headwater = (engine, set, module, memory) =>
  measured(engine, set, {
    bytes: (index) => index.engine.bytes,
    make: () => {
      const built = module.Engine.build(set.flat, set.dim);
      return { engine: built, ask: (query, ef) => built.search(query, TOP_K, ef), close: () => built.free() };
    },
  }).then((rows) => [...rows, { phase: "memory", engine, residentBytes: memory.buffer.byteLength }]);

export const hnswlib = (engine, set, library) =>
  measured(engine, set, {
    make: () => {
      const index = new library.HierarchicalNSW("ip", set.dim, "");
      index.initIndex(set.base.length, 16, 128, 100);
      for (let i = 0; i < set.base.length; i += 1000) index.addItems(set.base.slice(i, i + 1000), false);
      return { prepare: (ef) => index.setEfSearch(ef), ask: (query) => index.searchKnn(query, TOP_K, undefined).neighbors };
    },
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
