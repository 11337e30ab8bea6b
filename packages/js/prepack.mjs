/**
 * What the packed package has of the repository: its licences, the documents that its README leads to, and those that
 * they lead to. Links to other files of the repository become plain text.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";

const DOCUMENTS = ["query.md", "points.md", "ranking.md", "words.md", "search-box.md"];
const LICENSES = ["LICENSE-APACHE", "LICENSE-MIT"];
const root = new URL("../../", import.meta.url);
const here = new URL("./", import.meta.url);

await rm(new URL("docs", here), { recursive: true, force: true });
await mkdir(new URL("docs", here));
for (const name of DOCUMENTS) {
  const text = await readFile(new URL(`docs/${name}`, root), "utf8");
  const own = text.replace(/\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)/g, (link, words, file) =>
    file === "" || DOCUMENTS.includes(file) || /^https?:/.test(file) ? link : words,
  );
  await writeFile(new URL(`docs/${name}`, here), own);
}
for (const name of LICENSES) await copyFile(new URL(name, root), new URL(name, here));
