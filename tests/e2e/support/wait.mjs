/** Waiting for something, with an end to the patience and a sentence that says what was waited for. */

/** Probes until the probe returns something true, and returns that. A probe that throws has not succeeded yet. */
export async function until(what, probe, { timeoutMs = 15_000, everyMs = 40 } = {}) {
  const end = performance.now() + timeoutMs;
  let last;
  for (;;) {
    try {
      const found = await probe();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= end) {
      throw new Error(`${what}: not within ${timeoutMs} ms`, last === undefined ? {} : { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** The promise's outcome, or an error once the time is over. */
export async function within(timeoutMs, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
