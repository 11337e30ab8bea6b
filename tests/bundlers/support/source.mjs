/** Real points, imported, published and exported: a folder that any web server can serve. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { headwaterBin, wordnetPoints } from "../../e2e/support/places.mjs";
import { prepared } from "../../e2e/support/prepared.mjs";
import { headwater, startOrigin, trustOf } from "../../e2e/support/servers.mjs";
import { wordnetLines } from "../../e2e/support/wordnet.mjs";
import { startSite } from "./site.mjs";

const COLLECTION = "words";
const SCHEMA = { text: { lemmas: { language: "en", boost: 5 }, gloss: { language: "en" } } };
/** Every so many synsets one is taken; it stays small, because each bundler's page fetches it anew. */
const EVERY = 100;

/** Serves the export to pages of any origin, and says in which folder it is. */
export async function startSource() {
  const folder = await prepared("bundlers-source", [headwaterBin, wordnetPoints, fileURLToPath(import.meta.url)], load);
  const exported = join(folder, "export");
  const site = await startSite({ folder: exported, cors: true });
  return { folder: exported, url: site.url, trust: await trustOf(join(folder, "origin")), stop: () => site.stop() };
}

async function load(folder) {
  const data = join(folder, "origin");
  const origin = await startOrigin({ data });
  try {
    const at = ["--url", origin.url];
    const points = (await wordnetLines()).filter((line, i) => i % EVERY === 0 || /\bcats?\b/.test(line)).map(withoutVectors);
    const [schema, file] = [join(folder, "schema.json"), join(folder, "points.ndjson")];
    await writeFile(schema, JSON.stringify(SCHEMA));
    await writeFile(file, points.join("\n"));
    await headwater("create", COLLECTION, "--schema", schema, ...at);
    await headwater("import", file, "--collection", COLLECTION, ...at);
    await headwater("publish", "--collection", COLLECTION, ...at);
    await headwater("export", join(folder, "export"), "--collection", COLLECTION, ...at);
  } finally {
    await origin.stop();
  }
}

function withoutVectors(line) {
  const { id, payload } = JSON.parse(line);
  return JSON.stringify({ id, payload });
}
