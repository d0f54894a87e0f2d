// A channel with its messages and composer, and the thread beside it.

import { composer } from "./composer.js";
import { channelOf } from "./directory.js";
import { h, hidden, whenChanged } from "./dom.js";
import { icon } from "./icons.js";
import { fillList, visible } from "./messages.js";
import { openMenu } from "./popup.js";
import { act, channel, look, ui } from "./store.js";
import { reported } from "./toasts.js";

const aside = document.getElementById("thread");

const tell = async (type, id) => reported(await act({ type, channel: id }));

function channelMenu(it, state) {
  const bot = state.app.name;
  return [
    it.bot_is_member
      ? { label: `Remove ${bot} from this channel`, danger: true, onPick: () => tell("remove_bot", it.id) }
      : { label: `Invite ${bot} to this channel`, onPick: () => tell("invite", it.id) },
    "divider",
    it.is_archived
      ? { label: "Unarchive channel", onPick: () => tell("unarchive", it.id) }
      : { label: "Archive channel", danger: true, onPick: () => tell("archive", it.id) },
  ];
}

function sign(it, size = 18) {
  return it.is_private
    ? icon("lock", { size })
    : h("span", { class: "channel-sign", "aria-hidden": "true" }, "#");
}

function channelHead(it, state) {
  const invite = h(
    "button",
    {
      type: "button",
      class: "head-action",
      data: { focus: "head/invite" },
      on: { click: () => tell("invite", it.id) },
    },
    icon("plus", { size: 14 }),
    `Invite ${state.app.name}`,
  );
  return h(
    "header",
    { class: "main-head" },
    h("h1", {}, sign(it), h("span", {}, it.name)),
    it.is_ext_shared
      ? h("span", { class: "badge badge-team" }, icon("shared", { size: 13 }), "Shared")
      : null,
    h("span", { class: "topic" }, it.topic ?? ""),
    it.bot_is_member || it.is_archived ? null : invite,
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        data: { focus: "head/menu" },
        on: {
          click: (event) =>
            openMenu(event.currentTarget, channelMenu(it, state), { label: "Channel options" }),
        },
      },
      hidden("Channel options"),
      icon("more"),
    ),
  );
}

function intro(it) {
  const words = it.topic ? `${it.topic}. ` : "";
  return {
    key: "intro",
    sig: JSON.stringify([it.name, it.topic, it.is_private]),
    build: () =>
      h(
        "div",
        { class: "intro" },
        h("h2", {}, sign(it, 22), it.name),
        h("p", { class: "muted" }, `${words}This is the very beginning of the channel.`),
      ),
  };
}

function closedNote(it) {
  if (it.is_archived) {
    return h(
      "div",
      { class: "closed-note" },
      icon("info"),
      h("span", {}, "You are viewing an archived channel."),
      h(
        "button",
        { type: "button", class: "btn btn-small", on: { click: () => tell("unarchive", it.id) } },
        "Unarchive",
      ),
    );
  }
  return it.is_member === false
    ? h("div", { class: "closed-note" }, icon("info"), `You are not a member of #${it.name}.`)
    : null;
}

// The main part and the thread each keep their list and composer while the same conversation is on show.
const main = { list: null, composer: null };
const side = { list: null, composer: null };
let mainShown = null;
let threadShown = null;

function buildMain(root, it) {
  main.head = h("div", {});
  main.note = h("div", {});
  main.list = h("div", {
    class: "message-list",
    role: "log",
    "aria-label": `Messages in ${it.name}`,
    tabindex: "0",
  });
  main.composer ??= composer({
    where: () => ({ channel: ui.channel, thread: null }),
    label: () =>
      `Message ${channelOf(ui.channel)?.is_private ? "" : "#"}${channelOf(ui.channel)?.name ?? ""}`,
  });
  main.composer.relabel();
  root.replaceChildren(main.head, h("div", { class: "scroller" }, main.list), main.note, main.composer.el);
}

/** Fills the main part with the channel on show. */
export function renderChannel(root, state) {
  const it = channel();
  if (!it) return;
  const fresh = mainShown !== `${state.me}/${it.id}` || root.dataset.sig !== "channel";
  const hadFocus = fresh && root.contains(document.activeElement);
  if (fresh) buildMain(root, it);
  root.dataset.sig = "channel";
  mainShown = `${state.me}/${it.id}`;
  whenChanged(main.head, JSON.stringify([it, state.app.name]), () =>
    main.head.replaceChildren(channelHead(it, state)),
  );
  const note = closedNote(it);
  main.note.replaceChildren(...(note ? [note] : []));
  main.composer.el.hidden = Boolean(note);
  fillList(main.list, visible(state, it.id, null), state, { intro: [intro(it)], fresh });
  if (
    fresh &&
    !document.activeElement?.closest(".dialog, .drawer") &&
    (hadFocus || document.activeElement === document.body)
  )
    main.composer.input.focus({ preventScroll: true });
}

function replyDivider(count) {
  const words = `${count} ${count === 1 ? "reply" : "replies"}`;
  return {
    key: "replies",
    sig: words,
    build: () => h("div", { class: "reply-divider", role: "separator" }, h("span", {}, words)),
  };
}

function closeThread() {
  const root = ui.thread;
  look({ thread: null });
  const summary = document.querySelector(`[data-focus="summary/${root}"]`);
  (summary ?? main.composer.input).focus();
}

function buildThread(it) {
  side.list = h("div", { class: "message-list", role: "log", "aria-label": "Thread", tabindex: "0" });
  side.composer ??= composer({
    where: () => ({ channel: ui.channel, thread: ui.thread }),
    label: () => "Reply…",
  });
  aside.replaceChildren(
    h(
      "header",
      { class: "main-head" },
      h("h2", {}, "Thread"),
      h("span", { class: "topic" }, it.is_private ? it.name : `#${it.name}`),
      h(
        "button",
        { type: "button", class: "icon-button", on: { click: closeThread } },
        hidden("Close thread"),
        icon("close"),
      ),
    ),
    h("div", { class: "scroller" }, h("div", { class: "thread-flow" }, side.list, side.composer.el)),
  );
}

aside.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) closeThread();
});

/** Shows or hides the thread. */
export function renderThread(state) {
  const it = channel();
  const isOpen = Boolean(it && ui.thread && ui.place === "channel");
  aside.hidden = !isOpen;
  document.documentElement.classList.toggle("has-thread", isOpen);
  if (!isOpen) {
    threadShown = null;
    return;
  }
  const shown = `${it.id}/${ui.thread}`;
  const fresh = threadShown !== shown;
  if (fresh) buildThread(it);
  threadShown = shown;
  const messages = visible(state, it.id, ui.thread);
  const between = messages.length > 1 ? replyDivider(messages.length - 1) : null;
  const scroller = aside.querySelector(".scroller");
  const atFoot = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  fillList(side.list, messages, state, { inThread: true, days: false, between });
  side.composer.el.hidden = Boolean(it.is_archived);
  if (fresh || atFoot) scroller.scrollTop = fresh ? 0 : scroller.scrollHeight;
  if (fresh && !document.activeElement?.closest(".dialog, .drawer"))
    side.composer.input.focus({ preventScroll: true });
}
