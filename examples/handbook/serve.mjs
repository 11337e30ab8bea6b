/** Both sites on this machine, as any server of plain files shows them: the project's documents at `/`, Git's at `/git/`. */
import { once } from "node:events";
import http from "node:http";
import { fileURLToPath } from "node:url";
import sirv from "sirv";

const at = (folder) => sirv(fileURLToPath(new URL(`../../target/handbook/${folder}`, import.meta.url)), { dev: true, extensions: ["html"] });

/** Resolves when it listens. */
export async function serve(port) {
  const [project, git] = [at("project"), at("git")];
  const server = http.createServer((request, response) => {
    const isGit = request.url.startsWith("/git/");
    if (isGit) request.url = request.url.slice("/git".length);
    (isGit ? git : project)(request, response, () => response.writeHead(404, { "content-type": "text/plain" }).end("not found"));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await serve(Number(process.argv[2] ?? 8000));
  const url = `http://127.0.0.1:${server.address().port}/`;
  console.log(`the project's documents: ${url}\nGit's documentation:     ${url}git/git.html\nuntil Ctrl-C`);
}
