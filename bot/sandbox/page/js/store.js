// What the page knows: the server's state for one person, and where that person is looking.

import { fetchState, listen, post } from "./api.js";
import { isDirect, learn } from "./directory.js";

const query = new URLSearchParams(location.search);

export const ui = {
  user: query.get("user"),
  channel: query.get("channel"),
  thread: query.get("thread"),
  place: query.get("place") === "home" ? "home" : "channel",
  tab: "home",
  drawer: query.get("panel"),
  sidebar: false,
  online: true,
  dismissed: new Set(),
  seen: new Map(),
};

let state = null;
const renderers = [];

/** The state as it was last fetched; null before that. */
export const current = () => state;

/** Adds a part of the page, told whenever anything changed. */
export const onRender = (renderer) => renderers.push(renderer);

/** Brings every part up to date. */
function render() {
  if (!state) return;
  settle();
  for (const renderer of renderers) renderer(state);
}

/** Changes where the person is looking. */
export function look(change) {
  Object.assign(ui, change);
  render();
  writeAddress();
}

/** The channel on show, or null while there is none. */
export const channel = () => state.channels.find((it) => it.id === ui.channel) ?? null;

/** The app's own conversation with this person, if the server has one. */
export const directWithApp = () =>
  state.channels.find((it) => isDirect(it) && (it.user === state.app.bot_user_id || it.with_app)) ?? null;

function settle() {
  if (!state.channels.some((it) => it.id === ui.channel)) {
    const home = state.channels.find(
      (it) => it.is_member && it.bot_is_member && !it.is_archived && !isDirect(it),
    );
    ui.channel = (home ?? state.channels.find((it) => it.is_member) ?? state.channels[0])?.id ?? null;
    ui.thread = null;
  }
  const messages = state.messages[ui.channel] ?? [];
  if (ui.thread && !messages.some((it) => it.ts === ui.thread || it.thread_ts === ui.thread))
    ui.thread = null;
  if (ui.place === "channel") ui.seen.set(ui.channel, messages.at(-1)?.ts ?? "0");
}

function writeAddress() {
  const address = new URL(location.href);
  const settings = {
    user: ui.user,
    channel: ui.place === "channel" ? ui.channel : null,
    thread: ui.place === "channel" ? ui.thread : null,
    place: ui.place === "home" ? "home" : null,
    panel: ui.drawer,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  history.replaceState(null, "", address);
}

let running = null;
let again = false;

/** Fetches the state; the promise settles after a fetch that began no earlier than this call. */
export function refresh() {
  again = true;
  running ??= fetchUntilQuiet().finally(() => {
    running = null;
  });
  return running;
}

async function fetchUntilQuiet() {
  while (again) {
    again = false;
    const asked = ui.user;
    const answer = await fetchState(asked);
    if (asked !== ui.user) again = true;
    else if (answer.users) accept(answer);
    else setOnline(false);
  }
}

function accept(answer) {
  state = answer;
  ui.user = answer.me;
  learn(answer);
  render();
}

function setOnline(online) {
  if (ui.online === online) return;
  ui.online = online;
  render();
}

let hangUp = () => {};
let timer = null;

/** Follows what happens to the person at the page. */
export function connect() {
  hangUp();
  hangUp = listen(
    ui.user,
    () => {
      clearTimeout(timer);
      timer = setTimeout(refresh, 50);
    },
    (up) => {
      setOnline(up);
      if (up) refresh();
    },
  );
}

/** Sits another person at the page. */
export async function become(user) {
  Object.assign(ui, { user, thread: null, dismissed: new Set(), seen: new Map() });
  await refresh();
  writeAddress();
  connect();
}

/** Tells the server what the person did and fetches what came of it. */
export async function act(payload) {
  const answer = await post({ user: ui.user, ...payload });
  await refresh();
  return answer;
}

/** Asks the server something that changes nothing. */
export const ask = (payload) => post({ user: ui.user, ...payload });
