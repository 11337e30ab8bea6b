/**
 * The search of a site: `defineSearch` makes the element `<headwater-search>`, `createSearch` the same without a look of its own.
 *
 *     defineSearch ── box/element ── box/view, results, listbox, styles, texts
 *     createSearch ──── box/controller ── box/query, pages, links, recent ── open() of the package, when somebody searches
 *
 * Client, worker and engine come by the one dynamic import below, so a page whose reader never searches loads none of them.
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

const openReplica: OpenIndex = async ({ url, trust }, assets) => {
  const { open } = await import("./browser.js");
  return open(url, { trust, hold: "as-needed", ...(assets !== undefined && { assets }) });
};
