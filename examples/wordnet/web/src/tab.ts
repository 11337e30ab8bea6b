/**
 * This tab's own copy of the collection.
 *
 * Owns: the replica, its last status, the progress of the first sync, the reason it could not be opened.
 * Does not own: the bytes; `headwater` keeps them in IndexedDB, shared by all tabs of this page.
 */
import { open } from "headwater";
import type { Collection, Progress, Replica, ReplicaStatus, SyncReport } from "headwater";
import { isAway } from "./failure.js";
import type { Settings } from "./settings.js";

/** Where the build puts the package's worker and its wasm module. */
const ASSETS = "/headwater/";
/** How often a page in view asks for a newer version: seldom while all is well, sooner while the server is away. */
const SYNC_EVERY_MS = 60_000;
const RECONNECT_EVERY_MS = 8_000;

export class Tab {
  readonly #settings: Settings;
  readonly #changed: () => void;
  #replica: Replica | undefined;
  #status: ReplicaStatus | undefined;
  #progress: Progress | undefined;
  #failure: unknown;
  #lastSync: SyncReport | undefined;
  #isOpening = false;
  #syncing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed` is called after anything that a getter below tells has become different. */
  constructor(settings: Settings, changed: () => void) {
    this.#settings = settings;
    this.#changed = changed;
  }

  get ready(): boolean {
    return this.#replica !== undefined;
  }
  get collection(): Collection | undefined {
    return this.#replica;
  }
  get status(): ReplicaStatus | undefined {
    return this.#status;
  }
  get progress(): Progress | undefined {
    return this.#progress;
  }
  /** Why the tab has no copy; kept while it tries again, until that gets somewhere. */
  get failure(): unknown {
    return this.#failure;
  }
  /** What the last sync of this visit fetched. */
  get lastSync(): SyncReport | undefined {
    return this.#lastSync;
  }
  get syncing(): boolean {
    return this.#syncing !== undefined;
  }

  async open(): Promise<void> {
    if (this.#isOpening || this.#replica !== undefined) return;
    this.#isOpening = true;
    try {
      const replica = await open(this.#settings.collection, {
        trust: this.#settings.trust,
        assets: ASSETS,
        // The page shows what a copy in the tab does, beside the two servers.
        hold: "all",
        // This page decides when: sooner while the server is away, not at all while nobody looks.
        syncEveryMs: 0,
        onProgress: (progress) => {
          this.#progress = progress;
          if (progress.phase !== "head") this.#failure = undefined;
          this.#changed();
        },
      });
      this.#replica = replica;
      this.#failure = undefined;
      replica.on("status", (status) => {
        this.#status = status;
        this.#changed();
      });
      this.#status = await replica.status();
    } catch (error) {
      this.#failure = error;
      this.#progress = undefined;
    } finally {
      this.#isOpening = false;
      this.#changed();
    }
    if (this.#replica === undefined) this.#scheduleSync();
    else void this.sync();
  }

  /** Asks for a newer version. Failing is ordinary here: the status then says offline, and the copy serves on. */
  sync(): Promise<void> {
    const replica = this.#replica;
    if (replica === undefined) return this.open();
    this.#syncing ??= this.#sync(replica).finally(() => {
      this.#syncing = undefined;
      this.#changed();
      this.#scheduleSync();
    });
    this.#changed();
    return this.#syncing;
  }

  async #sync(replica: Replica): Promise<void> {
    try {
      this.#lastSync = await replica.sync();
    } catch {
      this.#lastSync = undefined;
    }
    this.#status = await replica.status();
  }

  #scheduleSync(): void {
    clearTimeout(this.#timer);
    // A wrong key or a refused collection stays wrong; only a server that is away comes back by itself.
    if (this.#replica === undefined && !isAway(this.#failure)) return;
    const away = this.#replica === undefined || this.#status?.state === "offline";
    this.#timer = setTimeout(
      () => {
        if (document.visibilityState === "visible") void this.sync();
        else this.#scheduleSync();
      },
      away ? RECONNECT_EVERY_MS : SYNC_EVERY_MS,
    );
  }
}
