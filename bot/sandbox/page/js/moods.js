// The switches of a panel: toggles, selects, numbers, and rows to tick.

import { h, uid } from "./dom.js";
import { icon } from "./icons.js";

const help = (mood, id) => (mood.help ? h("p", { class: "mood-help", id }, mood.help) : null);

function toggle(mood, { set, helpId, labelId }) {
  const on = Boolean(mood.value);
  return h(
    "div",
    { class: "mood-line" },
    h("span", { class: "mood-label", id: labelId }, mood.label),
    h(
      "button",
      {
        type: "button",
        class: on ? "switch is-on" : "switch",
        role: "switch",
        "aria-checked": String(on),
        "aria-labelledby": labelId,
        "aria-describedby": mood.help ? helpId : null,
        data: { focus: `mood/${mood.id}` },
        on: { click: () => set(!on) },
      },
      h("span", {}),
    ),
  );
}

function select(mood, { set, helpId }) {
  const id = uid("mood");
  const options = [...(mood.options ?? [])];
  if (!options.some((option) => option.value === mood.value))
    options.push({ value: mood.value, label: String(mood.value) });
  const node = h(
    "select",
    {
      id,
      class: "native-select",
      "aria-describedby": mood.help ? helpId : null,
      data: { focus: `mood/${mood.id}` },
      on: { change: () => set(options[node.selectedIndex].value) },
    },
    options.map((option, index) =>
      h(
        "option",
        { value: String(index), selected: option.value === mood.value },
        option.label ?? String(option.value),
      ),
    ),
  );
  return h(
    "div",
    { class: "mood-stack" },
    h("label", { class: "mood-label", for: id }, mood.label),
    h("div", { class: "native-wrap" }, node, icon("caret", { size: 15 })),
  );
}

function number(mood, { set, helpId }) {
  const id = uid("mood");
  const input = h("input", {
    id,
    class: "input input-small",
    type: "number",
    step: "any",
    value: String(mood.value ?? ""),
    "aria-describedby": mood.help ? helpId : null,
    data: { focus: `mood/${mood.id}` },
    on: { change: () => set(input.value === "" ? null : Number(input.value)) },
  });
  return h("div", { class: "mood-line" }, h("label", { class: "mood-label", for: id }, mood.label), input);
}

const filters = new Map();
const opened = new Set();

// A tick is answered by a fresh description, and so by fresh nodes: what was unfolded, filtered and scrolled to stays.
function rows(mood, { set, helpId, labelId }) {
  const ticked = new Set(mood.value ?? []);
  const listed = (mood.options ?? []).map((option) => option.value);
  const options = [
    ...(mood.options ?? []),
    ...[...ticked].filter((it) => !listed.includes(it)).map((it) => ({ value: it, label: it })),
  ];
  const change = (value, on) => {
    const next = options.map((option) => option.value).filter((it) => (it === value ? on : ticked.has(it)));
    set(next);
  };
  const list = h("div", {
    class: "rows-list",
    role: "group",
    "aria-labelledby": labelId,
    "aria-describedby": mood.help ? helpId : null,
  });
  const entries = options.map((option) => {
    const id = uid("row");
    return h(
      "div",
      { class: "choice row" },
      h("input", {
        type: "checkbox",
        id,
        checked: ticked.has(option.value),
        data: { focus: `mood/${mood.id}/${option.value}` },
        on: { change: (event) => change(option.value, event.currentTarget.checked) },
      }),
      h("label", { for: id }, option.label ?? option.value),
    );
  });
  list.append(...entries);
  const state = filters.get(mood.id) ?? { text: "", top: 0 };
  const filter = h("input", {
    class: "input input-small",
    type: "search",
    placeholder: `Filter ${options.length} rows`,
    "aria-label": "Filter rows",
    value: state.text,
    data: { focus: `mood/${mood.id}/filter` },
  });
  const none = h("p", { class: "muted rows-none", hidden: true }, "Nothing matches.");
  const sieve = () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const [index, entry] of entries.entries())
      entry.hidden =
        Boolean(wanted) &&
        !String(options[index].label ?? options[index].value)
          .toLowerCase()
          .includes(wanted);
    none.hidden = entries.some((entry) => !entry.hidden);
    filters.set(mood.id, { text: filter.value, top: list.scrollTop });
  };
  filter.addEventListener("input", sieve);
  list.addEventListener("scroll", () => filters.set(mood.id, { text: filter.value, top: list.scrollTop }));
  const box = h(
    "details",
    { class: "rows", open: opened.has(mood.id) },
    h(
      "summary",
      {},
      h("span", { class: "mood-label", id: labelId }, mood.label),
      h("span", { class: "rows-count" }, ticked.size ? `${ticked.size} ticked` : "none"),
    ),
    h(
      "div",
      { class: "rows-tools" },
      options.length > 8 ? filter : null,
      ticked.size
        ? h("button", { type: "button", class: "link", on: { click: () => set([]) } }, "Untick all")
        : null,
    ),
    list,
    none,
  );
  box.addEventListener("toggle", () => (box.open ? opened.add(mood.id) : opened.delete(mood.id)));
  sieve();
  queueMicrotask(() => {
    list.scrollTop = state.top;
  });
  return box;
}

const KINDS = { toggle, select, number, rows };

/** A mood's node; `set(value)` is called when the person changes it. */
export function moodNode(mood, { changed, set }) {
  const helpId = uid("help");
  const labelId = uid("label");
  const make = KINDS[mood.kind] ?? select;
  return h(
    "div",
    { class: changed ? "mood is-changed" : "mood", data: { mood: mood.id } },
    make(mood, { set, helpId, labelId }),
    help(mood, helpId),
  );
}
