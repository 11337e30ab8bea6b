/** The box in the navigation bar, in the theme's colour and letters; the server of pages in writing has none. */
import { h } from "vue";

/** As the theme places its own search; and lines are broken, which the bar forbids. */
const PLACE = "flex-grow: 1; display: flex; align-items: center; padding-inline-start: 1.5rem; white-space: normal";
const LOOK = "--headwater-accent: var(--vp-c-brand-1); --headwater-font: var(--vp-font-family-base)";
const isBuilt = import.meta.env.PROD;

export default () => h("div", { style: `${PLACE}; ${LOOK}` }, isBuilt ? h("headwater-search") : []);
