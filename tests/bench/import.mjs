/**
 * WordNet through `headwater import` into a server of its own: embedded, logged, acknowledged. Prints a JSON line.
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { call } from "../e2e/support/http.mjs";
import { freshFolder, wordnetModel, wordnetPoints, wordnetSchema } from "../e2e/support/places.mjs";
import { headwater, startOrigin } from "../e2e/support/servers.mjs";

/** The name by which the schema calls the model. */
const MODEL = "static-minilm-256";

const data = await freshFolder("bench-import");
const origin = await startOrigin({ data });
try {
  const at = ["--url", origin.url];
  await headwater("model", "add", wordnetModel, "--name", MODEL, ...at);
  await headwater("create", "words", "--schema", wordnetSchema, ...at);
  let started = performance.now();
  await headwater("import", wordnetPoints, "--collection", "words", ...at);
  const importSeconds = (performance.now() - started) / 1e3;
  started = performance.now();
  const published = await call("POST", `${origin.url}/v1/collections/words/publish`);
  const publishSeconds = (performance.now() - started) / 1e3;
  const lines = (await readFile(wordnetPoints, "utf8")).trimEnd().split("\n").length;
  const files = await readdir(data, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(files.filter((f) => f.isFile()).map((f) => stat(join(f.parentPath ?? f.path, f.name))));
  console.log(JSON.stringify({
    points: lines,
    importPointsPerSecond: lines / importSeconds,
    publishSeconds,
    snapshotBytesPerPoint: published.bytes / lines,
    originBytesPerPoint: sizes.reduce((sum, { size }) => sum + size, 0) / lines,
  }));
} finally {
  await origin.stop();
}
