/** The Worker with a scale: what its WebAssembly memory has grown to. It never shrinks, so this is the most that was ever in use. */
import { cp, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { edgeBundle, freshFolder } from "../../../tests/e2e/support/places.mjs";

const SCALE = `
const { Instance } = WebAssembly;
let memory;
WebAssembly.Instance = class extends Instance {
  constructor(...made) {
    super(...made);
    memory = this.exports.memory;
  }
};
export const weight = () => memory.buffer.byteLength;
`;

const ENTRY = `
import { weight } from "./scale.mjs";
import worker from "./worker.mjs";

export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === "/weight") return new Response(String(weight()));
    return worker.fetch(request, env, context);
  },
};
`;

/** A copy of the built Worker that answers `GET /weight` in bytes as well. */
export async function weighedBundle() {
  const folder = await freshFolder("weighed-edge");
  await cp(edgeBundle, folder, { recursive: true });
  await rename(join(folder, "index.js"), join(folder, "worker.mjs"));
  await writeFile(join(folder, "scale.mjs"), SCALE);
  await writeFile(join(folder, "index.js"), ENTRY);
  return folder;
}

export async function weigh(edge) {
  return Number(await (await fetch(`${edge.url}/weight`)).text());
}
