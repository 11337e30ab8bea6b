/** The golden files of `core/tests/golden` as a source. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { blobRef } from "../../../tests/e2e/support/forge.mjs";
import { root } from "../../../tests/e2e/support/places.mjs";

export const GOLDEN = join(root, "core", "tests", "golden");

/** Serves the files of a folder under the names that a replica asks for. */
export async function startGolden(folder, head) {
  const read = (name) => readFile(join(folder, name));
  const served = new Map([["head", await read(head)]]);
  for (const [kind, name] of [["manifests", "manifest.json"], ["blobs", "segment.bin"], ["blobs", "tombstones.bin"]]) {
    const bytes = await read(name);
    served.set(`${kind}/${blobRef(bytes).hash}`, bytes);
  }
  const server = http.createServer((request, response) => {
    const bytes = served.get(request.url.slice(1));
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
