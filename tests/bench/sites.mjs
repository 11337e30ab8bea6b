/**
 * `headwater build` of two real sites beside Pagefind: what a build takes, what first hits fetch, how well pages are
 * found, beside MiniSearch too. Prints JSON lines.
 *
 *   node tests/bench/sites.mjs <folder to work in> <Pagefind's program> tune|report
 */
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { launchChromium } from "../e2e/support/browser.mjs";
import { headwaterBin, packageDist } from "../e2e/support/places.mjs";
import { firstHits } from "./sites/first-hits.mjs";
import { SITES, copySite } from "./sites/pages.mjs";
import { KINDS, queriesOf } from "./sites/queries.mjs";
import { headwater, miniSearch, pagefind, sectionsOf } from "./sites/systems.mjs";

const [work, pagefindBin, half] = process.argv.slice(2);
/** Readers who come for the first time, each with a question of their own. */
const VISITS = 20;
/** Fields with boosts: of the text alone, and with what Headwater has read of generators. */
const MINISEARCH = {
  MiniSearch: { title: 3, heading: 2, text: 1 },
  "MiniSearch, with names": { title: 3, heading: 2, names: 3, text: 1 },
};
const run = promisify(execFile);
const say = (row) => console.log(JSON.stringify(row));

/** Wall time, processor time and memory of a program. */
async function timed(program, ...args) {
  const { stderr } = await run("/usr/bin/time", ["-f", "TOOK %e %U %S %M", program, ...args], { maxBuffer: 1 << 28 });
  const [, wall, user, system, peak] = stderr.match(/TOOK ([\d.]+) ([\d.]+) ([\d.]+) (\d+)/);
  return { seconds: Number(wall), cpuSeconds: Number(user) + Number(system), peakBytes: Number(peak) * 1024 };
}

async function build(name, site) {
  const at = (end) => join(work, `${name}${end}`);
  const pages = await copySite(site, at(""));
  for (const end of ["-headwater", "-state", "-pagefind"]) await rm(at(end), { recursive: true, force: true });
  const ours = await timed(headwaterBin, "build", at(""), "--output", at("-headwater"), "--state", at("-state"), "--package", packageDist);
  say({ site: name, build: "Headwater", pages: pages.length, ...ours });
  const theirs = await timed(pagefindBin, "--site", at(""), "--output-path", at("-pagefind"), "--root-selector", site.root);
  say({ site: name, build: "Pagefind", pages: pages.length, ...theirs });
  return { pages, folders: { headwater: at("-headwater"), pagefind: at("-pagefind") }, folder: at("") };
}

/** MRR@10 of a system, and by kind. */
async function relevance(name, system, { ask }, queries) {
  const ranks = new Map(KINDS.map((kind) => [kind, []]));
  for (const { kind, text, right } of queries) {
    const place = (await ask(text)).findIndex((page) => right.includes(page));
    ranks.get(kind).push(place < 0 ? 0 : 1 / (place + 1));
  }
  const mean = (all) => all.reduce((a, b) => a + b, 0) / all.length;
  const kinds = Object.fromEntries([...ranks].map(([kind, all]) => [kind, mean(all)]));
  say({ site: name, system, half, queries: queries.length, mrr: mean([...ranks.values()].flat()), ...kinds });
}

const browser = await launchChromium();
for (const [name, site] of Object.entries(SITES)) {
  const { pages, folders, folder } = await build(name, site);
  const queries = (await queriesOf(name, site, folder, pages)).filter((query) => query.half === half);
  const every = Math.floor(queries.length / VISITS);
  const texts = queries.filter((_, n) => n % every === 0).map(({ text }) => text);
  for (const row of await firstHits(browser, folders, texts)) say({ site: name, ...row });
  const ours = await headwater(folders.headwater);
  const sections = await sectionsOf(ours.replica);
  await relevance(name, "Headwater", ours, queries);
  await ours.close();
  const theirs = await pagefind(browser, folders.pagefind);
  await relevance(name, "Pagefind", theirs, queries);
  await theirs.close();
  for (const [system, fields] of Object.entries(MINISEARCH)) await relevance(name, system, miniSearch(sections, fields), queries);
}
await browser.close();
