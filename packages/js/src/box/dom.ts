/** Nodes, made one by one: nothing of an index is ever read as HTML. */
import type { Run } from "./pages.js";

export type Child = Node | string;
export type Attributes = Readonly<Record<string, string>>;

/** An element. Its `part` is its name to style sheets, within the box and, for those who theme it, outside. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Text with `<mark>` where the words of the search stand. */
export function nodesOf(runs: readonly Run[]): Child[] {
  return runs.map(({ text, marked }) => (marked ? make("mark", { part: "mark" }, text) : text));
}

/** Strokes in a square of 24. */
const ICONS = {
  search: "M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13M15.5 15.5 20 20",
  page: "M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 16h6",
  section: "M5 9h14M5 15h14M10.5 4l-2 16M15.5 4l-2 16",
  recent: "M12 4a8 8 0 1 1-7.4 5M4 4v5h5M12 8v4.5l3 2",
  clear: "M6 6l12 12M18 6 6 18",
} as const;

/** A drawing that says nothing which is not said beside it. */
export function icon(name: keyof typeof ICONS): SVGElement {
  const inSvg = (tag: string, attributes: Attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = inSvg("svg", { viewBox: "0 0 24 24", part: "icon", "aria-hidden": "true" });
  svg.append(inSvg("path", { d: ICONS[name] }));
  return svg as SVGElement;
}
