// The drawer on the right: what to type into the product, and the switches of a simulated service.

import { panel as fetchPanel } from "./api.js";
import { h, hidden, reconcile, uid } from "./dom.js";
import { icon } from "./icons.js";
import { moodNode } from "./moods.js";
import { look, ui } from "./store.js";
import { toast } from "./toasts.js";

const drawer = document.getElementById("drawer");
const POLL_MS = 4000;
const TITLES = { connectwise: "ConnectWise" };

let shown = null;
let parts = null;
let seenRev = null;
let timer = null;
let fetching = false;
let moodsShown = [];

/** What a panel is called before it was fetched. */
export const panelTitle = (name) => `${TITLES[name] ?? name} control panel`;

/** Opens the drawer on a panel, or closes it. */
export function toggleDrawer(name) {
  const opening = ui.drawer !== name;
  look({ drawer: opening ? name : null, sidebar: false });
  if (opening) drawer.querySelector("button")?.focus();
}

async function copy(value) {
  try {
    await navigator.clipboard.writeText(value);
    toast("Copied");
  } catch {
    toast("The browser did not allow copying: mark the text and copy it by hand.", "error");
  }
}

const isScalar = (value) => ["string", "number"].includes(typeof value) && value !== "";

function flatten(value, label = "") {
  if (isScalar(value)) return [{ label, value: String(value) }];
  if (Array.isArray(value))
    return value.flatMap((it) =>
      it && isScalar(it.value) ? [{ label: it.label ?? label, value: String(it.value) }] : flatten(it, label),
    );
  if (value && typeof value === "object")
    return Object.entries(value).flatMap(([name, it]) => flatten(it, name));
  return [];
}

const pretty = (label) =>
  /^[a-z_]+$/.test(label) ? label.replace(/_/g, " ").replace(/^./, (letter) => letter.toUpperCase()) : label;

function cribOf(description) {
  const { crib, site, company, credentials } = description;
  return crib ? flatten(crib) : flatten({ site, company, credentials });
}

function cribRow({ label, value }) {
  return h(
    "div",
    { class: "crib-row" },
    h("dt", {}, pretty(label)),
    h(
      "dd",
      {},
      h("code", {}, value),
      h(
        "button",
        {
          type: "button",
          class: "copy",
          title: "Copy",
          data: { focus: `copy/${label}` },
          on: { click: () => copy(value) },
        },
        icon("copy", { size: 15 }),
        hidden(`Copy ${pretty(label)}`),
      ),
    ),
  );
}

function requestRow(request) {
  const tone = request.status >= 500 ? "bad" : request.status >= 400 ? "warn" : "good";
  return h(
    "tr",
    {},
    h("td", {}, h("span", { class: `status status-${tone}` }, String(request.status ?? "–"))),
    h("td", { class: "path" }, `${request.method ?? "GET"} ${request.path}`),
    h("td", { class: "took" }, `${request.duration_ms ?? "?"} ms`),
  );
}

async function change(name, changes) {
  const answer = await fetchPanel(name, changes);
  if (answer.ok === false) toast(answer.error ?? "That did not work.", "error");
  else show(name, answer);
}

// A panel that knows no reset as such is set to what each switch calls its default.
async function reset(name) {
  const answer = await fetchPanel(name, { reset: true });
  if (answer.ok !== false) return show(name, answer);
  const defaults = moodsShown
    .filter((mood) => mood.default !== undefined)
    .map((mood) => [mood.id, mood.default]);
  return defaults.length ? change(name, Object.fromEntries(defaults)) : toast(answer.error, "error");
}

const isChanged = (mood) =>
  mood.default !== undefined && JSON.stringify(mood.default) !== JSON.stringify(mood.value);

function build(name) {
  const close = () => {
    look({ drawer: null });
    (
      document.querySelector(".dialog-layer:not([inert]) .dialog") ??
      document.querySelector(`[data-focus="side/panel/${name}"]`)
    )?.focus();
  };
  parts = {
    title: h("h2", {}, panelTitle(name)),
    changed: h("span", { class: "changed-note" }),
    crib: h("dl", { class: "crib" }),
    moods: h("div", { class: "moods" }),
    requests: h("tbody", {}),
    requestBox: h("details", { class: "requests" }, h("summary", {}, "Latest requests")),
  };
  parts.requestBox.append(h("table", {}, parts.requests));
  drawer.replaceChildren(
    h(
      "header",
      { class: "drawer-head" },
      icon("sliders"),
      parts.title,
      h("button", { type: "button", class: "btn btn-small", on: { click: () => reset(name) } }, "Reset"),
      h(
        "button",
        { type: "button", class: "icon-button", on: { click: close } },
        hidden("Close panel"),
        icon("close"),
      ),
    ),
    h(
      "div",
      { class: "drawer-body" },
      h(
        "section",
        { class: "drawer-part", "aria-labelledby": "crib-title" },
        h("h3", { id: "crib-title" }, "What to type"),
        h("p", { class: "muted" }, "The details of the pretend site, to copy into the bot’s windows."),
        parts.crib,
      ),
      h(
        "section",
        { class: "drawer-part", "aria-labelledby": "mood-title" },
        h("h3", { id: "mood-title" }, "What the site does", parts.changed),
        h("p", { class: "muted" }, "Break something, and see whether the bot can tell what."),
        parts.moods,
      ),
      parts.requestBox,
    ),
  );
  drawer.onkeydown = (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  };
}

function show(name, description) {
  if (shown !== name || !parts) return;
  const { title = TITLES[name] ?? name, moods = [], requests = [] } = description;
  parts.title.textContent = /panel/i.test(title) ? title : `${title} control panel`;
  drawer.setAttribute("aria-label", parts.title.textContent);
  reconcile(
    parts.crib,
    cribOf(description).map((row) => ({ key: row.label, sig: row.value, build: () => cribRow(row) })),
  );
  showMoods(name, moods);
  parts.requestBox.hidden = !requests.length;
  reconcile(
    parts.requests,
    requests
      .slice()
      .reverse()
      .map((it, index) => ({ key: String(index), sig: JSON.stringify(it), build: () => requestRow(it) })),
  );
}

function showMoods(name, moods) {
  moodsShown = moods;
  const groups = [...new Set(moods.map((mood) => mood.group ?? ""))];
  reconcile(
    parts.moods,
    groups.map((group) => ({ key: group, sig: group, build: () => moodGroup(group) })),
  );
  for (const group of groups) {
    const box = [...parts.moods.children].find((it) => it.dataset.group === group);
    const mine = moods.filter((mood) => (mood.group ?? "") === group);
    box.querySelector(".mood-count").textContent = mine.some(isChanged)
      ? String(mine.filter(isChanged).length)
      : "";
    reconcile(
      box.querySelector(".mood-list"),
      mine.map((mood) => ({
        key: mood.id,
        sig: JSON.stringify(mood),
        build: () =>
          moodNode(mood, { changed: isChanged(mood), set: (value) => change(name, { [mood.id]: value }) }),
      })),
    );
  }
  const count = moods.filter(isChanged).length;
  parts.changed.textContent = count ? `${count} changed` : "";
}

const closedGroups = new Set();

function moodGroup(group) {
  const id = uid("group");
  const box = h(
    "details",
    { class: "mood-group", open: !closedGroups.has(group), data: { group } },
    h("summary", { id }, h("span", {}, group || "Switches"), h("span", { class: "mood-count" })),
    h("div", { class: "mood-list" }),
  );
  box.addEventListener("toggle", () => (box.open ? closedGroups.delete(group) : closedGroups.add(group)));
  return box;
}

async function load(name) {
  if (fetching) return;
  fetching = true;
  const description = await fetchPanel(name);
  fetching = false;
  if (description.ok !== false) show(name, description);
}

/** Shows, refreshes or hides the drawer. */
export function renderDrawer(state) {
  const name = ui.drawer && (state.panels ?? []).includes(ui.drawer) ? ui.drawer : null;
  drawer.hidden = !name;
  document.documentElement.classList.toggle("has-drawer", Boolean(name));
  if (name !== shown) {
    shown = name;
    clearInterval(timer);
    drawer.replaceChildren();
    parts = null;
    if (!name) return;
    build(name);
    timer = setInterval(() => !document.hidden && load(name), POLL_MS);
  }
  if (name && (state.rev !== seenRev || !parts.crib.children.length)) load(name);
  seenRev = state.rev;
}

/** The handle by which the drawer is reached while a modal covers the page. */
export function drawerHandle(state) {
  const [name] = state.panels ?? [];
  return name
    ? h(
        "button",
        { type: "button", class: "drawer-handle", on: { click: () => toggleDrawer(name) } },
        icon("sliders", { size: 16 }),
        h("span", {}, "Controls"),
      )
    : null;
}
