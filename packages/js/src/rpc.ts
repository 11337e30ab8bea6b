/** What passes between a page and its worker. */
import type { Prefetched } from "./collection.js";
import type { Point, Problem, Progress, ReplicaStatus, Suggestions, SyncReport } from "./generated.js";
import type { Answer } from "./payload.js";

/** How a version is held; `"by-size"` where the program does not say: see `holding.ts`. */
export type Hold = "all" | "as-needed" | "in-background" | "by-size";

/** What an engine is made from. */
export interface Setup {
  url: string;
  trust: string[];
  patienceMs: number;
  memoryBudgetBytes: number;
  serveExpired: boolean;
  hold: Hold;
  partsBytes: number;
}

/** A source that will be opened in parts, if nothing of it is kept. */
export interface Early {
  url: string;
  patienceMs: number;
}

/** The first message to a worker. Without an engine or its URL, it lies where the worker does. */
export interface Start {
  engine?: string | WebAssembly.Module;
  early?: Early | undefined;
}

/** What a worker says of its start: its script runs, its engine is compiled. Then it takes requests. */
export type Stage = { stage: "loaded" | "ready" } | { stage: "failed"; problem: Problem };

/** A query as JSON, and its vector where that goes beside it. */
export type EncodedQuery = [query: string, vector?: Float32Array];

/** Calls by name: arguments and result. */
export interface Calls {
  open: { arguments: [setup: Setup]; result: ReplicaStatus };
  search: { arguments: [query: EncodedQuery, partial: boolean]; result: Answer };
  searchBatch: { arguments: [queries: EncodedQuery[], partial: boolean]; result: Answer[] };
  suggest: { arguments: [request: string]; result: Suggestions };
  get: { arguments: [id: string]; result: Point | null };
  status: { arguments: []; result: ReplicaStatus };
  sync: { arguments: []; result: SyncReport };
  prefetch: { arguments: [queries: EncodedQuery[], filtered: string | undefined]; result: Prefetched };
  /** Writes down what came for searches. */
  keep: { arguments: []; result: void };
  /** Fetches in the background what is not here. Ends when all is, or when it has to wait: nothing can be kept, or the reader asks for less traffic. */
  fill: { arguments: []; result: void };
}

export type CallName = keyof Calls;

/** From page to worker. */
export type Request = { [K in CallName]: { id: number; call: K; arguments: Calls[K]["arguments"] } }[CallName];

/** From worker to page. */
export type Response =
  | { id: number; result: Calls[CallName]["result"] }
  | { id: number; problem: Problem; cause?: { name: string; message: string } }
  | { progress: Progress };

/** How a handle reaches its engine. */
export interface Transport {
  call<K extends CallName>(call: K, ...parameters: Calls[K]["arguments"]): Promise<Calls[K]["result"]>;
  /** Ends the engine; pending calls reject. Resolves when nothing of it is left. */
  end(): Promise<void>;
}
