/** A server of plain files as sites have them: types, compression, a policy, and CORS where it is a CDN. */
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".cjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/**
 * `pages` are by path what the folder does not have. `policy` is a content security policy. `fallback` answers what is not there
 * as servers of single-page applications do: with the page at "/" and status 200.
 */
export async function startSite({ folder, pages = {}, policy, cors = false, fallback = false }) {
  const server = http.createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  async function answer(request, response) {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://site").pathname));
    const found = (await read(path)) ?? (fallback ? await read("/") : undefined);
    const headers = {
      "cache-control": "no-store",
      ...(policy !== undefined && { "content-security-policy": policy }),
      ...(cors && { "access-control-allow-origin": "*" }),
    };
    if (found === undefined) return void response.writeHead(404, headers).end();
    const { type, body } = found;
    const packs = type !== "application/octet-stream" && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    response.writeHead(200, { ...headers, "content-type": type, ...(packs && { "content-encoding": "gzip" }) });
    response.end(packs ? gzipSync(body) : body);
  }

  async function read(path) {
    const page = path === "/" ? "/index.html" : path;
    if (pages[page] !== undefined) return { type: TYPES[extname(page)], body: Buffer.from(pages[page]) };
    const file = folder === undefined ? undefined : join(folder, page);
    if (file === undefined || !(await stat(file).catch(() => undefined))?.isFile()) return undefined;
    return { type: TYPES[extname(file)] ?? "application/octet-stream", body: await readFile(file) };
  }

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** For a folder that could not be made before the URL was known. */
    serve: (made) => (folder = made),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
