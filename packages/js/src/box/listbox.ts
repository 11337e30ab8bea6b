/**
 * The list below the field, as a combobox has it: focus stays in the field, which names the option that is active.
 *
 * Owns: which option is active. Does not own: what the options are.
 */
export class Listbox {
  readonly element: HTMLElement;
  readonly #field: HTMLInputElement;
  /** Whether a key led to the active option: then Home and End are the list's, else the text's. */
  isWalked = false;
  #active: HTMLElement | undefined;
  /** Where the pointer was last. Browsers tell of one that rests when other options come to lie below it: that chooses nothing. */
  #pointer: { x: number; y: number } | undefined;

  constructor(element: HTMLElement, field: HTMLInputElement) {
    this.element = element;
    this.#field = field;
    element.addEventListener("pointermove", ({ target, screenX, screenY }) => {
      const hasMoved = this.#pointer !== undefined && (this.#pointer.x !== screenX || this.#pointer.y !== screenY);
      this.#pointer = { x: screenX, y: screenY };
      const option = (target as Element).closest<HTMLElement>("[role=option]");
      if (hasMoved && option !== null && option !== this.#active) this.#activate(option);
    });
  }

  get options(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>("[role=option]")];
  }

  get active(): HTMLElement | undefined {
    return this.#active;
  }

  /** Other options than before. With `first` Enter opens the best at once; of recent searches none was meant. */
  fill(children: readonly Node[], first: boolean, keep = false): void {
    const place = keep && this.#active !== undefined ? this.options.indexOf(this.#active) : -1;
    this.element.replaceChildren(...children);
    const { options } = this;
    options.forEach((option, index) => (option.id = `option-${index}`));
    this.isWalked &&= place >= 0;
    this.#field.setAttribute("aria-expanded", String(options.length > 0));
    this.#activate(options[place] ?? (first ? options[0] : undefined));
  }

  /** To the next option or the one before, around the end. */
  step(by: 1 | -1): void {
    const { options } = this;
    const at = this.#active === undefined ? -1 : options.indexOf(this.#active);
    const next = at < 0 && by < 0 ? options.length - 1 : (at + by + options.length) % options.length;
    this.#walkTo(options[next]);
  }

  toEnd(end: "first" | "last"): void {
    this.#walkTo(this.options.at(end === "first" ? 0 : -1));
  }

  #walkTo(option: HTMLElement | undefined): void {
    if (option === undefined) return;
    this.isWalked = true;
    this.#activate(option);
    option.scrollIntoView({ block: "nearest" });
  }

  #activate(option: HTMLElement | undefined): void {
    this.#active?.setAttribute("aria-selected", "false");
    this.#active = option;
    if (option === undefined) return this.#field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    this.#field.setAttribute("aria-activedescendant", option.id);
  }
}
