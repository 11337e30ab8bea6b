/** Two real sites from Debian's packages, without what their generators made for looking up: queries come from it. */
import { cp, mkdir, readFile, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

const DOC = "/usr/share/doc";

/**
 * The Python documentation, and the Rust book with the standard library. `from` is where a package has them, `root` the
 * element that a search without an idea of generators is told to read. Left out are indexes, by all systems alike.
 */
export const SITES = {
  python: { from: join(DOC, "python3-doc", "html"), folders: [""], without: /^(genindex.*|py-modindex|search)\.html$/, root: "div.body" },
  rust: { from: join(DOC, "rust-doc", "html"), folders: ["book", "std"], without: /^std\/all\.html$/, root: "main" },
};

/** Copies a site to a folder, pages alone; returns their paths. */
export async function copySite({ from, folders, without }, to) {
  await rm(to, { recursive: true, force: true });
  const pages = [];
  for (const folder of folders) {
    for (const entry of await readdir(join(from, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name).slice(from.length + 1);
      if (!entry.isFile() || !path.endsWith(".html") || without.test(path)) continue;
      // Who comes to an old address is sent on, and pages say themselves whether search should leave them out.
      if (/http-equiv="refresh"|<meta name="robots" content="noindex/i.test(await readFile(join(from, path), "utf8"))) continue;
      pages.push(path);
    }
  }
  for (const path of pages) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await cp(join(from, path), join(to, path));
  }
  return pages.sort();
}

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', ndash: "–", mdash: "—", nbsp: " ", para: "¶" };

/** The text of a piece of HTML, without signs that lead to the heading they stand in. */
export function textOf(html) {
  const text = html.replace(/<a [^>]*class="(headerlink|anchor|srclink)"[^>]*>.*?<\/a>/gs, "").replace(/<[^>]*>/g, "");
  return decode(text).replace(/[¶§]/g, "").replace(/\s+/g, " ").trim();
}

export const decode = (text) =>
  text.replace(/&(#x[\da-f]+|#\d+|\w+);/gi, (whole, name) => {
    if (name.startsWith("#x") || name.startsWith("#X")) return String.fromCodePoint(parseInt(name.slice(2), 16));
    return name.startsWith("#") ? String.fromCodePoint(Number(name.slice(1))) : (ENTITIES[name] ?? whole);
  });

/** A page by the path of its file, however a system names it. */
export function pathOf(url) {
  const path = decodeURIComponent(url.replace(/^(https?:\/\/[^/]+)?\//, "").replace(/[?#].*$/, ""));
  return path === "" || path.endsWith("/") ? `${path}index.html` : path;
}
