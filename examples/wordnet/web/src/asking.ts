/**
 * When to ask, and which answer to believe.
 *
 * Owns: the pending question, the number of questions in flight, the newest answer shown.
 *
 * The tab answers in about a millisecond, so it is asked once per frame and one question at a time. A
 * remote is asked when typing pauses, and its questions may overlap, because one of them may hang. In
 * both cases an older answer never replaces a newer one.
 */

const REMOTE_PAUSE_MS = 120;
/** Frames stop in a hidden tab; answers should not. */
const FRAME_AT_MOST_MS = 30;

export interface Told<Q, A> {
  readonly question: Q;
  readonly answer: A;
  /** From asking to having the answer, as this page measured it. */
  readonly roundTripMs: number;
}

export interface Ways<Q, A> {
  isLocal(question: Q): boolean;
  ask(question: Q): Promise<A>;
  told(told: Told<Q, A>): void;
  failed(question: Q, error: unknown): void;
}

export class Asking<Q, A> {
  readonly #ways: Ways<Q, A>;
  #wanted: { question: Q } | undefined;
  #cancelWake: (() => void) | undefined;
  #asked = 0;
  #shown = 0;
  #localInFlight = false;

  constructor(ways: Ways<Q, A>) {
    this.#ways = ways;
  }

  /** `now` is for a click or a key that chose something: there is no typing to wait out. */
  want(question: Q, now = false): void {
    this.#wanted = { question };
    if (this.#ways.isLocal(question)) this.#wake(nextFrame);
    else this.#wake((run) => afterPause(run, now ? 0 : REMOTE_PAUSE_MS));
  }

  /** Nothing is wanted any more; answers still on their way are ignored. */
  forget(): void {
    this.#wanted = undefined;
    this.#cancelWake?.();
    this.#shown = this.#asked;
  }

  #wake(schedule: (run: () => void) => () => void): void {
    this.#cancelWake?.();
    this.#cancelWake = schedule(() => void this.#run());
  }

  async #run(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    const local = this.#ways.isLocal(wanted.question);
    if (local && this.#localInFlight) return;
    this.#wanted = undefined;
    const turn = ++this.#asked;
    if (local) this.#localInFlight = true;
    const started = performance.now();
    try {
      const answer = await this.#ways.ask(wanted.question);
      const roundTripMs = performance.now() - started;
      if (turn > this.#shown) {
        this.#shown = turn;
        this.#ways.told({ question: wanted.question, answer, roundTripMs });
      }
    } catch (error) {
      if (turn === this.#asked && turn > this.#shown) this.#ways.failed(wanted.question, error);
    } finally {
      if (local) this.#localDone();
    }
  }

  #localDone(): void {
    this.#localInFlight = false;
    if (this.#wanted !== undefined && this.#ways.isLocal(this.#wanted.question)) this.#wake(nextFrame);
  }
}

function nextFrame(run: () => void): () => void {
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const once = (): void => {
    cancel();
    run();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, FRAME_AT_MOST_MS);
  return cancel;
}

function afterPause(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
