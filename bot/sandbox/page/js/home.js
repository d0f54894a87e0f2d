// The app's own place: Home tab, direct messages, what it can do.

import { buildBlocks } from "./blocks.js";
import { h, holdFocus, whenChanged } from "./dom.js";
import { Form } from "./form.js";
import { fillList, visible } from "./messages.js";
import { avatar } from "./people.js";
import { act, directWithApp, look, ui } from "./store.js";
import { surfaceContext } from "./surface.js";

let opened = null;
let form = new Form();

/** Goes to the app's Home and tells the app that this person has opened it. */
export function openHome() {
  look({ place: "home", tab: "home", sidebar: false });
}

function announce(state) {
  const visit = ui.place === "home" && ui.tab === "home" ? state.me : null;
  if (visit && visit !== opened) act({ type: "home" });
  opened = visit;
}

function blocksOf(state) {
  const shown = h("div", { class: "home-blocks" });
  if (!state.home) {
    return h(
      "div",
      { class: "empty" },
      avatar(state.app.bot_user_id, 72),
      h("p", {}, `${state.app.name} has not written anything here yet.`),
    );
  }
  form = new Form(form.values());
  shown.append(
    ...buildBlocks(
      state.home.blocks,
      surfaceContext({ surface: "home", container: { home: true }, form, me: state.me }),
    ),
  );
  return shown;
}

function about(state) {
  return h(
    "div",
    { class: "home-blocks" },
    h("h3", { class: "block header" }, `What ${state.app.name} understands`),
    state.commands.map((command) =>
      h(
        "div",
        { class: "block section" },
        h(
          "div",
          { class: "text" },
          h("strong", {}, command.command),
          " ",
          h("code", {}, command.usage_hint || "…"),
          h("div", { class: "muted" }, command.description),
        ),
      ),
    ),
  );
}

const TABS = [
  ["home", "Home"],
  ["messages", "Messages"],
  ["about", "About"],
];

function tabs(state) {
  const known = TABS.filter(([name]) => name !== "messages" || directWithApp());
  return h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": state.app.name },
    known.map(([name, words]) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          class: ui.tab === name ? "tab is-active" : "tab",
          "aria-selected": String(ui.tab === name),
          data: { focus: `tab/${name}` },
          on: { click: () => look({ tab: name }) },
        },
        words,
      ),
    ),
  );
}

function messages(state) {
  const list = h("div", {
    class: "message-list",
    role: "log",
    "aria-label": `Messages with ${state.app.name}`,
  });
  const scroller = h("div", { class: "scroller" }, list);
  requestAnimationFrame(() => {
    scroller.scrollTop = scroller.scrollHeight;
  });
  fillList(list, visible(state, directWithApp()?.id, null), state, { fresh: true });
  return scroller;
}

const CONTENT = { home: blocksOf, about, messages };

/** Fills the main part with the app's place. */
export function renderHome(main, state) {
  announce(state);
  const direct = directWithApp();
  const signature = JSON.stringify([
    "home",
    ui.tab,
    state.me,
    state.home?.hash,
    state.app,
    state.users,
    ui.tab === "messages" && state.messages[direct?.id],
  ]);
  whenChanged(main, signature, () => {
    const restore = holdFocus(main);
    const scrolled = main.querySelector(".home-scroll")?.scrollTop ?? 0;
    const content = h(
      "div",
      { class: "home-scroll", role: "tabpanel", "aria-label": TABS.find(([name]) => name === ui.tab)[1] },
      CONTENT[ui.tab](state),
    );
    main.replaceChildren(
      h(
        "header",
        { class: "main-head" },
        avatar(state.app.bot_user_id, 28),
        h("h1", {}, state.app.name),
        h("span", { class: "badge badge-app" }, "APP"),
      ),
      tabs(state),
      content,
    );
    content.scrollTop = scrolled;
    restore();
  });
}

/** Forgets that the Home was open, so that the next visit is announced. */
export function leaveHome() {
  opened = null;
}
