/** The line above the hits: how many entries are found, and which of them stand below. That nothing is found is a notice's to say. */
import type { Answer } from "headwater";
import type { By } from "./address.js";
import { entries } from "./figures.js";

export function captionOf(by: By, { hits, total }: Answer): string {
  const found = hits.length;
  if (found === 0) return "";
  const all = entries(total);
  if (by !== "words") {
    // By meaning every entry is found, more or less near, so their number is what there is to choose from.
    if (total.value <= found) return by === "meaning" ? `${all}, the nearest first` : `${all}, the best first`;
    return `The ${found} ${by === "meaning" ? "nearest" : "best"} of ${all}`;
  }
  if (total.value <= 1) return all;
  return total.value <= found ? `${all}, the best first` : `${all}, the best ${found} first`;
}
