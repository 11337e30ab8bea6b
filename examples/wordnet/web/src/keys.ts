/** The keyboard: "/" to search, arrows among the hits, Enter opens, Escape clears. */
import { find } from "./elements.js";
import type { Hits } from "./hits.js";

export function bindKeys(hits: Hits, clear: () => void, submitted: () => void): void {
  const input = find("#q", HTMLInputElement);

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") {
      if (hits.move(1) !== undefined) event.preventDefault();
    } else if (event.key === "Enter") {
      event.preventDefault();
      submitted();
      hits.openFirst();
    } else if (event.key === "Escape") {
      event.preventDefault();
      clear();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !isTyping(event.target)) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (hits.hasFocus() && amongHits(event.key, hits, input, clear)) {
      event.preventDefault();
    }
  });
}

/** Enter needs nothing here: the focused headword is a button. */
function amongHits(key: string, hits: Hits, input: HTMLInputElement, clear: () => void): boolean {
  switch (key) {
    case "ArrowDown":
      hits.move(1);
      return true;
    case "ArrowUp":
      if (hits.move(-1) === undefined) input.focus();
      return true;
    case "Home":
      input.focus();
      return true;
    case "End":
      hits.last();
      return true;
    case "Escape":
      clear();
      input.focus();
      return true;
    default:
      return false;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}
