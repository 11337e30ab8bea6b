/** A host of plain files below a path, as most sites of documents have it: what is not there is answered by the site's `404.html`. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import sirv from "sirv";

export const BASE = "/handbook/";

export async function startHost(folder) {
  const files = sirv(folder, { dev: true, extensions: ["html"] });
  const server = http.createServer((request, response) => {
    const missing = async () => {
      // Browsers ask for one, whether the site has it or not.
      if (/\/favicon\.\w+$/.test(request.url)) return response.writeHead(204).end();
      const page = await readFile(join(folder, "404.html")).catch(() => "not found");
      response.writeHead(404, { "content-type": "text/html" }).end(page);
    };
    if (!request.url.startsWith(BASE)) return missing();
    request.url = request.url.slice(BASE.length - 1);
    files(request, response, missing);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}${BASE}`, stop };
}
