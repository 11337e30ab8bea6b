/**
 * The page of plain files that both READMEs have, as who copies it from there has it: it says that it loads, and loses
 * nothing that is typed.
 */
import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { complaintsOf, launchChromium } from "./support/browser.mjs";
import { startExcerpt } from "./support/excerpt.mjs";
import { startFiles } from "./support/files.mjs";
import { freshFolder, packageDist, root, screensDir } from "./support/places.mjs";
import { headwater } from "./support/servers.mjs";
import { startThrottle } from "./support/throttle.mjs";

describe("the page in the READMEs", { timeout: 120_000 }, () => {
  let origin, site, files, slow, chromium;

  before(async () => {
    origin = await startExcerpt();
    site = await freshFolder("readme-page");
    await headwater("export", join(site, "words"), "--collection", origin.name, "--url", origin.url);
    await cp(packageDist, join(site, "headwater"), { recursive: true });
    [files, chromium] = await Promise.all([startFiles(site), launchChromium()]);
    slow = await startThrottle(files.url);
    await mkdir(screensDir, { recursive: true });
  }, { timeout: 90_000 });
  after(async () => {
    await chromium?.close();
    await slow?.stop();
    files?.stop();
    await origin?.stop();
  });

  for (const readme of ["README.md", "packages/js/README.md"]) {
    it(`of ${readme} says that it loads, and finds what was typed meanwhile`, { timeout: 60_000 }, async () => {
      const [, html] = /```html\n(<!doctype html>\n<meta charset="utf-8" \/>\n[^]*?)```/.exec(await readFile(join(root, readme), "utf8"));
      await writeFile(join(site, "index.html"), html.replace("ed25519:…", origin.trust));
      // Another port is another site, which has kept nothing.
      slow = await slow.stop().then(() => startThrottle(files.url));
      slow.holdBlobs();
      const page = await chromium.newPage();
      const complaints = complaintsOf(page);
      await page.goto(slow.url);
      await page.locator("#query").fill("small wild cat");
      await page.waitForFunction(() => document.querySelector("#loaded").hasAttribute("value"));
      assert.ok(await page.getByText("Loading…").isVisible());
      assert.ok(await page.evaluate(() => loaded.position >= 0 && loaded.position < 1));
      const shot = (what) => page.screenshot({ path: join(screensDir, `readme-${readme.includes("js") ? "package" : "project"}-${what}.png`) });
      await shot("loading");

      slow.release();
      await page.waitForFunction(() => document.querySelectorAll("#found li").length === 10);
      assert.match(await page.locator("#found").innerText(), /\bcat\b/);
      assert.ok(!(await page.locator("#loading").isVisible()));
      await shot("found");
      await page.locator("#query").fill("");
      await page.waitForFunction(() => document.querySelectorAll("#found li").length === 0);
      await page.reload();
      await page.waitForFunction(() => document.querySelector("#loading").hidden);
      await page.locator("#query").fill("telescope");
      await page.waitForFunction(() => /telescope/.test(document.querySelector("#found").textContent));
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }
});
