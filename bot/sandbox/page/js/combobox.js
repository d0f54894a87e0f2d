// A select with a filter, for one value or several, from a list at hand or one that is fetched while typing.

import { h, hidden, uid } from "./dom.js";
import { icon } from "./icons.js";
import { openPopup } from "./popup.js";

// An item is {key, label, description?, media?: () => Node, payload}; `load(query)` gives {groups: [{label, items}], note?}.
class Combobox {
  constructor(options) {
    this.options = options;
    this.chosen = options.initial ?? [];
    this.items = [];
    this.active = -1;
    this.turn = 0;
    this.popup = null;
    this.input = this.makeInput();
    this.front = h("span", { class: "combo-front" });
    this.el = h(
      "div",
      {
        class: ["combo", options.multi && "combo-multi", options.compact && "combo-compact"]
          .filter(Boolean)
          .join(" "),
        on: { pointerdown: (event) => this.onPress(event) },
      },
      this.front,
      this.input,
      options.clearable && !options.multi ? this.makeClear() : null,
      icon("caret", { size: 16, className: "combo-caret" }),
    );
    this.show();
  }

  makeInput() {
    const { id, label, describedBy, focusKey } = this.options;
    return h("input", {
      id,
      type: "text",
      role: "combobox",
      class: "combo-input",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": label,
      "aria-describedby": describedBy,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      data: { focus: focusKey ?? "" },
      on: {
        input: () => this.open(this.input.value),
        keydown: (event) => this.onKey(event),
        blur: () => this.close(),
      },
    });
  }

  makeClear() {
    const clear = () => this.choose([]);
    this.clear = h(
      "button",
      { type: "button", class: "combo-clear", on: { click: clear } },
      hidden("Clear"),
      icon("close", { size: 13 }),
    );
    return this.clear;
  }

  show() {
    const { multi, placeholder } = this.options;
    const [only] = this.chosen;
    this.input.value = !multi && only ? only.label : "";
    this.input.placeholder = this.chosen.length ? (multi ? "" : only.label) : placeholder;
    this.front.replaceChildren(
      ...(multi ? this.chosen.map((item) => this.chip(item)) : [only?.media?.()].filter(Boolean)),
    );
    if (this.clear) this.clear.hidden = !only;
    this.el.classList.toggle("combo-filled", Boolean(only));
  }

  chip(item) {
    const drop = () => {
      this.choose(this.chosen.filter((it) => it.key !== item.key));
      this.input.focus();
    };
    return h(
      "span",
      { class: "chip" },
      item.media?.() ?? null,
      h("span", { class: "chip-text" }, item.label),
      h(
        "button",
        { type: "button", tabindex: "-1", on: { click: drop } },
        hidden(`Remove ${item.label}`),
        icon("close", { size: 11 }),
      ),
    );
  }

  onPress(event) {
    if (event.target.closest("button")) return;
    if (event.target !== this.input) event.preventDefault();
    this.input.focus();
    if (this.popup) this.close();
    else this.open("");
  }

  async open(query) {
    if (this.input.disabled) return;
    if (!this.popup) this.float();
    const turn = (this.turn += 1);
    this.active = -1;
    const loading = setTimeout(() => turn === this.turn && this.list([], "Loading…"), 120);
    const { groups, note } = await this.options.load(query);
    clearTimeout(loading);
    if (turn === this.turn && this.popup) this.list(groups, note, query);
  }

  float() {
    this.box = h("div", {
      class: "popup listbox",
      role: "listbox",
      id: uid("list"),
      "aria-label": "Options",
      "aria-multiselectable": this.options.multi ? "true" : null,
    });
    this.box.addEventListener("pointerdown", (event) => event.preventDefault());
    this.popup = openPopup(this.el, this.box, { matchWidth: true, onClose: () => this.closed() });
    this.input.setAttribute("aria-expanded", "true");
    this.input.setAttribute("aria-controls", this.box.id);
    this.el.classList.add("combo-open");
    this.input.select();
  }

  list(groups, note, query) {
    this.items = groups.flatMap((group) => group.items);
    const nodes = groups.map((group) => {
      const options = group.items.map((item) => this.option(item));
      return group.label
        ? h(
            "div",
            { role: "group", "aria-label": group.label },
            h("div", { class: "menu-heading", role: "presentation" }, group.label),
            options,
          )
        : options;
    });
    const words = note ?? (this.items.length ? null : "No matching results");
    this.box.replaceChildren(
      ...nodes.flat(),
      ...(words ? [h("div", { class: "combo-note", role: "status" }, words)] : []),
    );
    const at = this.items.findIndex((item) => this.isChosen(item));
    this.activate(this.options.multi || query ? 0 : Math.max(at, 0));
    this.popup.update();
  }

  isChosen(item) {
    return this.chosen.some((it) => it.key === item.key);
  }

  option(item) {
    const chosen = this.isChosen(item);
    return h(
      "div",
      {
        class: "option",
        role: "option",
        id: uid("option"),
        "aria-selected": String(chosen),
        on: { click: () => this.pick(item) },
      },
      item.media?.() ?? null,
      h(
        "span",
        { class: "menu-text" },
        h("span", {}, item.label),
        item.description ? h("small", {}, item.description) : null,
      ),
      chosen ? icon("check", { size: 16 }) : null,
    );
  }

  activate(at) {
    const nodes = [...this.box.querySelectorAll(".option")];
    this.active = nodes.length ? (at + nodes.length) % nodes.length : -1;
    for (const [index, node] of nodes.entries())
      node.classList.toggle("option-active", index === this.active);
    const node = nodes[this.active];
    if (node) this.input.setAttribute("aria-activedescendant", node.id);
    else this.input.removeAttribute("aria-activedescendant");
    node?.scrollIntoView({ block: "nearest" });
  }

  onKey(event) {
    if (!this.popup) this.onKeyClosed(event);
    else this.onKeyOpen(event);
  }

  onKeyClosed(event) {
    const drop = event.key === "Backspace" && this.options.multi && !this.input.value && this.chosen.length;
    if (["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) {
      event.preventDefault();
      this.open("");
    } else if (drop) this.choose(this.chosen.slice(0, -1));
  }

  onKeyOpen(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.activate(this.active + step);
    else if (event.key === "Enter") this.pick(this.items[this.active]);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Backspace" && this.options.multi && !this.input.value)
      this.choose(this.chosen.slice(0, -1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  pick(item) {
    if (!item) return;
    const { multi, max } = this.options;
    if (!multi) this.choose([item]);
    else if (this.isChosen(item)) this.choose(this.chosen.filter((it) => it.key !== item.key));
    else if (!max || this.chosen.length < max) this.choose([...this.chosen, item]);
    if (!multi) this.close();
    else if (this.popup) this.open("");
  }

  async choose(items) {
    const before = this.chosen;
    const same = items.length === before.length && items.every((item) => this.isChosen(item));
    this.chosen = items;
    this.show();
    if (same && !this.options.multi) return;
    const accepted = await this.options.onChange?.(items);
    if (accepted !== false) return;
    this.chosen = before;
    this.show();
  }

  close() {
    this.popup?.close();
  }

  closed() {
    this.popup = null;
    this.turn += 1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-controls");
    this.input.removeAttribute("aria-activedescendant");
    this.el.classList.remove("combo-open");
    this.show();
  }
}

/** A combobox; `onChange(items)` may answer false to have the choice taken back. */
export const combobox = (options) => new Combobox(options);

/** A loader for a list at hand. */
export function fromList(groups) {
  return async (query) => {
    const wanted = query.trim().toLowerCase();
    const fits = (item) => !wanted || item.label.toLowerCase().includes(wanted);
    return {
      groups: groups
        .map((group) => ({ ...group, items: group.items.filter(fits) }))
        .filter((group) => group.items.length),
    };
  };
}
