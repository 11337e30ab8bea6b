/**
 * How the box looks. Colours follow the page's `color-scheme`, each behind a custom property of the page's; sizes are of the
 * page's text. What is to be styled from outside is a part.
 */

/** Name, light, dark; and what browsers without `light-dark()` get, which follows the scheme in system colours. */
const COLOURS: ReadonlyArray<readonly [name: string, light: string, dark: string, system: string]> = [
  ["surface", "#fff", "#16181d", "Canvas"],
  ["raised", "#f2f4f7", "#22252c", "Canvas"],
  ["text", "#1a1e26", "#e9ebf0", "CanvasText"],
  ["muted", "#596273", "#a1a9b8", "CanvasText"],
  ["line", "#dfe3e9", "#343944", "GrayText"],
  ["accent", "#1d57c4", "#8fb4ff", "LinkText"],
  ["selected", "#e8f0fe", "#25314b", "Canvas"],
  ["mark", "#ffe9a3", "#5f4c12", "Mark"],
  ["veil", "#0f172a73", "#000000a6", "#0008"],
];

const colours = (value: (light: string, dark: string, system: string) => string) =>
  COLOURS.map(([name, light, dark, system]) => `--_${name}: var(--headwater-${name}, ${value(light, dark, system)});`).join("");

const CSS = `
:host { display: inline-block; font: 400 var(--headwater-font-size, 1rem)/1.5 var(--headwater-font, system-ui, sans-serif); ${colours((_light, _dark, system) => system)}
  --_radius: var(--headwater-radius, 0.75em); }
@supports (color: light-dark(red, red)) { :host { ${colours((light, dark) => `light-dark(${light}, ${dark})`)} } }
:host([mode=inline]) { display: block; }
:host([hidden]), [hidden] { display: none !important; }
*, ::before, ::after { box-sizing: border-box; }
button, input, kbd { font: inherit; color: inherit; }
button { margin: 0; padding: 0; border: 0; background: none; cursor: pointer; }
svg { inline-size: 1.25em; block-size: 1.25em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
kbd { padding: 0.1em 0.45em; border: 1px solid var(--_line); border-radius: 0.4em; font-size: 0.75em; line-height: 1.5; color: var(--_muted); background: var(--_surface); white-space: nowrap; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

[part=button] { display: flex; align-items: center; gap: 0.5em; inline-size: 100%; min-block-size: 2.5em; padding-block: 0.3em; padding-inline: 0.75em 0.5em; border: 1px solid var(--_line); border-radius: var(--_radius);
  background: var(--_raised); color: var(--_muted); text-align: start; }
[part=button]:hover { border-color: var(--_accent); color: var(--_text); }
[part=button-label] { flex: 1; min-inline-size: 3.5em; }
[part=button] svg { inline-size: 1.1em; }

dialog { position: fixed; inset: 0; inline-size: auto; block-size: auto; max-inline-size: none; max-block-size: none; margin: 0; padding: min(12vh, 7em) 1em 1em; border: 0; background: none; color: inherit; overflow: hidden; }
dialog[open] { display: grid; justify-items: center; align-items: start; }
dialog::backdrop { background: var(--_veil); }
[part=panel] { position: relative; display: flex; flex-direction: column; inline-size: 100%; color: var(--_text); text-align: start; }
.dialog { max-inline-size: var(--headwater-width, 42em); max-block-size: 100%; overflow: hidden; border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 1.25); background: var(--_surface);
  box-shadow: var(--headwater-shadow, 0 1.5em 4em #0006); }

[part=field] { display: flex; align-items: center; gap: 0.6em; padding-inline: 1em 0.75em; border-block-end: 1px solid var(--_line); color: var(--_muted); }
.inline [part=field] { border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_surface); }
.inline [part=field]:focus-within { border-color: var(--_accent); outline: 1px solid var(--_accent); }
[part=input] { flex: 1; min-inline-size: 0; block-size: 3.25em; padding: 0; border: 0; outline: 0; background: none; color: var(--_text); font-size: max(1em, 16px); text-overflow: ellipsis; }
[part=input]::placeholder { color: var(--_muted); opacity: 1; }
[part=clear], [part=close] { display: grid; place-items: center; min-inline-size: 2em; min-block-size: 2em; border-radius: 0.5em; }
[part=clear]:hover, [part=close]:hover kbd { color: var(--_text); }
[part=clear] svg { inline-size: 1em; }
[part=progress] { position: relative; block-size: 2px; margin-block: -2px 0; overflow: hidden; opacity: 0; }
[part=progress]::before { content: ""; position: absolute; inset-block: 0; inline-size: 30%; background: var(--_accent); }
[data-busy] [part=progress] { opacity: 1; transition: opacity 0.2s 0.25s; }

[part=filters] { display: grid; gap: 0.5em; padding: 0.75em 1em; border-block-end: 1px solid var(--_line); }
.inline [part=filters] { padding-inline: 0; border: 0; }
[part=facets] { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4em; font-size: 0.8125em; }
[part=facets-label] { flex: none; margin-inline-end: 0.25em; color: var(--_muted); }
[part=facet] { flex: none; min-block-size: 2em; padding-inline: 0.75em; border: 1px solid var(--_line); border-radius: 1em; }
[part=facet]:hover { border-color: var(--_accent); }
[part=facet][aria-pressed=true] { border-color: var(--_accent); background: var(--_selected); color: var(--_accent); font-weight: 600; }
[part=count] { color: var(--_muted); font-weight: 400; font-variant-numeric: tabular-nums; }

[part=body] { padding: 0.5em; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; scrollbar-color: var(--_line) transparent; scroll-padding-block: 0.5em; }
.inline [part=body] { padding: 0.5em 0; overflow: visible; }
[part=message] { padding: 0.5em; color: var(--_muted); overflow-wrap: anywhere; }
.dialog [part=message]:first-child:not([hidden]):has(~ [part=results]:empty) { padding: 1.75em 1em; text-align: center; text-wrap: balance; }
[part=message] p { margin: 0; }
[part=retry], [part=more] { margin-block-start: 0.75em; padding: 0.4em 1em; border: 1px solid var(--_line); border-radius: 0.6em; color: var(--_accent); font-weight: 500; }
[part=retry]:hover, [part=more]:hover { border-color: var(--_accent); }
[part=more] { display: block; margin: 0.5em auto; }
[part=code] { display: block; margin-block-start: 1em; font-size: 0.75em; }
[part=recent] { display: flex; justify-content: space-between; padding: 0.25em 0.75em; color: var(--_muted); font-size: 0.8125em; }
[part=forget] { padding-inline: 0.25em; border-radius: 0.25em; }
[part=forget]:hover { color: var(--_text); text-decoration: underline; }
.inline:not(:focus-within) [part=recent], .inline:not(:focus-within) [part~=result-recent] { display: none; }

[part=page] + [part=page] { margin-block-start: 0.25em; }
[part~=result] { display: grid; grid-template-columns: 1.25em minmax(0, 1fr); column-gap: 0.7em; padding: 0.5em 0.75em; border-radius: 0.6em; color: inherit; text-decoration: none; cursor: pointer; scroll-margin-block: 0.5em; overflow-wrap: anywhere; }
[part~=result] > * { grid-column: 2; }
[part~=result] > svg { grid-column: 1; grid-row: 1; margin-block-start: 0.15em; color: var(--_muted); }
[part~=result-section] { position: relative; margin-inline-start: 1.35em; padding-block: 0.35em; font-size: 0.9375em; }
[part~=result-section]::before { content: ""; position: absolute; inset-block: 0; inset-inline-start: -0.02em; border-inline-start: 1px solid var(--_line); }
[part~=result-section] > svg { inline-size: 1em; margin-block-start: 0; grid-row: 1 / span 2; }
[part~=result][aria-selected=true] { background: var(--_selected); }
[part~=result][aria-selected=true] > svg, [part~=result][aria-selected=true] > :is([part=title], [part=heading]) { color: var(--_accent); }
[part=title] { font-weight: 600; }
[part=heading] { font-weight: 500; }
[part=trail] { color: var(--_muted); font-size: 0.8125em; }
[part=snippet] { display: -webkit-box; overflow: hidden; color: var(--_muted); font-size: 0.875em; line-height: 1.45; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
mark { padding-inline: 0.06em; margin-inline: -0.06em; border-radius: 0.2em; background: var(--_mark); color: var(--headwater-mark-text, var(--_text)); }

[part=foot] { display: flex; gap: 1.25em; padding: 0.55em 1em; border-block-start: 1px solid var(--_line); color: var(--_muted); font-size: 0.8125em; }
[part=foot] kbd + kbd { margin-inline-start: 0.25em; }

@media (max-width: 40em) {
  dialog { padding: 0; }
  .dialog { max-inline-size: none; block-size: 100%; border: 0; border-radius: 0; }
  [part=body] { flex: 1; }
  [part=facets] { flex-wrap: nowrap; margin: -4px -1em; padding: 4px 1em; overflow-x: auto; scrollbar-width: none; }
  [part=foot], [part=close] kbd { display: none; }
  [part=close] .unseen { position: static; inline-size: auto; block-size: auto; clip-path: none; color: var(--_accent); }
}
@media (prefers-reduced-motion: no-preference) {
  dialog[open] [part=panel] { animation: rise 0.14s ease-out; }
  dialog[open]::backdrop { animation: veil 0.14s ease-out; }
  [data-busy] [part=progress]::before { animation: run 1.1s ease-in-out infinite; }
  @keyframes rise { from { opacity: 0; transform: translateY(-0.5em); } }
  @keyframes veil { from { opacity: 0; } }
  @keyframes run { from { inset-inline-start: -30%; } to { inset-inline-start: 100%; } }
}
@media (forced-colors: active) {
  [part~=result][aria-selected=true], [part=facet][aria-pressed=true] { outline: 2px solid Highlight; outline-offset: -2px; }
  [part=progress]::before { background: Highlight; }
}
@media print { :host { display: none; } }
`;

let made: CSSStyleSheet | undefined;

/** One for all boxes of a page. Made by script and adopted, so a policy without inline styles allows it. */
export function sheet(): CSSStyleSheet {
  if (made === undefined) {
    made = new CSSStyleSheet();
    made.replaceSync(CSS);
  }
  return made;
}
