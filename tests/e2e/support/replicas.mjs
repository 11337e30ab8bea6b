/**
 * A replica in Node and a replica in a page, behind one face, so that a test can be run through both.
 *
 * Every call either returns what the package returned, or throws an error with the package's `code`,
 * `retryable`, and whether it was a `HeadwaterError` (`typed`).
 */
import { until } from "./wait.mjs";
import { complaintsOf } from "./browser.mjs";

/** Opens the plain page in a Chromium context and returns the replica that lives in it. */
export async function replicaInPage(context, pageUrl, handle = "replica") {
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(pageUrl);
  await page.waitForSelector("html[data-ready]", { state: "attached" });
  return new PageReplica(page, handle, complaints);
}

class PageReplica {
  constructor(page, handle, complaints) {
    this.page = page;
    this.handle = handle;
    this.complaints = complaints;
  }

  /** Returns the progress it was told of. */
  open(url, options = {}) {
    return this.#run("open", this.handle, url, options);
  }
  /** With `native` the page gives its own `fetch`. */
  connect(url, native = false) {
    return this.#run("connect", this.handle, url, native);
  }
  search(query) {
    return this.#run("call", this.handle, "search", query);
  }
  searchAll(queries) {
    return this.#run("searchAll", this.handle, queries);
  }
  status() {
    return this.#run("call", this.handle, "status");
  }
  sync() {
    return this.#run("call", this.handle, "sync");
  }
  close() {
    return this.#run("call", this.handle, "close");
  }
  statuses() {
    return this.page.evaluate((handle) => window.harness.statuses(handle), this.handle);
  }
  violations() {
    return this.page.evaluate(() => window.harness.violations);
  }
  /** Takes the page away. */
  leave() {
    return this.page.close();
  }
  async reload() {
    await this.page.reload();
    await this.page.waitForSelector("html[data-ready]", { state: "attached" });
  }

  async #run(method, ...args) {
    const { value, failure } = await this.page.evaluate(
      ({ method, args }) => window.harness[method](...args),
      { method, args },
    );
    if (failure !== undefined) throw Object.assign(new Error(failure.message), failure);
    return value;
  }
}

/** The same face over the package in this process. */
export class NodeReplica {
  #package;
  #options;
  #collection;
  #statuses = [];

  constructor(headwater, options = {}) {
    this.#package = headwater;
    this.#options = options;
  }

  async open(url, options = {}) {
    const progress = [];
    this.#collection = await this.#typed(() =>
      this.#package.open(url, { ...this.#options, ...options, onProgress: (step) => progress.push({ ...step }) }),
    );
    this.#collection.on("status", (status) => this.#statuses.push(status));
    return progress;
  }
  async connect(url) {
    this.#collection = this.#package.connect(url);
  }
  search(query) {
    return this.#typed(() => this.#collection.search(query));
  }
  async searchAll(queries) {
    const answers = [];
    for (const query of queries) answers.push(await this.search(query));
    return answers;
  }
  status() {
    return this.#typed(() => this.#collection.status());
  }
  sync() {
    return this.#typed(() => this.#collection.sync());
  }
  close() {
    return this.#typed(() => this.#collection.close());
  }
  async statuses() {
    return this.#statuses;
  }
  async leave() {}

  async #typed(act) {
    try {
      return await act();
    } catch (error) {
      throw Object.assign(error, { typed: error instanceof this.#package.HeadwaterError });
    }
  }
}

/** Waits until the replica has told of a status that meets the condition, and returns it. */
export async function statusOf(replica, what, condition, options) {
  return until(what, async () => {
    const status = await replica.status();
    return condition(status) ? status : undefined;
  }, options);
}
