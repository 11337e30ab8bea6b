/** A server of plain files that ignores `Range`, as some hosts do. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

const CHUNK = 16 * 1024;

/** Serves a folder as a host without ranges does; counts what leaves it, and lies where it is told to. */
export async function hostWithoutRanges(folder) {
  const asked = { paths: [], bytes: 0, atOnce: 0, most: 0, lie: undefined };
  const server = createServer(async (request, response) => {
    asked.most = Math.max(asked.most, (asked.atOnce += 1));
    asked.paths.push(request.url);
    const body = await readFile(join(folder, request.url)).catch(() => undefined);
    const told = { status: body === undefined ? 404 : 200, headers: {}, body: body ?? Buffer.from("nothing here") };
    asked.lie?.(told, request);
    response.writeHead(told.status, { ...told.headers, "access-control-allow-origin": "*", "access-control-allow-headers": "range", "content-length": told.body.length });
    let isClosed = false;
    response.on("close", () => ((isClosed = true), (asked.atOnce -= 1)));
    for (let at = 0; at < told.body.length && !isClosed; at += CHUNK) {
      const chunk = told.body.subarray(at, at + CHUNK);
      asked.bytes += chunk.length;
      // As a line that takes its time: who breaks off gets no more.
      await new Promise((resolve) => response.write(chunk, resolve));
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { asked, url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) };
}
