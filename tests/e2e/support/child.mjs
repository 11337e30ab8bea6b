/**
 * A child process that never outlives the tests.
 *
 * Owns: the set of running children of this test process; each leads a process group of its own, so
 * that what it started in turn ends with it.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { until, within } from "./wait.mjs";

const running = new Set();
const KEPT_OUTPUT_CHARS = 20_000;

export class Child {
  #process;
  #name;
  #output = "";
  #ended = false;
  #failure;

  constructor(name, command, args, { env = {}, cwd } = {}) {
    this.#name = name;
    this.#process = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    running.add(this);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT_CHARS);
      });
    }
    this.#process.on("error", (error) => this.#end(error));
    this.#process.on("exit", (code, signal) => this.#end(new Error(`ended with ${signal ?? code}`)));
  }

  /** Waits for a probe to succeed; fails at once, with the output, when the process ends before. */
  async ready(what, probe, options) {
    let stop;
    try {
      return await until(`${this.#name}: ${what}`, async () => {
        if (this.#ended) {
          stop = this.#failure;
          return true;
        }
        return probe();
      }, options).then((found) => {
        if (stop !== undefined) throw stop;
        return found;
      });
    } catch (error) {
      this.killNow();
      throw new Error(`${error.message}\n--- output of ${this.#name}\n${this.#output}`, { cause: error });
    }
  }

  /** Waits for the end; anything but exit code 0 is an error that shows the output. */
  async finished(timeoutMs) {
    const { code, output } = await this.outcome(timeoutMs);
    if (code !== 0) throw new Error(`${this.#name} ${this.#failure?.message}\n${output}`);
    return output;
  }

  /** Waits for the end; how it ended, and what it said. */
  async outcome(timeoutMs) {
    if (!this.#ended) {
      await within(timeoutMs, `${this.#name} finishing`, once(this.#process, "exit")).catch((error) => {
        this.killNow();
        throw new Error(`${error.message}\n${this.#output}`);
      });
    }
    return { code: this.#process.exitCode, output: this.#output };
  }

  /** Asks it to stop, then insists. */
  async stop(signal = "SIGTERM") {
    if (this.#ended) return;
    const exit = once(this.#process, "exit");
    this.#signal(signal);
    try {
      await within(10_000, `${this.#name} stopping`, exit);
    } catch {
      this.killNow();
      await exit;
    }
    // What it started may have stayed behind in its group.
    this.#signal("SIGKILL");
  }

  killNow() {
    this.#signal("SIGKILL");
  }

  #signal(signal) {
    try {
      process.kill(-this.#process.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  #end(failure) {
    this.#ended = true;
    this.#failure ??= failure;
    running.delete(this);
  }
}

function killAll() {
  for (const child of running) child.killNow();
}
process.once("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}
