import type { Code, Problem } from "./generated.js";

/** Why a call failed: `code` for programs, `message` for people. */
export class HeadwaterError extends Error {
  /** The stable code. */
  readonly code: Code;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: Code, message: string, retryable = false) {
    super(message);
    this.name = "HeadwaterError";
    this.code = code;
    this.retryable = retryable;
  }

  /** @internal What the engine throws, and what crosses from another thread, is a problem document. */
  static from(thrown: unknown): HeadwaterError {
    if (thrown instanceof HeadwaterError) return thrown;
    if (isProblem(thrown)) return new HeadwaterError(thrown.code, thrown.detail, thrown.retryable);
    return new HeadwaterError("internal", thrown instanceof Error ? thrown.message : String(thrown));
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
