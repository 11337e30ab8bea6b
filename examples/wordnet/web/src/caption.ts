/** The line above the hits: how many entries are found, and which of them stand below. That nothing is found is a notice's to say. */
import type { View } from "./address.js";
import { entries } from "./figures.js";
import type { Found } from "./found.js";

export function captionOf(view: View, { answer: { hits, total }, isWithoutWords }: Found): string {
  const { by } = view;
  const found = hits.length;
  if (found === 0) return "";
  if (isWithoutWords) return `${noneHas(view)}: ${found === 1 ? "this one is" : `these ${found} are`} near in meaning only`;
  const all = entries(total);
  if (by !== "words") {
    // By meaning every entry is found, more or less near, so their number is what there is to choose from.
    if (total.value <= found) return by === "meaning" ? `${all}, the nearest first` : `${all}, the best first`;
    return `The ${found} ${by === "meaning" ? "nearest" : "best"} of ${all}`;
  }
  if (total.value <= 1) return all;
  return total.value <= found ? `${all}, the best first` : `${all}, the best ${found} first`;
}

/** The sentence of a notice where there are no hits. */
export function emptyOf(view: View, { unfiltered }: Found): string {
  if (unfiltered !== undefined && unfiltered.value > 0) {
    return view.by === "words" ? `Of ${entries(unfiltered)} with ${wordsOf(view)}, none passes these filters.` : "Nothing passes these filters.";
  }
  // With or without filters.
  return view.by === "words" ? `${noneHas({ ...view, pos: "", lexfile: "" })}.` : "Nothing found.";
}

function noneHas(view: View): string {
  const isFiltered = view.pos !== "" || view.lexfile !== "";
  return `No entry${isFiltered ? " that passes these filters" : ""} has ${wordsOf(view)}`;
}

/** Misspelt words are found as well. */
function wordsOf({ q }: View): string {
  return /\s/.test(q.trim()) ? "any of these words, or of words spelt like them" : "this word, or one spelt like it";
}
