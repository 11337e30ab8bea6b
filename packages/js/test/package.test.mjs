/** The package as it is published: what is in it, what bundlers and compilers make of it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { freshFolder, root } from "../../../tests/e2e/support/places.mjs";

const run = promisify(execFile);
const bin = (name) => join(root, "node_modules", ".bin", name);
const PACKAGE = join(root, "packages", "js");
const PROGRAM = `
import { HeadwaterError, connect, open } from "headwater";
import { HeadwaterSearch, createSearch, defineSearch } from "headwater/search-box";
import type { SearchIndex, SiteSearch } from "headwater/search-box";
import type { Answer, Code, Collection, Group, Hit, Point, Remote, Replica } from "headwater";
interface Word { lemmas: string[]; pos?: "noun" | "verb" }
export async function typed(words: Replica<Word>, url: string): Promise<string[]> {
  const remote: Remote<Word> = connect<Word>(url);
  const either: Collection<Word> = remote;
  const any: Collection<object> = words;
  const point: Point<Word> | null = await either.get("cat");
  const { hits } = await either.search({ match: "cat", collapse: { field: "pos", hits: 2 } });
  const group: Group<Word> | undefined = hits[0]!.group;
  const others: Hit<Word>[] = group?.hits ?? [];
  // @ts-expect-error: no such member of the payload
  others[0]?.payload.gloss;
  // @ts-expect-error: what nobody said is not known
  (await connect(url).search({ match: "cat" })).hits[0]!.payload.lemmas.join();
  // @ts-expect-error: a payload is an object
  connect<string>(url);
  await any.close();
  return [...others, ...(await open<Word>(url, { trust: "" }).then((own) => own.search({}))).hits].flatMap(({ payload }) => payload.lemmas).concat(point?.payload?.lemmas ?? []);
}
export function box(site: URL, trust: string): SiteSearch {
  const index: SearchIndex = { lang: "en", url: new URL("en/", site), trust, pages: 3 };
  const Box: typeof HeadwaterSearch = defineSearch({ site, indexes: [index], facets: [{ field: "section" }], texts: { fr: { button: "Rechercher" } } });
  // @ts-expect-error: the language of a box is its attribute
  defineSearch({ site, indexes: [index], lang: "en" });
  const search = createSearch({ site, indexes: [index], lang: "en", recent: false, open: async ({ url }) => connect(url) });
  const stop: () => void = search.subscribe(({ status, pages, fault }) => status === "failed" ? fault?.code : pages.flatMap(({ sections }) => sections[0]?.heading.map(({ text, marked }) => marked && text)));
  stop();
  return document.querySelector<InstanceType<typeof Box>>("headwater-search")?.search ?? search;
}
export async function program(url: string, trust: string): Promise<Answer> {
  const words: Replica = await open(url, { trust, cacheDir: "kept", assets: "/headwater/", onProgress: (p) => p.loadedBytes });
  const stop: () => void = words.on("status", (status) => status.version.toFixed());
  const either: Collection[] = [words, connect(url, { token: "t" })];
  const code: Code = new HeadwaterError("closed", "it was").code;
  stop();
  // @ts-expect-error: no such member
  await words.search({ text: "cat", topk: 3 });
  return either[code.length % 2]!.search({ vector: new Float32Array(8), filter: { pos: { $in: ["noun"] } }, topK: 3 });
}
`;

describe("the npm package", { timeout: 120_000 }, () => {
  let folder;

  before(async () => {
    folder = await freshFolder("js-package");
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder, "--workspace", "headwater"], { cwd: root });
    const [{ filename, files }] = JSON.parse(stdout);
    const strays = files.map(({ path }) => path).filter((path) => !/^(dist\/.+|docs\/.+\.md|package\.json|README\.md|LICENSE-(APACHE|MIT))$/.test(path));
    assert.deepEqual(strays, []);
    const installed = join(folder, "node_modules", "headwater");
    await mkdir(installed, { recursive: true });
    await run("tar", ["xzf", join(folder, basename(filename)), "--strip-components=1", "-C", installed]);
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  });

  it("has both licences, and all that its documents lead to", async () => {
    const installed = join(folder, "node_modules", "headwater");
    for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) {
      assert.equal(await readFile(join(installed, name), "utf8"), await readFile(join(root, name), "utf8"));
    }
    const slug = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
    const seen = new Map([["README.md", undefined]]);
    for (const [file] of seen) {
      const text = await readFile(join(installed, file), "utf8").catch(() => assert.fail(`there is no ${file}`));
      seen.set(file, new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading))));
      const links = [...text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)].filter(([, to]) => !/^https?:/.test(to));
      for (const [, to] of links) if (to !== "") seen.set(join(dirname(file), to), seen.get(join(dirname(file), to)));
    }
    for (const [file] of seen) {
      const text = await readFile(join(installed, file), "utf8");
      for (const [, to, part] of text.matchAll(/\]\(([^)#\s]*)#([^)\s]*)\)/g)) {
        const there = to === "" ? file : join(dirname(file), to);
        assert.ok(seen.get(there).has(part), `${file}: ${there} has no ${part}`);
      }
    }
    assert.deepEqual([...seen.keys()].sort(), ["README.md", "docs/points.md", "docs/query.md", "docs/ranking.md", "docs/search-box.md", "docs/words.md"]);
  });

  it("runs in Node from an empty folder", async () => {
    const program = 'import { open } from "headwater"; await open("http://127.0.0.1:9/c", { trust: "ed25519:00" }).catch((e) => console.log(e.code));';
    await writeFile(join(folder, "program.mjs"), program);
    const { stdout } = await run(process.execPath, ["program.mjs"], { cwd: folder });
    assert.equal(stdout.trim(), "key_untrusted");
  });

  for (const resolution of ["nodenext", "bundler"]) {
    it(`has types that hold without further libraries (${resolution})`, async () => {
      await writeFile(join(folder, "program.ts"), PROGRAM);
      const module = resolution === "bundler" ? "esnext" : resolution;
      const options = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom", "--types", "", "--module", module];
      await run(bin("tsc"), [...options, "--moduleResolution", resolution, "program.ts"], { cwd: folder }).catch((error) => assert.fail(error.stdout));
    });
  }

  it("has examples that compile, those of the project's README and of the search box as well", async () => {
    const texts = await Promise.all([join(root, "README.md"), join(PACKAGE, "README.md"), join(root, "docs", "search-box.md")].map((file) => readFile(file, "utf8")));
    const examples = texts.flatMap((text) => [...text.matchAll(/```(?:js|ts)\n([^]*?)```|<script type="module">\n([^]*?)<\/script>/g)].map((found) => found[1] ?? found[2]));
    assert.equal(examples.length, 9);
    const files = await Promise.all(examples.map(async (example, i) => {
      const file = `example-${i}.ts`;
      await writeFile(join(folder, file), example);
      return file;
    }));
    // In a page the elements with an id are globals by that name; Node's own types are not ours to bring along.
    const around = "declare const query: HTMLInputElement, loading: HTMLElement, loaded: HTMLProgressElement, found: HTMLElement;\ndeclare const process: { env: Record<string, string | undefined> };\n";
    await writeFile(join(folder, "around.d.ts"), around);
    const options = ["--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom", "--types", "", "--module", "nodenext", "--moduleResolution", "nodenext"];
    await run(bin("tsc"), [...options, "around.d.ts", ...files], { cwd: folder }).catch((error) => assert.fail(error.stdout));
  });

  it("says on the server what it cannot do there, and does nothing when it is imported", async () => {
    const program = `
      import { open as inBrowsers } from "./node_modules/headwater/dist/browser.js";
      import { open as atTheEdge } from "./node_modules/headwater/dist/edge.js";
      for (const open of [inBrowsers, atTheEdge]) {
        await open("https://example.org/c", { trust: "ed25519:00" }).catch((e) => console.log(e.name, e.code));
      }`;
    await writeFile(join(folder, "server.mjs"), program);
    const { stdout } = await run(process.execPath, ["server.mjs"], { cwd: folder });
    assert.deepEqual(stdout.trim().split("\n"), ["HeadwaterError unsupported_runtime", "HeadwaterError unsupported_runtime"]);
  });

  it("costs a page what it needs: the engine as text stands apart, for those that cannot have it as a file", async () => {
    const sizes = Object.fromEntries(await Promise.all(["browser.js", "edge.js", "worker.js", "inline.js", "headwater_bg.wasm"].map(async (file) => {
      return [file, gzipSync(await readFile(join(PACKAGE, "dist", file))).length];
    })));
    assert.ok(sizes["browser.js"] < 15_000 && sizes["edge.js"] < 10_000, JSON.stringify(sizes));
    assert.ok(sizes["inline.js"] < 1.1 * (sizes["headwater_bg.wasm"] + sizes["worker.js"]), JSON.stringify(sizes));
  });

  it("has a search box that is small, comes without the client, and does nothing when a server imports it", async () => {
    const box = await readFile(join(PACKAGE, "dist", "search-box.js"));
    const { length } = brotliCompressSync(box);
    assert.ok(length < 12_000, `${length} bytes by brotli`);
    const imported = [...String(box).matchAll(/\bimport\b\s*\(?[^;]{0,60}?"([^"]+)"/g)].map(([, from]) => from);
    assert.deepEqual(imported, ["./browser.js"]);
    assert.doesNotMatch(String(box), /innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(/);
    const program = 'import { createSearch } from "headwater/search-box"; try { createSearch({}); } catch ({ name, code }) { console.log(name, code); }';
    await writeFile(join(folder, "box.mjs"), program);
    const { stdout } = await run(process.execPath, ["box.mjs"], { cwd: folder });
    assert.equal(stdout.trim(), "HeadwaterError invalid_options");
  });

  it("names its worker and engine in the words that bundlers look for", async () => {
    const [entry, worker] = await Promise.all(["browser.js", "worker.js"].map((file) => readFile(join(PACKAGE, "dist", file), "utf8")));
    assert.match(entry, /new Worker\(new URL\("\.\/worker\.js", import\.meta\.url\), \{ type: "module"/);
    assert.match(worker, /new URL\("\.\/headwater_bg\.wasm", ?import\.meta\.url\)/);
    for (const text of [entry, worker]) assert.doesNotMatch(text, /\beval\(|new Function\(/);
  });
});
