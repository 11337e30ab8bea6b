/** The box in the navigation bar, in the theme's colour and letters; the server of pages in writing has none. */
import { createElement } from "react";

const LOOK = { "--headwater-accent": "var(--ifm-color-primary)", "--headwater-font": "var(--ifm-font-family-base)" };

export default function SearchBar() {
  return process.env.NODE_ENV === "production" ? createElement("div", { style: LOOK }, createElement("headwater-search")) : null;
}
