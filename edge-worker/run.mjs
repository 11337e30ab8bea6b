/** The Worker in workerd, as the dev server and the tests start it. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Log, LogLevel, Miniflare } from "miniflare";

/** As in wrangler.toml. */
export const COMPATIBILITY_DATE = "2026-04-01";

/**
 * Starts it and waits until it answers.
 *
 * Without `persist` the bucket is gone when it stops. `bucket` of the result is the R2 binding
 * itself: what the operator, or an attacker, can do behind the Worker's back.
 */
export async function startEdge({ bundle, host = "127.0.0.1", port = 0, persist, trust = [], token, budgetBytes, headTtlMs, whenExpired }) {
  const script = join(resolve(bundle), "index.js");
  if (!existsSync(script)) throw new Error(`${script} is missing; build it: cargo xtask build edge`);
  const settings = {
    HEADWATER_TRUST: [trust].flat().join(","),
    HEADWATER_TOKEN: token,
    HEADWATER_BUDGET_BYTES: budgetBytes,
    HEADWATER_HEAD_TTL_MS: headTtlMs,
    HEADWATER_WHEN_EXPIRED: whenExpired,
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const miniflare = new Miniflare({
    host,
    port,
    modules: true,
    scriptPath: script,
    modulesRoot: resolve(bundle),
    modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
    r2Buckets: ["BLOBS"],
    ...(persist === undefined ? {} : { r2Persist: join(resolve(persist), "r2") }),
    cf: false,
    log: new Log(LogLevel.WARN),
  });
  const url = String(await miniflare.ready).replace(/\/$/, "");
  return {
    url,
    bucket: await miniflare.getR2Bucket("BLOBS"),
    stop: () => miniflare.dispose(),
  };
}
