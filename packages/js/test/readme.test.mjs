/** What the README says of the package is what the package is. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { freshFolder, headwaterBin, packageDist, root } from "../../../tests/e2e/support/places.mjs";
import { startOrigin } from "../../../tests/e2e/support/servers.mjs";

const run = promisify(execFile);

describe("the package's README", { timeout: 60_000 }, () => {
  let readme;

  const source = (file) => readFile(join(root, "packages", "js", "src", file), "utf8");
  /** The first cells of the table whose head begins with this. */
  const named = (head) => {
    const table = readme.slice(readme.indexOf(`\n| ${head}`)).split("\n\n")[0];
    const cells = table.trim().split("\n").slice(2).map((row) => row.split(" | ")[0]);
    return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name)).sort();
  };

  before(async () => {
    readme = await readFile(join(root, "packages", "js", "README.md"), "utf8");
  });

  it("has every code of an error once, and no other", async () => {
    const [, union] = /export type Code = ([^;]+);/.exec(await source("generated.ts"));
    assert.deepEqual(named("code |"), union.split("|").map((code) => JSON.parse(code)).sort());
  });

  it("has a first program that finds what the commands beside it have made", async () => {
    const [program, serve, make] = [...readme.matchAll(/```(?:js|sh)\n([^]*?)```/g)].map(([, text]) => text);
    assert.equal(serve, "headwater serve --data ./data\n");
    const folder = await freshFolder("js-readme");
    const origin = await startOrigin({ data: join(folder, "data") });
    try {
      const env = { ...process.env, HEADWATER_BIN: headwaterBin, HEADWATER_URL: origin.url, XDG_CACHE_HOME: join(folder, "cache") };
      const { stdout } = await run("sh", ["-ec", `headwater() { "$HEADWATER_BIN" "$@"; }\n${make}`], { cwd: folder, env });
      const trust = stdout.trim().split("\n").at(-1);
      const named = { "https://example.org": origin.url, "ed25519:…": trust, '"headwater"': JSON.stringify(import.meta.resolve("headwater")) };
      const mine = Object.entries(named).reduce((text, [from, to]) => text.replaceAll(from, to), program);
      await writeFile(join(folder, "program.mjs"), mine);
      const found = await run(process.execPath, ["program.mjs"], { cwd: folder, env });
      assert.match(found.stdout, /'cat',\s+[\d.]+,\s+\{ title: 'a small wild cat', pos: 'noun' \}[^]*id: 'cat'/);
      assert.equal(found.stderr, "");
    } finally {
      await origin.stop();
    }
  });

  it("says about how much a visitor downloads of what no bundler makes smaller", async () => {
    for (const [said, file, compress] of [
      [/the engine, (\d+) kB/.exec(readme)[1], "headwater_bg.wasm", gzipSync],
      [/one lazy chunk with both, (\d+) kB/.exec(readme)[1], "inline.js", gzipSync],
      [/By brotli, .* the engine has (\d+) kB/.exec(readme)[1], "headwater_bg.wasm", brotliCompressSync],
    ]) {
      const is = compress(await readFile(join(packageDist, file))).length / 1000;
      assert.ok(Math.abs(is - said) < is / 10, `${file} has ${is} kB, the README says ${said}`);
    }
  });

  it("says, as the project's README does, how many bytes a server sends in which coding", async () => {
    const project = await readFile(join(root, "README.md"), "utf8");
    for (const file of ["browser.js", "worker.js", "headwater_bg.wasm"]) {
      const bytes = await readFile(join(packageDist, file));
      const sent = [bytes, gzipSync(bytes), brotliCompressSync(bytes)].map(({ length }) => length / 1000);
      for (const text of [project, readme]) {
        const row = new RegExp(`\\| [^|]*\`${file}\` \\| ([\\d.,]+) kB \\| ([\\d.,]+) kB \\| ([\\d.,]+) kB \\|`).exec(text);
        assert.ok(row !== null, `there is no row of ${file}`);
        for (const [i, is] of sent.entries()) {
          const said = Number(row[i + 1].replaceAll(",", ""));
          assert.ok(Math.abs(is - said) < Math.max(0.5, is / 10), `${file}: ${is} kB, the README says ${said}`);
        }
      }
    }
  });

  for (const [head, file, type] of [
    ["`open(url, …)`", "collection.ts", "OpenOptions"],
    ["`connect(url, …)`", "remote.ts", "ConnectOptions"],
  ]) {
    it(`has every option of ${head} once, and no other`, async () => {
      const [, members] = new RegExp(`interface ${type} \\{([^]*?)\n\\}`).exec(await source(file));
      assert.deepEqual(named(head), [...members.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name).sort());
    });
  }
});
