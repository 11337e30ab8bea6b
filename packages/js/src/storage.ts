/** What goes wrong with stores, in words of the package. */
import { HeadwaterError, messageOf, nameOf } from "./error.js";

/** An error of a store: under its own code when there is no room. */
export function failureOf(thrown: unknown): HeadwaterError {
  if (thrown instanceof HeadwaterError) return thrown;
  if (nameOf(thrown) === "QuotaExceededError" || FULL.includes((thrown as { code?: unknown }).code)) {
    const message = "there is no more space to keep this collection in; free some, or keep fewer collections";
    return new HeadwaterError("storage_full", message, false, { cause: thrown });
  }
  return new HeadwaterError("storage_failed", `this collection cannot be kept: ${messageOf(thrown)}`, true, { cause: thrown });
}

/** How operating systems say that there is no room. */
const FULL: unknown[] = ["ENOSPC", "EDQUOT"];
