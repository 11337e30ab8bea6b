/** The whole of WordNet, imported, published, at origin and edge, with the demo's page. */
import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { edgeBundle, headwaterBin, wordnetDir, wordnetModel, wordnetPoints, wordnetSchema } from "./places.mjs";
import { call } from "./http.mjs";
import { prepared } from "./prepared.mjs";
import { headwater, publishToEdge, startEdge, startOrigin, trustOf } from "./servers.mjs";

const COLLECTION = "wordnet";
const QUERIES_FILE = join(wordnetDir, "queries.ndjson");
const PAGE_DIR = join(wordnetDir, "web");
/** The name by which the schema asks for the model. */
export const MODEL = "static-minilm-256";

/** Starts origin and edge over copies of the prepared data; the page is served by the origin. */
export async function startWordnet() {
  const inputs = [wordnetPoints, wordnetSchema, wordnetModel, headwaterBin, join(edgeBundle, "index.js"), join(edgeBundle, "index_bg.wasm")];
  const folder = await prepared("wordnet", inputs, load);
  const [data, persist, web] = ["origin", "edge", "web"].map((name) => join(folder, name));
  await cp(PAGE_DIR, web, { recursive: true });
  const trust = await trustOf(data);
  const [origin, edge] = await Promise.all([startOrigin({ data, web }), startEdge({ persist, trust })]);
  const [collection, edgeCollection] = [origin, edge].map(({ url }) => `${url}/v1/collections/${COLLECTION}`);
  await writeFile(join(web, "config.json"), JSON.stringify({ collection, edge: edgeCollection, trust }));
  const { points } = await call("GET", collection);
  return {
    trust,
    collection,
    edgeCollection,
    points,
    page: `${origin.url}/`,
    killAll: () => Promise.all([origin.kill(), edge.kill()]),
    stop: () => Promise.all([origin.stop(), edge.stop()]),
  };
}

/** Example sentences of WordNet, evenly taken from the prepared ones. */
export async function sampleQueries(count) {
  const lines = await linesOf(QUERIES_FILE);
  assert.ok(lines.length >= count, `${QUERIES_FILE} has ${lines.length} queries`);
  const step = lines.length / count;
  return Array.from({ length: count }, (_, i) => JSON.parse(lines[Math.floor(i * step)]).text);
}

/** The points of WordNet, one JSON object a line. */
export async function wordnetLines() {
  return linesOf(wordnetPoints);
}

async function load(folder) {
  const [data, persist] = [join(folder, "origin"), join(folder, "edge")];
  const origin = await startOrigin({ data });
  try {
    const at = ["--url", origin.url];
    await headwater("model", "add", wordnetModel, "--name", MODEL, ...at);
    await headwater("create", COLLECTION, "--schema", wordnetSchema, ...at);
    await headwater("import", wordnetPoints, "--collection", COLLECTION, ...at);
    await headwater("publish", "--collection", COLLECTION, ...at);
    const edge = await startEdge({ persist, trust: await trustOf(data) });
    try {
      await publishToEdge(COLLECTION, origin, edge);
    } finally {
      await edge.stop();
    }
  } finally {
    await origin.stop();
  }
}

async function linesOf(path) {
  return (await readFile(path, "utf8")).trimEnd().split("\n");
}
