/**
 * WebKit, by Debian's MiniBrowser and WebKitWebDriver over the W3C's WebDriver protocol, on a display that nobody sees: WebKitGTK
 * knows no headless mode. The libraries that drive the other browsers do not speak to it, and the one that does asks for a newer Node
 * than this project.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Child } from "./child.mjs";
import { ask, call } from "./http.mjs";
import { freshFolder } from "./places.mjs";
import { freePort } from "./servers.mjs";
import { until } from "./wait.mjs";

const DRIVER = process.env.HEADWATER_WEBKIT ?? "/usr/bin/WebKitWebDriver";
const WINDOW = { width: 1280, height: 860 };

/** Keys as the protocol names them. */
const KEYS = {
  Enter: "\uE007", Tab: "\uE004", Escape: "\uE00C", Backspace: "\uE003", End: "\uE010", Home: "\uE011",
  ArrowLeft: "\uE012", ArrowUp: "\uE013", ArrowRight: "\uE014", ArrowDown: "\uE015", Shift: "\uE008", Control: "\uE009", Meta: "\uE03D",
};

/** Starts it, with a profile that has never been used. */
export async function launchWebKit() {
  if (!existsSync(DRIVER)) throw new Error(`there is no ${DRIVER}; install the packages webkit2gtk-driver and xvfb, or name it in HEADWATER_WEBKIT`);
  const display = await startDisplay();
  const home = await freshFolder("webkit");
  const port = await freePort();
  const env = { DISPLAY: display.name, HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home, GDK_BACKEND: "x11" };
  const driver = new Child("WebKitWebDriver", DRIVER, [`--port=${port}`, "--host=127.0.0.1"], { env });
  const url = `http://127.0.0.1:${port}`;
  await driver.ready("answering", async () => (await ask("GET", `${url}/status`)).status === 200, { timeoutMs: 20_000 });
  return {
    newTab: () => WebKitTab.open(url),
    async close() {
      await driver.stop();
      display.stop();
    },
  };
}

async function startDisplay() {
  const server = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"], { stdio: ["ignore", "pipe", "ignore"] });
  const stop = () => server.kill();
  process.once("exit", stop);
  const failed = once(server, "error").then(([error]) => Promise.reject(new Error("Xvfb cannot be started; install the package xvfb", { cause: error })));
  const [number] = await Promise.race([once(server.stdout, "data"), failed]);
  return { name: `:${String(number).trim()}`, stop };
}

/** A window of a session of its own. */
class WebKitTab {
  #session;

  static async open(url) {
    const { value } = await call("POST", `${url}/session`, { capabilities: { alwaysMatch: {} } });
    const tab = new WebKitTab();
    tab.#session = `${url}/session/${value.sessionId}`;
    await tab.resize(WINDOW.width, WINDOW.height);
    return tab;
  }

  async #do(method, path, body) {
    return (await call(method, this.#session + path, body)).value;
  }

  goto(url) {
    return this.#do("POST", "/url", { url });
  }

  async evaluate(work, ...args) {
    const script = `const given = [...arguments], done = given.pop();
      Promise.resolve().then(() => (${work})(...given)).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await this.#do("POST", "/execute/async", { script, args });
    if (error !== undefined) throw new Error(error);
    return value;
  }

  /** Runs a script, as the page's own policy would not let it. */
  run(script) {
    return this.#do("POST", "/execute/sync", { script, args: [] });
  }

  press(key, ...modifiers) {
    const held = modifiers.map((name) => KEYS[name]);
    const down = (value) => ({ type: "keyDown", value });
    const up = (value) => ({ type: "keyUp", value });
    const one = KEYS[key] ?? key;
    return this.#keys([...held.map(down), down(one), up(one), ...held.map(up)]);
  }

  type(text) {
    return this.#keys([...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]));
  }

  #keys(actions) {
    return this.#do("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  resize(width, height) {
    return this.#do("POST", "/window/rect", { width, height });
  }

  async shot(file) {
    await writeFile(file, Buffer.from(await this.#do("GET", "/screenshot"), "base64"));
  }

  async tabs() {
    return (await this.#do("GET", "/window/handles")).length;
  }

  /** Closes the tabs that this one has opened: they cover it, and covered pages are slowed down. */
  async closeOthers() {
    const own = await this.#do("GET", "/window");
    for (const handle of await this.#do("GET", "/window/handles")) {
      if (handle === own) continue;
      await this.#do("POST", "/window", { handle });
      await this.#do("DELETE", "/window");
    }
    await this.#do("POST", "/window", { handle: own });
    await until("this tab's focus", () => this.evaluate(() => document.hasFocus()));
  }

  close() {
    return this.#do("DELETE", "");
  }
}
