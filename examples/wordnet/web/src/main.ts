/**
 * The page: WordNet searched by meaning, by words or by both, answered by this tab, the edge or the origin.
 *
 * The way of a search: controls → view → asking → a place → hits and panel. The view is the only state
 * that a reader can change; it is kept in the address, and mirrored with the rest in `<html data-…>`.
 */
import { connect } from "headwater";
import type { Answer, Collection, Suggestions } from "headwater";
import { Address, FIRST_TOP_K, MOST_TOP_K, readAddress } from "./address.js";
import type { View, Where } from "./address.js";
import { Arrival } from "./arrival.js";
import { Asking } from "./asking.js";
import type { Told } from "./asking.js";
import { captionOf, emptyOf } from "./caption.js";
import { Controls } from "./controls.js";
import { find, say } from "./elements.js";
import { isAway, reason } from "./failure.js";
import { count, roundTrip } from "./figures.js";
import { findFor } from "./found.js";
import type { Found } from "./found.js";
import { Hits } from "./hits.js";
import { How } from "./how.js";
import { bindKeys } from "./keys.js";
import { filterFor, isWithin } from "./lexicon.js";
import { Meant } from "./meant.js";
import { Notice } from "./notice.js";
import type { Help } from "./notice.js";
import { Panel, nameOf, placeOf } from "./panel.js";
import { loadSettings } from "./settings.js";
import type { Settings } from "./settings.js";
import { keepShell } from "./shell.js";
import { Tab } from "./tab.js";

type Remotes = ReadonlyMap<Where, Collection>;
/** How the reader came to a view: the browser opened it or moved to it, or it was typed or chosen on the page. */
type Way = "opened" | "typed" | "chose";

class Page {
  readonly #root = document.documentElement;
  readonly #controls = new Controls();
  readonly #hits = new Hits();
  readonly #how = new How();
  readonly #panel = new Panel();
  readonly #notice = new Notice();
  readonly #arrival = new Arrival();
  readonly #address = new Address();
  readonly #asking: Asking<View, Found>;
  readonly #meant: Meant;
  readonly #tab: Tab;
  readonly #remotes: Remotes;
  #view: View = readAddress(location.search);
  #tabWasReady = false;
  #tabFailure: unknown;
  #tabVersion: number | undefined;
  #wasSyncing = false;

  constructor(settings: Settings) {
    this.#tab = new Tab(settings, () => this.#tabChanged());
    this.#remotes = remotesOf(settings);
    if (!this.#remotes.has("edge")) this.#panel.withoutEdge();
    this.#asking = new Asking({
      isLocal: (view) => view.where === "tab" && this.#tab.ready,
      ask: (view) => this.#ask(view),
      told: (told) => this.#told(told),
      failed: (view, error) => this.#failed(view, error),
    });
    this.#meant = new Meant(
      (view) => this.#suggest(view),
      (q) => this.#change({ q }, "chose"),
    );
  }

  start(): void {
    const submitted = (): void => this.#address.settle();
    this.#controls.listen(
      (change) => this.#change(change, "typed"),
      (change) => this.#change(change, "chose"),
      submitted,
    );
    this.#controls.onMore(() => this.#search({ ...this.#view, topK: MOST_TOP_K }, "chose"));
    this.#panel.onChoose((where) => this.#change({ where }, "chose"));
    this.#panel.onSync(() => void this.#tab.sync());
    bindKeys(this.#hits, () => this.#change({ q: "" }, "chose"), submitted);
    addEventListener("popstate", () => this.#search(readAddress(location.search), "opened"));
    addEventListener("online", () => this.#networkChanged());
    addEventListener("offline", () => this.#networkChanged());
    keepShell();
    this.#panel.silent();
    this.#search(this.#view, "opened");
    void this.#tab.open();
    void this.#lookAround();
  }

  #change(change: Partial<View>, way: Way): void {
    this.#search({ ...this.#view, ...withoutContradiction(this.#view, change), topK: FIRST_TOP_K }, way);
  }

  #search(view: View, way: Way): void {
    this.#view = view;
    this.#controls.show(view);
    this.#panel.chosen(view.where);
    if (way === "opened") this.#address.holds(view);
    else this.#address[way](view);
    if (view.q.trim() !== "") {
      this.#asking.want(view, way !== "typed");
      return;
    }
    this.#meant.forget();
    this.#asking.forget();
    this.#controls.count(undefined);
    this.#controls.countSubjects(undefined);
    this.#hits.clear();
    this.#how.hide();
    this.#panel.silent();
    this.#panel.replica(this.#tab.status);
    this.#controls.caption("", "");
    this.#controls.offerMore(false);
    this.#noticeAboutTab();
  }

  #ask(view: View): Promise<Found> {
    return findFor(view, (query) => this.#at(view.where, (collection) => collection.search(query)));
  }

  async #suggest({ q, pos, lexfile, where }: View): Promise<Suggestions> {
    const filter = filterFor(pos, lexfile);
    return this.#at(where, (collection) => collection.suggest({ query: q.trim(), topK: 1, ...(filter === undefined ? {} : { filter }) }));
  }

  /** Asks the chosen place. */
  async #at<T>(where: Where, ask: (collection: Collection) => Promise<T>): Promise<T> {
    if (where !== "tab") return ask(this.#remote(where));
    const own = this.#tab.collection;
    if (own !== undefined) return ask(own);
    // While the copy is still coming in, the nearest place that answers stands in for it.
    try {
      return await ask(this.#remote("edge"));
    } catch (error) {
      if (!isAway(error)) throw error;
      return ask(this.#remote("origin"));
    }
  }

  #remote(where: Where): Collection {
    const remote = this.#remotes.get(where);
    if (remote === undefined) throw new TypeError(`this demo runs no ${where}`);
    return remote;
  }

  #told({ question, answer: result, roundTripMs }: Told<View, Found>): void {
    const { answer, unfiltered } = result;
    this.#noticeAboutTab();
    this.#hits.show(answer);
    this.#panel.answered(answer, roundTripMs);
    this.#panel.reach(placeOf(answer.answeredBy), true);
    this.#how.show(answer);
    this.#controls.count(question.pos === "" ? countsOf(answer, "pos") : undefined);
    this.#controls.countSubjects(question.lexfile === "" ? countsOf(answer, "lexfile") : undefined);
    const found = answer.hits.length;
    this.#controls.offerMore(found >= question.topK && question.topK < MOST_TOP_K);
    this.#meant.consider(question);
    const who = nameOf(placeOf(answer.answeredBy));
    const caption = captionOf(question, result);
    this.#controls.caption(caption, `${caption || "No hits"}. ${who} answered in ${roundTrip(roundTripMs)}.`);
    if (found === 0) {
      const clear: Help = { label: "Clear the filters", act: () => this.#change({ pos: "", lexfile: "" }, "chose") };
      const isFilters = unfiltered !== undefined && unfiltered.value > 0;
      this.#notice.show("plain", emptyOf(question, result), ...(isFilters ? [clear] : []));
    }
  }

  #failed(view: View, error: unknown): void {
    this.#hits.clear();
    this.#meant.forget();
    this.#how.hide();
    this.#panel.silent();
    this.#controls.offerMore(false);
    this.#controls.caption("", "");
    const again: Help = { label: "Try again", act: () => this.#search(this.#view, "chose") };
    if (!isAway(error)) {
      this.#notice.show("warning", reason(error), again);
    } else if (view.where !== "tab") {
      this.#panel.reach(view.where, false);
      const useTab: Help = { label: "Ask this tab", act: () => this.#change({ where: "tab" }, "chose") };
      this.#notice.show("warning", `${nameOf(view.where)} cannot be reached just now.`, useTab, again);
    } else {
      this.#notice.show("warning", "No server can be reached, and this tab has no copy yet. It will try again by itself.", again);
    }
  }

  #networkChanged(): void {
    this.#tabChanged();
    if (!navigator.onLine) {
      for (const where of this.#remotes.keys()) this.#panel.reach(where, false);
      return;
    }
    void this.#tab.sync();
    if (this.#view.where !== "tab" && this.#view.q.trim() !== "") this.#asking.want(this.#view, true);
  }

  #tabChanged(): void {
    const { ready, failure, status } = this.#tab;
    const serverAway = navigator.onLine && status?.state === "offline";
    const online = navigator.onLine && !serverAway;
    this.#root.dataset["state"] = ready ? (online ? "ready" : "offline") : failure === undefined ? "loading" : "error";
    this.#panel.network(online, serverAway);
    this.#panel.replica(status);
    this.#panel.syncing(this.#tab.syncing, ready, this.#tab.lastSync);
    if (this.#wasSyncing && !this.#tab.syncing) void this.#lookAround();
    this.#wasSyncing = this.#tab.syncing;
    if (status !== undefined && status.points > 0) say(find("#points", HTMLElement), count(status.points));

    if (ready) this.#arrival.hide();
    else if (failure === undefined) this.#panel.flow(this.#arrival.show(this.#tab.progress));
    if (ready) this.#panel.flow(1);
    const failureChanged = (failure === undefined) !== (this.#tabFailure === undefined);
    this.#tabFailure = failure;
    if (failureChanged) {
      this.#noticeAboutTab();
      void this.#lookAround();
    }

    const newer = ready && status !== undefined && status.version !== this.#tabVersion;
    if (newer) this.#tabVersion = status.version;
    const arrived = ready && !this.#tabWasReady;
    this.#tabWasReady = ready;
    if ((arrived || newer) && this.#view.where === "tab" && this.#view.q.trim() !== "") this.#asking.want(this.#view, true);
  }

  /** Whether the places answer that a reader may choose; as often as the tab looks for what is newer. */
  async #lookAround(): Promise<void> {
    const looks = [...this.#remotes].map(async ([where, remote]) => {
      const isThere = await remote.status().then(() => true, (error: unknown) => !isAway(error));
      this.#panel.reach(where, isThere);
    });
    await Promise.all(looks);
  }

  /** Where no search has anything to report, a tab without a copy is what the reader should know. */
  #noticeAboutTab(): void {
    const { failure } = this.#tab;
    if (failure === undefined) {
      this.#notice.hide();
      return;
    }
    this.#arrival.hide();
    const again: Help = { label: "Try again", act: () => void this.#tab.open() };
    const why = isAway(failure) ? "the origin cannot be reached just now" : reason(failure);
    this.#notice.show("warning", `This tab has no copy of its own yet: ${why}.`, again);
  }
}

/** How many entries each value has, of all that was found; by meaning everything is, more or less near, so nothing is counted. */
function countsOf(answer: Answer, field: string): ReadonlyMap<string, number> | undefined {
  const values = answer.facets?.[field]?.values;
  return values && new Map(values.map(({ value, count: points }) => [String(value), points]));
}

/** The filter chosen last wins over another that it leaves nothing of, such as verbs among animals. */
function withoutContradiction(view: View, change: Partial<View>): Partial<View> {
  const { pos = view.pos, lexfile = view.lexfile } = change;
  if (isWithin(lexfile, pos)) return change;
  return change.lexfile === undefined ? { ...change, lexfile: "" } : { ...change, pos: "" };
}

function remotesOf(settings: Settings): Remotes {
  const remotes = new Map([["origin" as Where, connect(settings.collection)]]);
  if (settings.edge !== undefined) remotes.set("edge", connect(settings.edge));
  return remotes;
}

try {
  new Page(await loadSettings()).start();
} catch (error) {
  document.documentElement.dataset["state"] = "error";
  new Notice().show("warning", `The page could not start: ${reason(error)}.`, {
    label: "Try again",
    act: () => location.reload(),
  });
}
