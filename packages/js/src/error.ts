import type { Code, Problem } from "./generated.js";

/** Why a call failed: `code` for programs, `message` for people, `cause` where something else lies behind it. */
export class HeadwaterError extends Error {
  /** The stable code. */
  readonly code: Code;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: Code, message: string, retryable = false, options?: ErrorOptions) {
    super(message, options);
    this.name = "HeadwaterError";
    this.code = code;
    this.retryable = retryable;
  }

  /** @internal What the engine throws, and what crosses from another thread, is a problem document. */
  static from(thrown: unknown, cause?: unknown): HeadwaterError {
    if (thrown instanceof this) return thrown;
    if (isProblem(thrown)) {
      return new this(thrown.code, thrown.detail, thrown.retryable, cause === undefined ? {} : { cause });
    }
    return new this("internal", messageOf(thrown), false, { cause: thrown });
  }

  /** @internal As it crosses to another thread, where classes are lost. */
  flatten(): Problem {
    const { code, message: detail, retryable } = this;
    return { type: `urn:headwater:problem:${code}`, title: code.replaceAll("_", " "), status: 0, code, detail, retryable };
  }
}

/** @internal */
export function isProblem(value: unknown): value is Problem {
  if (typeof value !== "object" || value === null) return false;
  const { code, detail, retryable } = value as Partial<Record<keyof Problem, unknown>>;
  return typeof code === "string" && typeof detail === "string" && typeof retryable === "boolean";
}

/** @internal What was thrown, in its own words. Anything can be thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error || thrown instanceof DOMException) return thrown.message || thrown.name;
  try {
    return String(thrown);
  } catch {
    return "something without words";
  }
}

/** @internal */
export function nameOf(thrown: unknown): string {
  const name = (thrown as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name : "";
}
