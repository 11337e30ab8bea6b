/**
 * Git's documentation as Debian has it (package git-doc), with search: a site that nobody made for this. Its pages get the two lines,
 * and `headwater build` does the rest.
 *
 *   node git.mjs [folder of pages in HTML] [folder to write]
 */
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSearch } from "headwater-build";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [from = "/usr/share/doc/git-doc", to = at("../../target/handbook/git")] = process.argv.slice(2);

const LINES = `<link rel="icon" href="data:,">
<script type="module" src="headwater/search.js"></script>
<style>headwater-search { position: fixed; inset: 0.5rem 0.5rem auto auto; }</style>`;

const names = (await readdir(from)).filter((name) => name.endsWith(".html"));
if (names.length === 0) throw new Error(`${from} has no pages in HTML: install Debian's package git-doc, or name another folder`);
await mkdir(to, { recursive: true });
for (const old of await readdir(to)) if (old.endsWith(".html")) await rm(join(to, old));
for (const name of names) {
  const page = await readFile(join(from, name), "utf8");
  await writeFile(join(to, name), page.replace("</head>", `${LINES}</head>`).replace(/<body[^>]*>/, "$&<headwater-search></headwater-search>"));
}
// The first lines of a manual page, what a command is for, stand above what its makers call the content.
await buildSearch(to, { rootSelector: "#header, #content", state: `${to}.state` });
