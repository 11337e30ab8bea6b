/** Folders on a loopback port, as an isolated page needs them. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { once } from "node:events";
import http from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
const PAGE = fileURLToPath(new URL("page/", import.meta.url));

/** Serves `folders` by name, and the pages beside this file. `gone(path)` says which paths are lost. */
export async function serve(folders, gone = () => false) {
  const server = http.createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://page").pathname)).slice(1);
    const [folder, ...rest] = path.split("/");
    const file = folders[folder] ? join(folders[folder], ...rest) : join(PAGE, path || "index.html");
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile() || gone(path)) return void response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": found.size,
      // Isolated pages have a clock of 5 µs instead of 100.
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    createReadStream(file).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
