/** Opens a page in Chromium as somebody who has never been there, and says what became of it. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { complaintsOf } from "../../e2e/support/browser.mjs";
import { target } from "../../e2e/support/places.mjs";
import { within } from "../../e2e/support/wait.mjs";

const PATIENCE_MS = 60_000;
const FOLDER = join(target, "bundlers");

/**
 * - `title`: what the page found, or its error
 * - `complaints`: of its console, and requests that failed
 * - `workers`: their URLs; those made of text begin with "blob:"
 * - `isPrivate`: whether nothing of it names the folder that it was built in
 * - `bytes`: what was fetched of the application, gzipped: page and scripts, workers' scripts, the engine
 */
export async function visit(chromium, url, source) {
  const page = await chromium.newPage();
  const complaints = complaintsOf(page);
  const [workers, responses] = [[], []];
  page.on("worker", (worker) => workers.push(worker.url()));
  page.on("requestfailed", (request) => {
    // What the engine has got enough of it ends itself.
    if (!request.url().startsWith(source.url)) complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
    else if (!response.url().startsWith(source.url) && /^http/.test(response.url())) responses.push(response);
  });
  try {
    const hash = encodeURIComponent(`${source.url} ${source.trust}`);
    await page.goto(`${url}#${hash}`);
    await page.waitForFunction(() => /^(found|error)/.test(document.title), null, { timeout: PATIENCE_MS });
    return { title: await page.title(), complaints, workers, ...(await lookAt(responses, workers)) };
  } catch (error) {
    throw new Error(`${error.message}\n${complaints.join("\n")}`, { cause: error });
  } finally {
    await page.close();
  }
}

async function lookAt(responses, workers) {
  const bytes = { page: 0, worker: 0, engine: 0 };
  const byUrl = new Map(responses.map((response) => [response.url(), response]));
  let isPrivate = true;
  for (const [url, response] of byUrl) {
    // Of a worker that never ran the browser gives no body.
    const body = await within(5_000, "a body", response.body()).catch(() => Buffer.alloc(0));
    const kind = /\.wasm\b/.test(url) ? "engine" : workers.includes(url) ? "worker" : "page";
    bytes[kind] += gzipSync(body).length;
    isPrivate &&= !body.includes(FOLDER);
  }
  return { bytes, isPrivate };
}
