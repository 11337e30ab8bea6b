/**
 * Serves the plain page and the built package from an address of its own, under a policy as strict as
 * sites have it. It stands apart from origin and edge, so that both can be killed while the page reloads.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import { once } from "node:events";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { packageDist, target as targetDir } from "./places.mjs";

const PAGE = fileURLToPath(new URL("plain-page/", import.meta.url));
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:; connect-src 'self' http://127.0.0.1:*";
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".map": "application/json",
  ".json": "application/json",
};

/** With `kept` browsers may keep its pages when they are left, to go back to. */
export async function startPageHost({ kept = false } = {}) {
  const workers = new Map();
  const caching = kept ? "no-cache" : "no-store";
  const server = http.createServer((request, response) => void serve(request, response, caching, workers.get(request.headers.host) ?? ""));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  let names = 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    /**
     * The same page under a host name of its own: to a browser another site, with storage of its own. There the package's worker
     * runs the script `inWorker` first.
     */
    freshUrl(inWorker = "") {
      const host = `site-${(names += 1)}.localhost:${port}`;
      workers.set(host, inWorker);
      return `http://${host}/`;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function serve(request, response, caching, inWorker) {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://page").pathname));
  const file = fileOf(path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  const first = path.endsWith("/worker.js") && inWorker !== "" ? `${inWorker};` : "";
  response.writeHead(200, {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "content-length": found.size + Buffer.byteLength(first),
    "cache-control": caching,
    "content-security-policy": POLICY,
  });
  response.write(first);
  createReadStream(file).pipe(response);
}

/** The package stands here under several names, so that the option `assets` has something to say; under some not whole. */
function fileOf(path) {
  const [, folder, name] = /^\/([^/]+)\/(.*)/.exec(path) ?? [];
  const isEngine = name === "headwater_bg.wasm";
  const page = join(PAGE, "index.html");
  switch (folder) {
    case "headwater":
    case "elsewhere":
      return join(packageDist, name);
    case "no-engine":
      return isEngine ? "" : join(packageDist, name);
    case "page-for-engine":
      return isEngine ? page : join(packageDist, name);
    case "pages":
      return page;
    // Reduced engines.
    case "without-words":
    case "without-vectors":
      return join(targetDir, "js", folder, name);
    default:
      return join(PAGE, path === "/" ? "index.html" : path);
  }
}
