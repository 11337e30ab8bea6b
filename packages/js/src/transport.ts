/**
 * Calls an engine in a worker, for as long as the page lasts.
 *
 * Owns: the worker, and the calls that it has not answered. Does not own: how a worker is started.
 *
 * A page that is left goes for good or is kept to be gone back to, all that runs in it stopped where it stands.
 * A worker that has storage or a lock in its hands then makes the site's other pages wait (Firefox), and may keep the
 * page from being kept at all (Chromium). So a worker ends when its page is left, unless that is kept and the worker has
 * no calls under way, and with them nothing in its hands. When the page is shown again another worker takes its place,
 * opens the same collection from what is kept, and is asked what the first did not answer: there is no call that must
 * not be made twice.
 */
import { HeadwaterError } from "./error.js";
import type { CallName, Calls, Request, Response, Transport } from "./rpc.js";

interface Pending {
  request: Request;
  resolve(result: Calls[CallName]["result"]): void;
  reject(error: HeadwaterError): void;
}

/** The id of a call that nobody waits for: another worker opens what the one before had open. */
const REOPEN = 0;

export class WorkerTransport implements Transport {
  onprogress: (progress: Extract<Response, { progress: unknown }>["progress"]) => void = () => undefined;
  readonly #start: () => Promise<Worker>;
  readonly #pending = new Map<number, Pending>();
  readonly #left = (event: PageTransitionEvent) => this.#leave(event.persisted);
  readonly #shown = () => this.#comeBack();
  #worker: Worker | undefined;
  /** The worker to come. */
  #starting: Promise<Worker> | undefined;
  /** What is open. */
  #setup: Calls["open"]["arguments"] | undefined;
  #isReopening = false;
  #isAway = false;
  #last = REOPEN;
  /** Why there will be no more answers. */
  #failure: HeadwaterError | undefined;

  constructor(worker: Worker, start: () => Promise<Worker>) {
    this.#start = start;
    this.#adopt(worker);
    globalThis.addEventListener?.("pagehide", this.#left);
    globalThis.addEventListener?.("pageshow", this.#shown);
  }

  call<K extends CallName>(call: K, ...parameters: Calls[K]["arguments"]): Promise<Calls[K]["result"]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const request = { id: ++this.#last, call, arguments: parameters } as Request;
      if (!this.#isReopening) this.#worker?.postMessage(request);
      this.#pending.set(request.id, { request, resolve, reject });
      if (this.#worker === undefined) this.#restart();
    });
  }

  async end(): Promise<void> {
    this.#fail(new HeadwaterError("closed", "this replica was closed"));
  }

  #adopt(worker: Worker): void {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Response>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new HeadwaterError("internal", `the worker failed: ${event.message || "without a word"}`));
    };
    worker.onmessageerror = () => this.#fail(new HeadwaterError("internal", "the worker sent something unreadable"));
  }

  #receive(message: Response): void {
    if ("progress" in message) return this.onprogress(message.progress);
    if (message.id === REOPEN) return this.#reopened(message);
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ("problem" in message) return pending?.reject(errorOf(message));
    const { request } = pending ?? {};
    if (request?.call === "open") this.#setup = request.arguments;
    pending?.resolve(message.result);
  }

  /** What is pending is not rejected: of a page that goes nobody hears it, and one that is kept comes back. */
  #leave(isKept: boolean): void {
    this.#isAway = true;
    if (!isKept || this.#pending.size > 0 || this.#isReopening) this.#drop();
  }

  #comeBack(): void {
    this.#isAway = false;
    if (this.#worker === undefined && this.#pending.size > 0) this.#restart();
  }

  #restart(): void {
    if (this.#isAway || this.#starting !== undefined) return;
    const mine = (this.#starting = this.#start());
    mine.then(
      (worker) => {
        // Left or closed meanwhile.
        if (this.#starting !== mine) return worker.terminate();
        this.#starting = undefined;
        this.#adopt(worker);
        if (this.#setup === undefined) return this.#askAgain();
        this.#isReopening = true;
        worker.postMessage({ id: REOPEN, call: "open", arguments: this.#setup } satisfies Request);
      },
      (thrown: unknown) => {
        if (this.#starting !== mine) return;
        this.#starting = undefined;
        this.#rejectAll(HeadwaterError.from(thrown));
      },
    );
  }

  #reopened(message: Exclude<Response, { progress: unknown }>): void {
    this.#isReopening = false;
    if (!("problem" in message)) return this.#askAgain();
    // What was not reachable may be at the next call.
    this.#drop();
    this.#rejectAll(errorOf(message));
  }

  #askAgain(): void {
    for (const { request } of this.#pending.values()) this.#worker?.postMessage(request);
  }

  #drop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#starting = undefined;
    this.#isReopening = false;
  }

  /** No call is left waiting for a worker that cannot answer any more. */
  #fail(error: HeadwaterError): void {
    this.#failure ??= error;
    globalThis.removeEventListener?.("pagehide", this.#left);
    globalThis.removeEventListener?.("pageshow", this.#shown);
    this.#drop();
    this.#rejectAll(error);
  }

  #rejectAll(error: HeadwaterError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}

function errorOf({ problem, cause }: Extract<Response, { problem: unknown }>): HeadwaterError {
  const behind = cause && Object.assign(new Error(cause.message), { name: cause.name || "Error" });
  return HeadwaterError.from(problem, behind);
}
