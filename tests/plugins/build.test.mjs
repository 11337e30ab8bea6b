/** `headwater-build`: what a plugin says of its options and of the command, in words that help. */
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { before, describe, it } from "node:test";
import { buildSearch } from "headwater-build";
import { freshFolder, headwaterBin, packageDist } from "../e2e/support/places.mjs";

const page = (title, lang) => `<!doctype html><html${lang}><title>${title}</title><main><h1>${title}</h1><p>Words of a page.</p></main></html>`;

describe("headwater-build", { timeout: 120_000 }, () => {
  let folder;
  const options = { command: headwaterBin, package: packageDist };

  before(async () => {
    folder = await freshFolder("build");
    await mkdir(join(folder, "site", "drafts"), { recursive: true });
    await writeFile(join(folder, "site", "a.html"), page("A", ""));
    await writeFile(join(folder, "site", "b.html"), page("B", ""));
    await writeFile(join(folder, "site", "drafts", "c.html"), page("C", ' lang="nl"'));
  });

  it("builds what its options say, with paths from a folder that it is told", async () => {
    const command = relative(folder, headwaterBin);
    await buildSearch("site", { ...options, command, state: "kept", lang: "de", exclude: ["drafts/**"], model: undefined }, folder);
    const loader = await readFile(join(folder, "site", "headwater", "search.js"), "utf8");
    assert.match(loader, /lang: "de".*pages: 2 /);
    assert.doesNotMatch(loader, /lang: "nl"/);
    assert.match(await readFile(join(folder, "kept", "site.json"), "utf8"), /site/);
  });

  it("says how to get a command that is missing", async () => {
    await assert.rejects(
      buildSearch("site", { command: "headwater-is-not-here" }, folder),
      /there is no command headwater-is-not-here: .*"command".*HEADWATER_BIN.*PATH.*cargo xtask build origin/,
    );
    await assert.rejects(buildSearch("site", { command: "./site" }, folder), /site cannot be run \(.*EACCES.*HEADWATER_BIN/);
  });

  it("names an option that there is not, and a value that is none", async () => {
    await assert.rejects(buildSearch("site", { ...options, excludes: [] }, folder), /no option "excludes"; it has command, state, .*exclude/);
    await assert.rejects(buildSearch("site", { ...options, exclude: "drafts/**" }, folder), /option "exclude" is to be a list of texts/);
    await assert.rejects(buildSearch("site", { ...options, lang: ["de"] }, folder), /option "lang" is to be a text/);
  });

  it("fails where the command fails", async () => {
    await assert.rejects(buildSearch("nowhere", options, folder), /`headwater build` ended with exit code 1/);
  });
});
