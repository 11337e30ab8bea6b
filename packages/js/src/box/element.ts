/**
 * `<headwater-search>`: attributes, keys, and the dialog that opens and closes.
 *
 * Owns: a search and a view for as long as it stands in a document. Does not own: what either of them does.
 */
import { Controller } from "./controller.js";
import type { SiteSearch } from "./controller.js";
import type { Checked, OpenIndex } from "./options.js";
import { sheet } from "./styles.js";
import { textsFor } from "./texts.js";
import { View } from "./view.js";

/** What `defineSearch` was given. */
interface Setup {
  readonly options: Checked;
  readonly openIndex: OpenIndex;
}

const ATTRIBUTES = ["mode", "lang", "label", "placeholder", "recent", "shortcuts"];
const NAME = "headwater-search";

/** Servers that render pages import this as well, where there are no elements. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** The search box of a site. `docs/search-box.md` has its attributes, parts, custom properties and events. */
export class HeadwaterSearch extends Base {
  static readonly observedAttributes = ATTRIBUTES;
  /** @internal */
  static setup: Setup | undefined;

  #search: SiteSearch | undefined;
  #view: View | undefined;
  /** Whether Enter was pressed before the answer was there: then its best result is opened when it is. */
  #isAwaited = false;
  readonly #whenKey = (event: KeyboardEvent) => this.#hearPage(event);
  /**
   * Pages with shortcuts of one letter leave fields alone, but see only this element in place of its field: what is typed here, or in
   * the open dialog, is not for them.
   */
  readonly #whenTyped = (event: KeyboardEvent) => {
    if (!isTyping(event) && this.#view?.dialog?.open !== true) return;
    if (event.type === "keydown") this.#hearPage(event);
    event.stopPropagation();
  };

  constructor() {
    super();
    for (const kind of ["keydown", "keypress", "keyup"] as const) this.addEventListener(kind, this.#whenTyped);
  }

  connectedCallback(): void {
    document.addEventListener("keydown", this.#whenKey);
    if (this.#view === undefined) this.#build();
  }

  /** An element that is moved is back before the next task; one that is gone needs no index. */
  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#whenKey);
    setTimeout(() => {
      if (!this.isConnected) this.#end();
    });
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this.#view === undefined || before === after) return;
    this.#end();
    this.#build();
  }

  /** What the box searches with, while it stands in a document. */
  get search(): SiteSearch | undefined {
    return this.#search;
  }

  /** Opens the dialog, or goes to the field of a box in the page; with a text, searches for it. */
  open(text?: string): void {
    const { dialog, field } = this.#view ?? {};
    if (field === undefined || !this.isConnected) return;
    if (dialog !== undefined && !dialog.open) {
      dialog.showModal();
      this.#tell("headwater-open", {});
    }
    field.focus();
    this.#search?.prepare();
    if (text === undefined) field.select();
    else this.#ask(text);
  }

  /** Closes the dialog. Focus goes back to where it was. */
  close(): void {
    this.#view?.dialog?.close();
  }

  #build(): void {
    const { setup } = this.constructor as typeof HeadwaterSearch;
    if (setup === undefined) return;
    const { options, openIndex } = setup;
    const lang = this.lang || document.documentElement.lang;
    const search = (this.#search = new Controller({ ...options, lang, recent: this.getAttribute("recent") !== "off" }, openIndex));
    const { texts, lang: textLang } = textsFor(lang, options.texts);
    const placeholder = this.getAttribute("placeholder") ?? texts.placeholder;
    const look = {
      mode: this.getAttribute("mode") === "inline" ? "inline" : "dialog", texts, lang: textLang, resultLang: search.lang, placeholder,
      label: this.getAttribute("label") ?? texts.label, keys: this.#hasKeys ? keysHere() : undefined,
    } as const;
    const acts = {
      open: () => this.open(),
      close: () => this.close(),
      clear: () => this.open(""),
      toggle: (field: string, value: string) => search.toggle(field, value),
      more: () => search.more(),
      retry: () => search.retry(),
      forget: () => {
        search.forget();
        view.field.focus();
      },
    };
    const view = (this.#view = new View(look, acts));
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet()];
    root.replaceChildren(...view.nodes);
    view.field.addEventListener("input", () => this.#ask(view.field.value));
    view.field.addEventListener("focus", () => search.prepare());
    view.field.addEventListener("keydown", (event) => this.#hearField(event, view));
    view.list.element.addEventListener("click", (event) => this.#chose(event));
    // A recent search is no link: the field keeps the focus that the list is shown for.
    view.list.element.addEventListener("mousedown", (event) => optionOf(event)?.hasAttribute("href") === false && event.preventDefault());
    view.dialog?.addEventListener("close", () => this.#tell("headwater-close", {}));
    let shown = search.state.pages;
    search.subscribe((state) => {
      view.show(state);
      if (state.status !== "ready" || state.pages === shown) return;
      shown = state.pages;
      this.#tell("headwater-results", { query: state.query, pages: shown.length });
      if (this.#isAwaited) view.list.active?.click();
      this.#isAwaited = false;
    });
    view.show(search.state);
  }

  #end(): void {
    void this.#search?.close();
    this.#view?.end();
    this.#search = this.#view = undefined;
  }

  get #hasKeys(): boolean {
    return this.getAttribute("shortcuts") !== "off";
  }

  #ask(text: string): void {
    this.#isAwaited = false;
    if (this.#view !== undefined && this.#view.field.value !== text) this.#view.field.value = text;
    this.#search?.search(text);
  }

  /** Keys that lead to the box from anywhere in the page. */
  #hearPage(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || !this.#hasKeys) return;
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    // On Apple's keyboards Ctrl+K deletes to the end of a line.
    const isChord = key.toLowerCase() === "k" && (isApple() ? metaKey && !ctrlKey : ctrlKey && !metaKey) && !altKey && !shiftKey;
    const isSlash = key === "/" && !ctrlKey && !metaKey && !altKey && !isTyping(event);
    if (!isChord && !isSlash) return;
    event.preventDefault();
    if (isChord && this.#view?.dialog?.open === true) this.close();
    else this.open();
  }

  #hearField(event: KeyboardEvent, view: View): void {
    if (event.isComposing || event.altKey) return;
    const { list, field, dialog } = view;
    const { key, ctrlKey, metaKey, shiftKey } = event;
    if (key === "Enter") {
      event.preventDefault();
      return this.#enter(view, ctrlKey || metaKey);
    }
    if (ctrlKey || metaKey || shiftKey) return;
    const isOfList = list.options.length > 0 && (key === "ArrowDown" || key === "ArrowUp" || (list.isWalked && (key === "Home" || key === "End")));
    if (isOfList) {
      event.preventDefault();
      if (key === "Home" || key === "End") list.toEnd(key === "Home" ? "first" : "last");
      else list.step(key === "ArrowDown" ? 1 : -1);
    } else if (key === "ArrowLeft" || key === "ArrowRight") {
      list.isWalked = false;
    } else if (key === "Escape" && dialog === undefined && field.value !== "") {
      event.preventDefault();
      this.#ask("");
    }
  }

  #enter({ list }: View, newTab: boolean): void {
    const { active } = list;
    const { status } = this.#search?.state ?? {};
    // Until the answer is there, what is shown is of another text, and not what was meant.
    if (status === "opening" || status === "searching") return void (this.#isAwaited = !newTab);
    if (active === undefined) return;
    const { href } = active as HTMLAnchorElement;
    if (!newTab || href === undefined) return active.click();
    if (this.#choose(href, true)) window.open(href, "_blank", "noopener");
  }

  #chose(event: MouseEvent): void {
    const option = optionOf(event);
    if (option === undefined) return;
    if (!option.hasAttribute("href")) return this.open(option.textContent ?? "");
    const newTab = event.ctrlKey || event.metaKey || event.shiftKey;
    if (!this.#choose((option as HTMLAnchorElement).href, newTab)) event.preventDefault();
  }

  /** Whether the browser is to follow: a page that has its own way of doing so prevents the event. */
  #choose(url: string, newTab: boolean): boolean {
    this.#search?.remember();
    const goes = this.#tell("headwater-select", { url, query: this.#search?.state.query ?? "", newTab });
    // Before the browser follows: the place may be on this page, behind the dialog.
    if (!newTab) this.close();
    return goes;
  }

  #tell(name: string, detail: object): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: name === "headwater-select" }));
  }
}

/** @internal */
export function define(options: Checked, openIndex: OpenIndex): typeof HeadwaterSearch {
  const known = customElements.get(NAME) as typeof HeadwaterSearch | undefined;
  if (known !== undefined) return known;
  // A class of its own, so that importing this module alone says nothing of any site.
  const defined = class extends HeadwaterSearch {
    static override readonly setup = { options, openIndex };
  };
  customElements.define(NAME, defined);
  return defined;
}

function optionOf({ target }: Event): HTMLElement | undefined {
  return (target as Element).closest<HTMLElement>("[role=option]") ?? undefined;
}

/** Whether a key is text where focus is, in whatever shadow that may be. */
function isTyping(event: Event): boolean {
  const [target] = event.composedPath();
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select, [role=textbox], [role=searchbox], [role=combobox]"));
}

function isApple(): boolean {
  return /^(mac|iphone|ipad)/i.test(navigator.platform);
}

function keysHere(): { shown: string; named: string } {
  return isApple() ? { shown: "⌘K", named: "Meta+K /" } : { shown: "Ctrl K", named: "Control+K /" };
}
