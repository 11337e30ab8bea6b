/**
 * Headwater and hnswlib-wasm over the same vectors in the same browser.
 *
 * Headwater is measured as an application has it: through the package, from the page to its worker and
 * back; `engineUs` is the part that the engine took. hnswlib-wasm runs in the page itself, so it has no such way.
 */
import { open } from "/headwater/index.js";

const TOP_K = 10;
const SWEEP = [16, 32, 48, 64, 96, 128, 192, 256];
const PEER_FILE = "peer.dat";

const sets = new Map();
async function load(name) {
  const get = async (file, as) => (await fetch(`/sets/${name}/${file}`))[as]();
  const [set, facts, base, queries] = await Promise.all([get("set.json", "json"), get("facts.json", "json"), get("base.f32", "arrayBuffer"), get("queries.f32", "arrayBuffer")]);
  const rows = (buffer) => Array.from({ length: buffer.byteLength / 4 / set.dim }, (_, i) => new Float32Array(buffer, i * set.dim * 4, set.dim));
  return { ...set, ...facts, base: rows(base), queries: rows(queries) };
}
async function setOf(name) {
  if (!sets.has(name)) sets.set(name, await load(name));
  return sets.get(name);
}

const sourceOf = (name) => `${location.origin}/sets/${name}/replica`;
const replicaOf = (name, trust) => open(sourceOf(name), { trust, assets: "/headwater/", syncEveryMs: 0 });
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Asks every query once; `ask` gives the positions of the hits and, where it is known, what the engine took. */
async function asked(set, ask) {
  const took = [];
  const engine = [];
  let found = 0;
  const started = performance.now();
  for (const [i, query] of set.queries.entries()) {
    const before = performance.now();
    const { hits, engineUs } = await ask(query);
    took.push(performance.now() - before);
    if (engineUs !== undefined) engine.push(engineUs);
    found += hits.filter((hit) => set.truth[i].includes(hit)).length;
  }
  const seconds = (performance.now() - started) / 1e3;
  return {
    recall: found / (set.queries.length * TOP_K),
    queriesPerSecond: set.queries.length / seconds,
    p50Us: median(took) * 1e3,
    ...(engine.length > 0 && { engineP50Us: median(engine) }),
  };
}

async function peerLibrary() {
  const { loadHnswlib, syncFileSystem } = await import("/hnswlib/hnswlib.js");
  return { library: await loadHnswlib("IDBFS"), syncFileSystem };
}

window.bench = {
  /** First visit: fetch, verify, keep, search. */
  async headwater(name) {
    const set = await setOf(name);
    const started = performance.now();
    const replica = await replicaOf(name, set.trust);
    const readyMs = performance.now() - started;
    const places = new Map(set.ids.map((id, i) => [id, i]));
    const rows = [];
    for (const efSearch of SWEEP) {
      const ask = async (vector) => {
        const { hits, tookUs } = await replica.search({ vector, topK: TOP_K, efSearch, fields: [] });
        return { hits: hits.map(({ id }) => places.get(id)), engineUs: tookUs };
      };
      await asked({ ...set, queries: set.queries.slice(0, 50) }, ask);
      rows.push({ ef: efSearch, ...(await asked(set, ask)) });
    }
    const { bytes, points } = await replica.status();
    await replica.close();
    return { firstVisitMs: readyMs, keptBytes: bytes, points, rows };
  },

  /** A later visit, the source being gone: from IndexedDB to the first hit. */
  async headwaterAgain(name, trust, vector) {
    const started = performance.now();
    const replica = await replicaOf(name, trust);
    const { hits } = await replica.search({ vector, topK: TOP_K });
    const toFirstHitMs = performance.now() - started;
    await replica.close();
    return { toFirstHitMs, hits: hits.length };
  },

  async peer(name) {
    const set = await setOf(name);
    const { library, syncFileSystem } = await peerLibrary();
    await syncFileSystem("read");
    const index = new library.HierarchicalNSW("ip", set.dim, "");
    index.initIndex(set.base.length, 16, 128, 100);
    let started = performance.now();
    for (let i = 0; i < set.base.length; i += 1000) index.addItems(set.base.slice(i, i + 1000), false);
    const buildSeconds = (performance.now() - started) / 1e3;
    const rows = [];
    for (const ef of SWEEP) {
      index.setEfSearch(ef);
      const ask = (vector) => ({ hits: index.searchKnn(vector, TOP_K, undefined).neighbors });
      await asked({ ...set, queries: set.queries.slice(0, 50) }, ask);
      rows.push({ ef, ...(await asked(set, ask)) });
    }
    started = performance.now();
    await index.writeIndex(PEER_FILE);
    await syncFileSystem("write");
    return { buildSeconds, keepMs: performance.now() - started, rows };
  },

  async peerAgain(points, vector) {
    const started = performance.now();
    const { library, syncFileSystem } = await peerLibrary();
    await syncFileSystem("read");
    const index = new library.HierarchicalNSW("ip", vector.length, "");
    await index.readIndex(PEER_FILE, points);
    index.setEfSearch(64);
    const { neighbors } = index.searchKnn(vector, TOP_K, undefined);
    return { toFirstHitMs: performance.now() - started, hits: neighbors.length };
  },
};
document.documentElement.dataset.ready = "";
