/**
 * What is asked, and which pages are right: from the sites' own indexes and headings, so that nobody's taste is in it.
 *
 * | kind | the text | right are |
 * | --- | --- | --- |
 * | entry | an entry of the index as it stands: "exec (built-in function)", "Vec::push" | the pages it leads to |
 * | typed | the same in lower case without punctuation, where it has two words or more | the same |
 * | name | its name alone: "exec", "HashMap", "push" | the pages that all entries of this name lead to |
 * | heading | a heading below a page's title | the pages that have it |
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { decode, textOf } from "./pages.mjs";

/** What leads to more pages is no question. */
const MOST_PAGES = 10;
/** Queries of a kind. */
const OF_A_KIND = 200;

export const KINDS = ["entry", "typed", "name", "heading"];

/** The queries of a site: each with its kind, and its half. */
export async function queriesOf(name, site, folder, pages) {
  const contents = new Map();
  for (const path of pages) contents.set(path, await readFile(join(folder, path), "utf8"));
  const entries = name === "python" ? await sphinxEntries(site, contents) : await rustEntries(site, contents);
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, new Map()]));
  const add = (kind, text, paths) => {
    const right = kinds[kind].get(text) ?? new Set();
    kinds[kind].set(text, right);
    for (const path of paths) right.add(path);
  };
  for (const { text, name, paths } of entries) {
    add("entry", text, paths);
    const typed = text.toLowerCase().replace(/[^\p{L}\p{N}_]+/gu, " ").trim();
    if (typed.includes(" ")) add("typed", typed, paths);
    add("name", name, paths);
  }
  for (const [path, html] of contents) for (const heading of headingsOf(html)) add("heading", heading, [path]);
  return Object.entries(kinds).flatMap(([kind, texts]) => sampled(kind, texts));
}

/** Evenly over the alphabet of what texts hash to; even ones are for tuning, odd ones are reported. */
function sampled(kind, texts) {
  const all = [...texts].filter(([text, { size }]) => text.length > 1 && text.length <= 200 && size > 0 && size <= MOST_PAGES);
  const hash = (text) => createHash("sha256").update(text).digest("hex");
  const kept = all.map(([text, right]) => ({ kind, text, right: [...right].sort(), at: hash(text) })).sort((a, b) => (a.at < b.at ? -1 : 1));
  return kept.slice(0, OF_A_KIND).map(({ at: _, ...query }, n) => ({ ...query, half: n % 2 === 0 ? "tune" : "report" }));
}

function* headingsOf(html) {
  const main = html.slice(Math.max(0, html.search(/role="main"|<main[ >]/)));
  for (const [, attributes, heading] of main.matchAll(/<h[2-5]([^>]*)>(.*?)<\/h[2-5]>/gs)) {
    const text = textOf(heading);
    // Signatures, and what Sphinx writes in its sidebar.
    if (!/code-header/.test(attributes) && !/^(Table of Contents|Previous topic|Next topic|This Page|Navigation)$/.test(text)) yield text;
  }
}

/** Of the general index. An entry below another one either says more of it, or which one of that name it is. */
async function sphinxEntries({ from }, contents) {
  const html = await readFile(join(from, "genindex-all.html"), "utf8");
  const [entries, above] = [[], []];
  let text = "";
  const end = (paths) => {
    const depth = above.length - 1;
    const own = above.at(-1);
    if (own === undefined || own.text !== undefined) return own?.paths.push(...paths);
    own.text = textOf(text);
    const parent = above[depth - 1]?.text;
    const whole = parent === undefined ? own.text : `${own.text.startsWith("(") ? nameOf(parent) : parent} ${own.text}`;
    entries.push({ text: whole, name: nameOf(parent ?? own.text).replace(/\(\)$/, ""), paths: own.paths });
    own.paths.push(...paths);
  };
  for (const [, tag, href, between] of html.matchAll(/<(li|\/li|ul|a)\b(?: href="([^"]*)")?[^>]*>([^<]*(?:<(?:strong|\/strong|em|\/em)>[^<]*)*)/g)) {
    if (tag === "li") above.push({ text: undefined, paths: [] });
    if (tag === "li" || tag === "a") text = between;
    if (tag === "a" && above.length > 0) end([posix.normalize(decode(href).replace(/#.*/, ""))]);
    if (tag === "ul" && above.length > 0 && above.at(-1).text === undefined) end([]);
    if (tag === "/li") above.pop();
  }
  return entries.map((entry) => ({ ...entry, paths: entry.paths.filter((path) => contents.has(path)) })).filter(({ paths }) => paths.length > 0);
}

const nameOf = (text) => text.replace(/ \(.*\)$/, "");

/** Of the list of all items, and the methods that pages of types and traits define. */
async function rustEntries({ from }, contents) {
  const all = await readFile(join(from, "std", "all.html"), "utf8");
  const same = sameItems(contents);
  const entries = [];
  for (const [, href, text] of all.matchAll(/<li><a href="([^"]*)">(.*?)<\/a><\/li>/gs)) {
    const path = posix.normalize(`std/${decode(href)}`);
    if (!contents.has(path)) continue;
    const [item, paths] = [textOf(text), same(path)];
    const name = item.split("::").at(-1);
    entries.push({ text: item, name, paths });
    const type = /\/(struct|enum|trait|union|primitive)\.[^/]*$/.test(path);
    if (type) for (const method of methodsOf(contents.get(path))) entries.push({ text: `${name}::${method}`, name: method, paths });
  }
  return entries;
}

/** An item that is found at several places has a page at each. */
function sameItems(contents) {
  const keys = new Map();
  const keyOf = (path) => `${posix.basename(path)} ${createHash("sha256").update(textOf(contents.get(path).match(/<div class="docblock.*/s)?.[0] ?? path)).digest("hex")}`;
  for (const path of contents.keys()) if (path.startsWith("std/")) keys.set(keyOf(path), [...(keys.get(keyOf(path)) ?? []), path]);
  return (path) => keys.get(keyOf(path));
}

/** Those of the type itself: what it has of traits, each type has. */
function methodsOf(html) {
  const own = html.match(/<h2 id="(?:implementations|required-methods|provided-methods)".*?(?=<h2 id="(?:deref-methods|trait-implementations|foreign-impls|implementors)|$)/s)?.[0] ?? "";
  return new Set([...own.matchAll(/id="(?:tymethod|method)\.(\w+)"/g)].map(([, method]) => method));
}
