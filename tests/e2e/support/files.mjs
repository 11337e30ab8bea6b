/** A server of plain files, as any is: one that knows ranges, as most do, or does not. */
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

export async function startFiles(folder, { ranges = false } = {}) {
  const server = http.createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://files").pathname));
    const file = join(folder, path === "/" ? "index.html" : path);
    if (!(await stat(file).catch(() => undefined))?.isFile()) return response.writeHead(404).end();
    const bytes = await readFile(file);
    const type = { "content-type": TYPES[extname(file)] ?? "application/octet-stream" };
    const asked = ranges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") : null;
    if (asked === null) return response.writeHead(200, { ...type, "content-length": bytes.length }).end(bytes);
    const [from, to] = [Number(asked[1]), Math.min(Number(asked[2]), bytes.length - 1)];
    const part = bytes.subarray(from, to + 1);
    response.writeHead(206, { ...type, "content-length": part.length, "content-range": `bytes ${from}-${to}/${bytes.length}` }).end(part);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}
