/**
 * Where the build puts what the tests run, and where the tests put what they make.
 *
 * Owns: the folders of this run, which go when the process goes.
 */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const target = process.env.HEADWATER_TARGET ?? join(root, "target");
export const headwaterBin = process.env.HEADWATER_BIN ?? join(target, "release", "headwater");
export const packageDist = join(root, "packages", "js", "dist");
export const edgeDevServer = join(root, "edge-worker", "dev-server.mjs");
export const edgeBundle = process.env.HEADWATER_EDGE_DIR ?? join(target, "edge");
export const wordnetDir = join(target, "wordnet");
export const wordnetPoints = join(wordnetDir, "wordnet.ndjson");
export const wordnetSchema = join(root, "examples", "wordnet", "schema.json");
export const wordnetModel = join(root, "examples", "wordnet", "model");
export const workDir = join(target, "e2e");
export const screensDir = join(workDir, "screens");

const ours = [];

/** An empty folder that lasts as long as this process. */
export async function freshFolder(name) {
  await mkdir(workDir, { recursive: true });
  const folder = await mkdtemp(join(workDir, `run-${name}-`));
  ours.push(folder);
  return folder;
}

process.once("exit", () => {
  for (const folder of ours) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
