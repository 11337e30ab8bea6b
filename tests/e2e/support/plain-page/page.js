/**
 * Gives the tests hold of the package inside a page. Errors are flattened, because what crosses from
 * a page to a test keeps no classes.
 */
import { HeadwaterError, connect, open } from "/headwater/index.js";

const opened = new Map();
const violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));

async function flattened(act) {
  try {
    return { value: await act() };
  } catch (error) {
    const { name, message, code, retryable, cause } = error;
    const behind = cause === undefined ? {} : { cause: { name: cause.name, message: cause.message } };
    return { failure: { name, message, code, retryable, ...behind, typed: error instanceof HeadwaterError } };
  }
}

window.harness = {
  violations,
  open: (handle, url, options) =>
    flattened(async () => {
      const progress = [];
      window.harness.progress = progress;
      // What is not about how a replica holds its version is about one that holds all; "default" is to say nothing.
      const { hold = "all", ...others } = options ?? {};
      const held = hold === "default" ? {} : { hold };
      const replica = await open(url, { ...others, ...held, onProgress: (step) => progress.push({ ...step }) });
      const statuses = [];
      opened.set(handle, { collection: replica, statuses, stop: replica.on("status", (status) => statuses.push(status)) });
      return progress;
    }),
  connect: (handle, url, native = false) =>
    flattened(async () => void opened.set(handle, { collection: connect(url, native ? { fetch: window.fetch } : {}), statuses: [] })),
  call: (handle, method, ...args) => flattened(async () => (await opened.get(handle).collection[method](...args)) ?? null),
  searchAll: (handle, queries) =>
    flattened(async () => {
      const answers = [];
      for (const query of queries) answers.push(await opened.get(handle).collection.search(query));
      return answers;
    }),
  statuses: (handle) => opened.get(handle).statuses,
};
document.documentElement.dataset.ready = "";
