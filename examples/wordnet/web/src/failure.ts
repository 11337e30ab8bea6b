/** What an error means to a reader. */
import { HeadwaterError } from "headwater";

/** What happened, without the stack: the package's messages already say what to do. */
export function reason(error: unknown): string {
  if (error instanceof HeadwaterError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}

/** True where asking again later, or somewhere else, may help. */
export function isAway(error: unknown): boolean {
  return error instanceof HeadwaterError ? error.retryable : error instanceof TypeError;
}
