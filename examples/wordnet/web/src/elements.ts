/** The page's fixed elements, found once. A missing one is a mistake in index.html, and says so at once. */

export function find<T extends Element>(selector: string, kind: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} at ${selector}`);
  return found;
}

export function findAll(selector: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)];
}

/** Makes an element; text children become text nodes, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: ReadonlyArray<Node | string>
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/** A text with some ranges of it marked; what lies past its end is left out. */
export function marked(text: string, ranges: ReadonlyArray<{ readonly start: number; readonly end: number }>): Array<Node | string> {
  const pieces: Array<Node | string> = [];
  let at = 0;
  for (const { start, end } of ranges) {
    if (start >= text.length) break;
    pieces.push(text.slice(at, start), make("mark", "", text.slice(start, end)));
    at = end;
  }
  return [...pieces, text.slice(at)];
}

/** Writes only what differs, so that screen readers and style recalculation are left in peace. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
