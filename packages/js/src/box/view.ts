/**
 * The box as it is seen: a field, what narrows the search, a message, the list, and what is said to those who only hear it.
 *
 * Owns: the nodes. Does not own: the search, whose state it shows, and what is done about keys and clicks, which is the element's.
 */
import type { SearchState } from "./controller.js";
import { icon, make } from "./dom.js";
import type { Child } from "./dom.js";
import { Listbox } from "./listbox.js";
import { facetNodes, pageNodes, recentNodes } from "./results.js";
import { filled } from "./texts.js";
import type { Texts } from "./texts.js";

export type Mode = "dialog" | "inline";

/** How it is shown. */
export interface Look {
  readonly mode: Mode;
  readonly texts: Texts;
  /** The language of the texts. */
  readonly lang: string;
  /** The language of what is found. */
  readonly resultLang: string;
  readonly label: string;
  readonly placeholder: string;
  /** The keys that open the dialog, as they are shown and as assistive technology names them. */
  readonly keys: { readonly shown: string; readonly named: string } | undefined;
}

/** What a reader does with the pointer. */
export interface Acts {
  open(): void;
  close(): void;
  clear(): void;
  toggle(field: string, value: string): void;
  more(): void;
  retry(): void;
  forget(): void;
}

/** An announcement waits until typing pauses, or it would interrupt the letters that are read out. */
const SAY_AFTER_MS = 400;

export class View {
  readonly field: HTMLInputElement;
  readonly list: Listbox;
  readonly dialog: HTMLDialogElement | undefined;
  readonly nodes: readonly HTMLElement[];
  readonly #look: Look;
  readonly #acts: Acts;
  readonly #panel: HTMLElement;
  readonly #body: HTMLElement;
  readonly #filters: HTMLElement;
  readonly #message: HTMLElement;
  readonly #recentHead: HTMLElement;
  readonly #more: HTMLButtonElement;
  readonly #clear: HTMLButtonElement;
  readonly #status: HTMLElement;
  #shown: SearchState | undefined;
  #saying: ReturnType<typeof setTimeout> | undefined;

  constructor(look: Look, acts: Acts) {
    const { texts } = look;
    this.#look = look;
    this.#acts = acts;
    this.field = make("input", {
      part: "input", type: "text", role: "combobox", inputmode: "search", enterkeyhint: "go", autocomplete: "off", autocapitalize: "off", spellcheck: "false", dir: "auto",
      "aria-label": look.label, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "list", placeholder: look.placeholder,
    });
    this.#clear = button("clear", acts.clear, icon("clear"), make("span", { class: "unseen" }, texts.clear));
    this.#filters = make("div", { part: "filters", role: "group", "aria-label": texts.filters });
    this.#message = make("div", { part: "message" });
    const forget = button("forget", acts.forget, texts.forget);
    this.#recentHead = make("div", { part: "recent" }, make("span", { part: "recent-label" }, texts.recent), forget);
    this.list = new Listbox(make("div", { part: "results", role: "listbox", id: "list", "aria-label": texts.results }), this.field);
    this.#more = button("more", acts.more, texts.more);
    this.#status = make("div", { role: "status", class: "unseen" });
    this.#body = make("div", { part: "body" }, this.#message, this.#recentHead, this.list.element, this.#more);
    const close = look.mode === "dialog" ? [button("close", acts.close, make("kbd", { "aria-hidden": "true" }, "Esc"), make("span", { class: "unseen" }, texts.close))] : [];
    const row = make("div", { part: "field" }, icon("search"), this.field, this.#clear, ...close);
    const foot = look.mode === "dialog" ? [this.#foot()] : [];
    this.#panel = make("div", { part: "panel", class: look.mode, role: "search", "aria-label": look.label, lang: look.lang }, row, make("div", { part: "progress" }), this.#filters, this.#body, ...foot, this.#status);
    this.dialog = look.mode === "dialog" ? make("dialog", { part: "dialog", "aria-label": look.label, lang: look.lang }, this.#panel) : undefined;
    this.nodes = this.dialog === undefined ? [this.#panel] : [this.#trigger(), this.dialog];
    this.dialog?.addEventListener("click", ({ target }) => target === this.dialog && acts.close());
    // The page behind a dialog stays where it is.
    this.dialog?.addEventListener("wheel", (event) => this.#isScrolled(event) || event.preventDefault(), { passive: false });
  }

  /** Shows a state. What is as it was stays as it is, so that focus and places in the list stay as well. */
  show(state: SearchState): void {
    const before = this.#shown;
    this.#shown = state;
    this.#clear.hidden = state.query === "";
    this.#panel.toggleAttribute("data-busy", state.status === "opening" || state.status === "searching");
    if (before?.facets !== state.facets || before.query !== state.query) this.#showFacets(state);
    this.#showList(state, before);
    this.#showMore(state);
    const said = this.#messageOf(state);
    this.#message.hidden = said === "";
    const retry = state.fault?.retryable === true ? [this.#retry()] : [];
    const code = state.fault === undefined ? [] : [make("code", { part: "code", title: state.fault.message }, state.fault.code)];
    this.#message.replaceChildren(...(said === "" ? [] : [make("p", {}, said), ...retry, ...code]));
    this.#message.toggleAttribute("data-fault", state.status === "failed");
    if (before?.status !== state.status || before.pages !== state.pages) this.#say(state);
  }

  /** What is under way ends, because the view does. */
  end(): void {
    clearTimeout(this.#saying);
  }

  #showList(state: SearchState, before: SearchState | undefined): void {
    const isStart = state.query === "";
    this.#recentHead.hidden = !isStart || state.recent.length === 0 || state.status === "failed";
    const wasStart = before === undefined || before.query === "";
    const isSame = isStart === wasStart && before !== undefined && before.pages === state.pages && (!isStart || before.recent === state.recent);
    if (isSame) return;
    if (isStart) return this.list.fill(recentNodes(state.recent), false);
    // Further pages stand behind those that are there, where the reader still is.
    const isMore = before !== undefined && before.pages.length > 0 && before.pages[0] === state.pages[0];
    this.list.fill(pageNodes(state.pages, this.#look.resultLang), true, isMore);
    if (!isMore) this.#body.scrollTop = 0;
  }

  #showFacets(state: SearchState): void {
    const root = this.#filters.getRootNode() as ShadowRoot;
    const focused = (root.activeElement as HTMLElement | null)?.dataset["facet"];
    const nodes = state.query === "" ? [] : facetNodes(state.facets, this.#acts.toggle);
    this.#filters.replaceChildren(...nodes);
    this.#filters.hidden = nodes.length === 0;
    if (focused === undefined) return;
    const again = [...this.#filters.querySelectorAll("button")].find(({ dataset }) => dataset["facet"] === focused);
    (again ?? this.field).focus();
  }

  #showMore({ hasMore, pages }: SearchState): void {
    const isLeaving = !hasMore && (this.#more.getRootNode() as ShadowRoot).activeElement === this.#more;
    this.#more.hidden = !hasMore || pages.length === 0;
    if (isLeaving) this.field.focus();
  }

  /** What stands above the list, or in its place. */
  #messageOf(state: SearchState): string {
    const { texts, mode } = this.#look;
    const { status, query, pages, fault } = state;
    if (status === "failed") return faultText(texts, fault?.code);
    if (status === "idle") return mode === "dialog" && state.recent.length === 0 ? texts.start : "";
    if (pages.length > 0) return this.#about(state);
    if (status !== "ready") return status === "opening" ? texts.loading : texts.searching;
    if (state.isPartial) return texts.offline;
    const isNarrowed = state.facets.some(({ values }) => values.some(({ selected }) => selected));
    return filled(isNarrowed ? texts.emptyFiltered : texts.empty, { query });
  }

  #say(state: SearchState): void {
    clearTimeout(this.#saying);
    // Emptied first: the same number of other pages is news.
    this.#status.textContent = "";
    // Before anything is asked there is nothing to hear but the field, which says what it is for.
    if (state.status === "searching" || state.status === "idle") return;
    const said = state.status === "ready" && state.pages.length > 0 ? this.#found(state) : this.#messageOf(state);
    this.#saying = setTimeout(() => (this.#status.textContent = said), SAY_AFTER_MS);
  }

  /** What is to be known of the pages that were found. */
  #about({ onlyNear, isPartial }: SearchState): string {
    const { texts } = this.#look;
    return isPartial ? texts.partial : onlyNear ? texts.onlyNear : "";
  }

  #found(state: SearchState): string {
    const { texts } = this.#look;
    const { pages, hasMore } = state;
    const count = hasMore ? texts.foundFirst : pages.length === 1 ? texts.foundOne : texts.found;
    return `${this.#about(state)} ${filled(count, { n: String(pages.length) })}`.trim();
  }

  #trigger(): HTMLElement {
    const { texts, keys, label, lang } = this.#look;
    const shown = keys === undefined ? [] : [make("kbd", { part: "keys", "aria-hidden": "true" }, keys.shown)];
    const named: Record<string, string> = keys === undefined ? {} : { "aria-keyshortcuts": keys.named };
    const inside = [icon("search"), make("span", { part: "button-label" }, texts.button), ...shown];
    const own = make("button", { part: "button", type: "button", "aria-haspopup": "dialog", title: label, ...named, lang }, ...inside);
    // A page's own button stands in its place, and what is clicked in either opens the dialog.
    const slot = make("slot", { name: "button" }, own);
    slot.addEventListener("click", this.#acts.open);
    return slot;
  }

  #retry(): HTMLElement {
    return button("retry", () => {
      // The button goes with the message.
      this.field.focus();
      this.#acts.retry();
    }, this.#look.texts.retry);
  }

  #foot(): HTMLElement {
    const { choose, open } = this.#look.texts;
    const hint = (keys: string[], text: string) => make("span", {}, ...keys.map((key) => make("kbd", {}, key)), ` ${text}`);
    // Keys are announced by the roles; this is for those who see them.
    return make("div", { part: "foot", "aria-hidden": "true" }, hint(["↑", "↓"], choose), hint(["↵"], open));
  }

  #isScrolled(event: WheelEvent): boolean {
    const path = event.composedPath();
    return path.includes(this.#filters) || (path.includes(this.#body) && this.#body.scrollHeight > this.#body.clientHeight);
  }
}

function button(part: string, act: () => void, ...inside: Child[]): HTMLButtonElement {
  const made = make("button", { part, type: "button" }, ...inside);
  made.addEventListener("click", act);
  return made;
}

/** What a reader of the page can do about it. The code beside it is for the page's author. */
function faultText(texts: Texts, code: string | undefined): string {
  if (code === "parts_missing") return texts.offline;
  if (code === "unsupported_runtime") return texts.unsupported;
  return code === "unreachable" || code === "not_ready" ? texts.unreachable : texts.failed;
}
