/** What the box says. `{n}` and `{query}` stand for what is there. */
import { primaryOf } from "./options.js";

/** All that the box says, in one language. */
export interface Texts {
  /** On the button that opens the dialog. */
  button: string;
  /** What the field is, to those who do not see it. */
  label: string;
  /** In the empty field. */
  placeholder: string;
  clear: string;
  /** On the button that closes the dialog: seen where there is no Escape key. */
  close: string;
  /** What the list is. */
  results: string;
  /** Before anything is typed. */
  start: string;
  loading: string;
  searching: string;
  /** With the number of pages: one, and any other. */
  foundOne: string;
  found: string;
  /** Where there are more than are shown. */
  foundFirst: string;
  empty: string;
  emptyFiltered: string;
  onlyNear: string;
  partial: string;
  more: string;
  filters: string;
  recent: string;
  forget: string;
  offline: string;
  unreachable: string;
  unsupported: string;
  failed: string;
  retry: string;
  /** What the keys do, at the foot of the dialog. */
  choose: string;
  open: string;
}

const EN: Texts = {
  button: "Search",
  label: "Search this site",
  placeholder: "Search",
  clear: "Clear the search",
  close: "Close",
  results: "Pages found",
  start: "Type a word, or describe what you are looking for.",
  loading: "Loading the search…",
  searching: "Searching…",
  foundOne: "1 page found.",
  found: "{n} pages found.",
  foundFirst: "The best {n} pages are shown.",
  empty: "Nothing found for “{query}”. Try fewer or other words.",
  emptyFiltered: "Nothing found for “{query}” with these filters.",
  onlyNear: "No page has these words. These are closest in meaning:",
  partial: "You are offline: only some of the results can be shown.",
  more: "Show more pages",
  filters: "Filters",
  recent: "Recent searches",
  forget: "Clear",
  offline: "You are offline, and this search needs parts of the index that have not been loaded. What you searched for since you opened this page can still be found.",
  unreachable: "The search could not be loaded. Check your connection, then try again.",
  unsupported: "The search does not run in this browser. A newer version may help.",
  failed: "Something is wrong with this site’s search.",
  retry: "Try again",
  choose: "to choose",
  open: "to open",
};

const DE: Texts = {
  button: "Suche",
  label: "Diese Website durchsuchen",
  placeholder: "Suchen",
  clear: "Suche leeren",
  close: "Schließen",
  results: "Gefundene Seiten",
  start: "Ein Wort eingeben oder beschreiben, was gesucht wird.",
  loading: "Die Suche wird geladen …",
  searching: "Es wird gesucht …",
  foundOne: "1 Seite gefunden.",
  found: "{n} Seiten gefunden.",
  foundFirst: "Die besten {n} Seiten werden gezeigt.",
  empty: "Nichts gefunden für „{query}“. Weniger oder andere Wörter helfen vielleicht.",
  emptyFiltered: "Nichts gefunden für „{query}“ mit diesen Filtern.",
  onlyNear: "Keine Seite enthält diese Wörter. Dem Sinn nach am nächsten:",
  partial: "Es besteht keine Verbindung: Nur ein Teil der Treffer kann gezeigt werden.",
  more: "Weitere Seiten zeigen",
  filters: "Filter",
  recent: "Letzte Suchen",
  forget: "Leeren",
  offline: "Es besteht keine Verbindung, und diese Suche braucht Teile des Index, die noch nicht geladen sind. Was seit dem Öffnen der Seite gesucht wurde, wird weiterhin gefunden.",
  unreachable: "Die Suche konnte nicht geladen werden. Bitte die Verbindung prüfen und es erneut versuchen.",
  unsupported: "Die Suche läuft in diesem Browser nicht. Eine neuere Version hilft vielleicht.",
  failed: "Mit der Suche dieser Website stimmt etwas nicht.",
  retry: "Erneut versuchen",
  choose: "auswählen",
  open: "öffnen",
};

const BUILT_IN: Readonly<Record<string, Texts>> = { en: EN, de: DE };

/** The texts for a language, with those of the site in front, and the language that they are in. */
export function textsFor(lang: string, own: Readonly<Record<string, Partial<Texts>>>): { texts: Texts; lang: string } {
  const primary = primaryOf(lang);
  const exact = Object.keys(own).find((name) => name.toLowerCase() === lang.toLowerCase());
  const related = exact ?? Object.keys(own).find((name) => primaryOf(name) === primary);
  const texts = { ...(BUILT_IN[primary] ?? EN), ...(related !== undefined && own[related]) };
  return { texts, lang: related ?? (BUILT_IN[primary] === undefined ? "en" : primary) };
}

/** A text with what its marks stand for. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (mark, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? mark) : mark));
}
