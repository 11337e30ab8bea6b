/**
 * The last searches of a reader, on this device alone.
 *
 * Owns: one key of `localStorage`. That may be denied, full, or hold what something else wrote: then there are none.
 */
const MOST = 5;
const MOST_CHARS = 100;

export class Recent {
  readonly #key: string;
  readonly #isOn: boolean;

  constructor(site: URL, isOn: boolean) {
    this.#key = `headwater-search ${site.pathname}`;
    this.#isOn = isOn;
  }

  /** The newest first. */
  list(): readonly string[] {
    const kept = this.#tried((storage) => JSON.parse(storage.getItem(this.#key) ?? "[]") as unknown);
    if (!Array.isArray(kept)) return [];
    return kept.filter((text): text is string => typeof text === "string" && text !== "" && text.length <= MOST_CHARS).slice(0, MOST);
  }

  add(text: string): void {
    if (text === "" || text.length > MOST_CHARS) return;
    // What was typed on the way to it is not another search.
    const others = this.list().filter((other) => !text.toLowerCase().startsWith(other.toLowerCase()));
    this.#tried((storage) => storage.setItem(this.#key, JSON.stringify([text, ...others].slice(0, MOST))));
  }

  clear(): void {
    this.#tried((storage) => storage.removeItem(this.#key));
  }

  #tried<T>(work: (storage: Storage) => T): T | undefined {
    if (!this.#isOn) return undefined;
    try {
      // Where cookies are blocked, looking at it throws.
      return work(globalThis.localStorage);
    } catch {
      return undefined;
    }
  }
}
