/** Facets, an order and a filter in the page: what is asked stands beside the index that `fields-prepare` wrote. */
const share = (sorted, at) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))];
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** What a slow engine may take for one measurement; fewer are asked then. */
const PATIENCE_MS = 20_000;

/** Asks `queries` in turn; `ask(query, i)` gives how many entries were counted by `pos`. */
async function measured(engine, what, queries, ask) {
  const took = [];
  let counted = 0;
  const end = performance.now() + PATIENCE_MS;
  for (const [i, query] of queries.entries()) {
    const before = performance.now();
    if (before > end) break;
    const answer = await ask(query, i);
    took.push(performance.now() - before);
    counted += answer.counted();
  }
  const asked = took.length;
  took.sort((a, b) => a - b);
  return { engine, what, asked, p50Ms: share(took, 0.5), p99Ms: share(took, 0.99), counted: counted / asked };
}

export async function headwater(engine, { asks, vectors }, module, [manifest, segment]) {
  const index = module.Engine.load(manifest, segment);
  const dim = index.dim;
  const rows = [];
  for (const { what, queries, byMeaning } of asks) {
    const ask = (query, i) => {
      const answer = JSON.parse(index.ask(query, byMeaning ? vectors.subarray(i * dim, (i + 1) * dim) : undefined));
      return { counted: () => sum((answer.facets?.pos.values ?? []).map(({ count }) => count)) };
    };
    rows.push(await measured(engine, what, queries, ask));
  }
  return rows;
}

export async function orama(engine, { asks, texts, columns }, { create, insertMultiple, search }) {
  const index = create({ schema: { t: "string", pos: "enum", lexfile: "enum", senses: "number" } });
  const { pos, lexfile, senses } = columns;
  await insertMultiple(index, texts.map((t, i) => ({ id: String(i), t, pos: pos[i], lexfile: lexfile[i], senses: senses[i] })), 5_000);
  const facets = { pos: {}, lexfile: { limit: 45 } };
  const how = {
    "facets of all entries": () => ({ facets }),
    "facets of the entries that have a word": (term) => ({ term, threshold: 1, facets }),
    "all entries sorted by senses": () => ({ sortBy: { property: "senses", order: "DESC" } }),
  };
  const rows = [];
  for (const { what, queries, words } of asks.filter((ask) => how[ask.what] !== undefined)) {
    const ask = async (_, i) => {
      const answer = await search(index, { limit: 10, ...how[what](words[i]) });
      return { counted: () => sum(Object.values(answer.facets?.pos.values ?? {})) };
    };
    rows.push(await measured(engine, what, queries, ask));
  }
  return rows;
}
