/**
 * The search of a site: `defineSearch` makes the element `<headwater-search>`, `createSearch` the same without a look of its own.
 *
 *     defineSearch ── box/element ── box/view, results, listbox, styles, texts
 *     createSearch ──── box/controller ── box/query, pages, links, recent ── open() of the package, when somebody searches
 *
 * Client, worker and engine come by the dynamic import below, so a page whose reader never searches loads none of them.
 */
import { Controller } from "./box/controller.js";
import type { SiteSearch } from "./box/controller.js";
import { HeadwaterSearch, define } from "./box/element.js";
import { checkSearch } from "./box/options.js";
import type { BoxOptions, OpenIndex, SearchOptions } from "./box/options.js";

export type { SearchFault, SearchState, SearchStatus, SiteSearch } from "./box/controller.js";
export { HeadwaterSearch } from "./box/element.js";
export type { BoxOptions, FacetOption, OpenIndex, SearchIndex, SearchOptions } from "./box/options.js";
export type { ResultFacet, ResultPage, ResultSection, Run, SectionPayload } from "./box/pages.js";
export type { Texts } from "./box/texts.js";

/** A search without a look: what it knows is in `state`, and `subscribe` hears of every change. */
export function createSearch(options: SearchOptions): SiteSearch {
  const checked = checkSearch("createSearch()", options);
  return new Controller(checked, checked.open ?? openReplica);
}

/** Makes `<headwater-search>` known to the page. Where it is known already the first definition stays. */
export function defineSearch(options: BoxOptions): typeof HeadwaterSearch {
  const checked = checkSearch("defineSearch()", options);
  return define(checked, checked.open ?? openReplica);
}

/** Stands in front of the built file: minifying drops the comments by which other bundlers let such an import be. */
declare const importByUrl: (url: string) => Promise<typeof import("./browser.js")>;

declare const __webpack_require__: unknown;
/** The URL of this module, where it is the file that the package has. Of a bundle's modules only the bundler knows: see start.ts. */
const HERE = typeof __webpack_require__ === "function" || !/^https?:.*\/search-box\.js([?#]|$)/.test(import.meta.url) ? undefined : import.meta.url;

let failures = 0;

/** Firefox and Safari keep it for good that a module did not arrive; under another name they ask again. */
async function client(): Promise<typeof import("./browser.js")> {
  try {
    if (failures === 0 || HERE === undefined) return await import("./browser.js");
    return await importByUrl(new URL(`browser.js?again=${failures}`, HERE).href);
  } catch (error) {
    failures += 1;
    throw error;
  }
}

const openReplica: OpenIndex = async ({ url, trust }, assets) => {
  const { open } = await client();
  return open(url, { trust, hold: "as-needed", ...(assets !== undefined && { assets }) });
};
