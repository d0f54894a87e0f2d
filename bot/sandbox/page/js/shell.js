// What frames the conversation: top bar with the person switch, rail, sidebar.

import { isDirect, userOf } from "./directory.js";
import { h, hidden, reconcile, whenChanged } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, roleOf } from "./people.js";
import { openMenu } from "./popup.js";
import { become, look, ui } from "./store.js";
import { theme, toggleTheme } from "./theme.js";
import { openHome } from "./home.js";
import { panelTitle, toggleDrawer } from "./panel.js";

const topbar = document.getElementById("topbar");
const rail = document.getElementById("rail");
const sidebar = document.getElementById("sidebar");

function personMenu(state) {
  return [
    { heading: "Look through the eyes of" },
    ...state.users_switchable.map((id) => {
      const user = userOf(id);
      return {
        label: user?.real_name || user?.name || id,
        description: user ? roleOf(user) : "",
        media: avatar(id, 36),
        checked: id === state.me,
        onPick: () => become(id),
      };
    }),
  ];
}

function personButton(state) {
  const me = userOf(state.me);
  return h(
    "button",
    {
      type: "button",
      class: "person",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      data: { focus: "person" },
      on: { click: (event) => openMenu(event.currentTarget, personMenu(state), { label: "Switch person" }) },
    },
    avatar(state.me, 26),
    hidden("Signed in as "),
    h("span", { class: "person-name" }, me?.real_name || me?.name),
    hidden(". Switch person"),
    icon("caret", { size: 14 }),
  );
}

function themeButton() {
  const draw = () => {
    const other = theme() === "dark" ? "light" : "dark";
    button.title = `Switch to ${other} theme`;
    button.replaceChildren(hidden(button.title), icon(other === "light" ? "sun" : "moon"));
  };
  const flip = () => {
    toggleTheme();
    draw();
  };
  const button = h("button", {
    type: "button",
    class: "icon-button",
    data: { focus: "theme" },
    on: { click: flip },
  });
  draw();
  return button;
}

function renderTopbar(state) {
  const signature = JSON.stringify([
    state.me,
    state.users,
    state.users_switchable,
    state.team,
    ui.online,
    ui.sidebar,
  ]);
  whenChanged(topbar, signature, () => {
    const focused = topbar.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const menu = h(
      "button",
      {
        type: "button",
        class: "icon-button menu-button",
        "aria-expanded": String(ui.sidebar),
        data: { focus: "menu" },
        on: { click: () => look({ sidebar: !ui.sidebar }) },
      },
      hidden("Channels"),
      icon("menu"),
    );
    topbar.replaceChildren(
      menu,
      h(
        "div",
        { class: "topbar-title" },
        h("span", { class: "sandbox-mark" }, "Sandbox"),
        h("span", { class: "topbar-note" }, "Nothing here leaves this machine"),
      ),
      ...(ui.online
        ? []
        : [h("span", { class: "offline", role: "status" }, icon("offline", { size: 16 }), "Reconnecting…")]),
      h("div", { class: "topbar-end" }, themeButton(), personButton(state)),
    );
    if (focused) topbar.querySelector(`[data-focus="${focused}"]`)?.focus();
  });
}

function railButton(name, label, media, { pressed, onClick }) {
  return h(
    "button",
    {
      type: "button",
      class: pressed ? "rail-item is-active" : "rail-item",
      "aria-pressed": String(pressed),
      data: { focus: `rail/${name}` },
      on: { click: onClick },
    },
    h("span", { class: "rail-icon" }, media),
    h("span", {}, label),
  );
}

function renderRail(state) {
  const signature = JSON.stringify([state.team, state.app, ui.place, ui.drawer, state.panels]);
  whenChanged(rail, signature, () => {
    const focused = rail.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const initials = state.team.name
      .split(/\s+/)
      .slice(0, 2)
      .map((word) => word[0])
      .join("")
      .toUpperCase();
    rail.replaceChildren(
      h("div", { class: "team-mark", title: state.team.name, "aria-hidden": "true" }, initials),
      railButton("channels", "Channels", icon("hash", { size: 20 }), {
        pressed: ui.place === "channel",
        onClick: () => look({ place: "channel" }),
      }),
      ...(state.app.has_home === false
        ? []
        : [
            railButton("app", "App", icon("apps", { size: 20 }), {
              pressed: ui.place === "home",
              onClick: openHome,
            }),
          ]),
      ...(state.panels ?? []).map((name) =>
        railButton(`panel-${name}`, "Controls", icon("sliders", { size: 20 }), {
          pressed: ui.drawer === name,
          onClick: () => toggleDrawer(name),
        }),
      ),
    );
    if (focused) rail.querySelector(`[data-focus="${focused}"]`)?.focus();
  });
}

function channelIcon(channel) {
  if (channel.is_private) return icon("lock", { size: 16 });
  return icon(channel.is_ext_shared ? "shared" : "hash", { size: 16 });
}

const isUnread = (state, channel) =>
  Boolean(channel.unread) &&
  channel.id !== ui.channel &&
  ((state.messages[channel.id] ?? []).at(-1)?.ts ?? "0") > (ui.seen.get(channel.id) ?? "0");

function channelItem(state, channel) {
  const isActive = ui.place === "channel" && ui.channel === channel.id;
  const unread = isUnread(state, channel);
  const classes = [
    "side-item",
    isActive && "is-active",
    unread && "is-unread",
    channel.is_archived && "is-archived",
  ].filter(Boolean);
  const notes = [
    channel.is_private && "private",
    channel.is_ext_shared && "shared with another company",
    channel.is_archived && "archived",
    unread && "unread",
  ].filter(Boolean);
  return {
    key: channel.id,
    sig: JSON.stringify([channel, isActive, unread]),
    build: () =>
      h(
        "button",
        {
          type: "button",
          class: classes.join(" "),
          "aria-current": isActive ? "page" : null,
          data: { focus: `side/${channel.id}` },
          on: { click: () => look({ place: "channel", channel: channel.id, thread: null, sidebar: false }) },
        },
        channelIcon(channel),
        h("span", { class: "side-name" }, channel.name),
        notes.length ? h("span", { class: "vh" }, `(${notes.join(", ")})`) : null,
        channel.is_private && channel.is_ext_shared ? icon("shared", { size: 14 }) : null,
        unread
          ? h(
              "span",
              { class: "pill", "aria-hidden": "true" },
              String(channel.unread === true ? "•" : channel.unread),
            )
          : null,
      ),
  };
}

const heading = (name) => ({
  key: `heading/${name}`,
  sig: name,
  build: () => h("h2", { class: "side-heading" }, name),
});

function appItem(state) {
  const isActive = ui.place === "home";
  return {
    key: "app",
    sig: JSON.stringify([state.app, isActive]),
    build: () =>
      h(
        "button",
        {
          type: "button",
          class: isActive ? "side-item is-active" : "side-item",
          "aria-current": isActive ? "page" : null,
          data: { focus: "side/app" },
          on: { click: openHome },
        },
        avatar(state.app.bot_user_id, 20),
        h("span", { class: "side-name" }, state.app.name),
      ),
  };
}

const panelItem = (name) => ({
  key: `panel/${name}`,
  sig: String(ui.drawer === name),
  build: () =>
    h(
      "button",
      {
        type: "button",
        class: "side-item",
        "aria-expanded": String(ui.drawer === name),
        data: { focus: `side/panel/${name}` },
        on: { click: () => toggleDrawer(name) },
      },
      icon("sliders", { size: 16 }),
      h("span", { class: "side-name" }, panelTitle(name)),
    ),
});

let list = null;

function renderSidebar(state) {
  if (!list) {
    list = h("div", { class: "side-list" });
    sidebar.append(h("div", { class: "side-team" }, h("span", {})), list);
    list.addEventListener("keydown", moveAlong);
  }
  sidebar.querySelector(".side-team span").textContent = state.team.name;
  sidebar.classList.toggle("is-open", ui.sidebar);
  const channels = state.channels.filter((it) => it.is_member !== false && !isDirect(it));
  const live = channels.filter((it) => !it.is_archived);
  const archived = channels.filter((it) => it.is_archived);
  reconcile(list, [
    heading("Channels"),
    ...live.map((channel) => channelItem(state, channel)),
    ...archived.map((channel) => channelItem(state, channel)),
    heading("Apps"),
    appItem(state),
    ...(state.panels?.length ? [heading("Sandbox"), ...state.panels.map(panelItem)] : []),
  ]);
}

function moveAlong(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const items = [...list.querySelectorAll(".side-item")];
  const at = items.indexOf(document.activeElement);
  if (!step || at < 0) return;
  event.preventDefault();
  items[(at + step + items.length) % items.length].focus();
}

/** Brings the frame up to date. */
export function renderShell(state) {
  document.title = `${ui.place === "home" ? state.app.name : (state.channels.find((it) => it.id === ui.channel)?.name ?? "")} – ${state.team.name} (sandbox)`;
  renderTopbar(state);
  renderRail(state);
  renderSidebar(state);
}
