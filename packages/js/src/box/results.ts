/** What was found as options of the list: pages, and below each its sections. */
import { icon, make, nodesOf } from "./dom.js";
import type { Child } from "./dom.js";
import type { ResultFacet, ResultPage, ResultSection } from "./pages.js";

/** A group for each page. The page is an option as its sections are: all of them are links that lead somewhere else. */
export function pageNodes(pages: readonly ResultPage[], lang: string): HTMLElement[] {
  return pages.map((page, index) => {
    const id = `page-${index}`;
    const title = make("span", { part: "title", id }, ...nodesOf(page.title));
    const first = option(page.url, "page", icon("page"), title, ...snippetOf(page));
    // Laid out in the direction of its own text, which may be another than the page's around the box.
    const group = { role: "group", part: "page", "aria-labelledby": id, lang: page.lang ?? lang, dir: "auto" };
    return make("div", group, first, ...page.sections.map(sectionNode));
  });
}

function sectionNode(section: ResultSection): HTMLElement {
  const trail = section.trail.length === 0 ? [] : [make("span", { part: "trail" }, section.trail.join(" › "))];
  return option(section.url, "section", icon("section"), ...trail, make("span", { part: "heading" }, ...nodesOf(section.heading)), ...snippetOf(section));
}

const snippetOf = ({ snippet }: { snippet: ResultPage["snippet"] }) =>
  snippet.length === 0 ? [] : [make("span", { part: "snippet" }, ...nodesOf(snippet))];

/** Reached by the field's arrow keys, so Tab goes past it. */
function option(href: string, kind: string, ...children: Child[]): HTMLElement {
  return make("a", { role: "option", "aria-selected": "false", tabindex: "-1", part: `result result-${kind}`, href }, ...children);
}

/** Searches that were made before, to make again. */
export function recentNodes(recent: readonly string[]): HTMLElement[] {
  return recent.map((text) => make("div", { role: "option", "aria-selected": "false", part: "result result-recent" }, icon("recent"), make("span", { part: "title", dir: "auto" }, text)));
}

/** Fields with something to choose. */
export function facetNodes(facets: readonly ResultFacet[], toggle: (field: string, value: string) => void): HTMLElement[] {
  return facets.filter(({ values }) => values.length > 0).map(({ field, label, values }) => {
    const buttons = values.map(({ value, count, selected }) => {
      const button = make("button", { type: "button", part: "facet", "aria-pressed": String(selected) }, make("span", { dir: "auto" }, value), " ", make("span", { part: "count" }, String(count)));
      button.dataset["facet"] = `${field} ${value}`;
      button.addEventListener("click", () => toggle(field, value));
      return button;
    });
    return make("div", { role: "group", part: "facets", "aria-label": label }, make("span", { part: "facets-label", "aria-hidden": "true" }, label), ...buttons);
  });
}
