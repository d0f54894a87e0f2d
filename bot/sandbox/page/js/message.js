// One message: who, when, its blocks, its thread.

import { buildBlocks } from "./blocks.js";
import { nameOf, userOf } from "./directory.js";
import { h, hidden } from "./dom.js";
import { Form } from "./form.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar, badge, roleOf } from "./people.js";
import { openMenu } from "./popup.js";
import { act, look, ui } from "./store.js";
import { surfaceContext } from "./surface.js";
import { ago, clock, dayName, full, momentOf } from "./time.js";
import { reported, toast } from "./toasts.js";

/** What a message looks like depends on this and nothing else. */
export const signatureOf = (message, extra) => JSON.stringify([message, userOf(message.user), extra]);

function content(message, state, place) {
  if (!message.blocks?.length) return h("div", { class: "text" }, mrkdwn(message.text ?? "", state.me));
  const container = { channel: message.channel ?? ui.channel, ts: message.ts };
  const context = surfaceContext({ surface: "message", container, form: new Form(), me: state.me, place });
  return h("div", { class: "blocks" }, buildBlocks(message.blocks, context));
}

function head(message, state) {
  const user = userOf(message.user);
  const moment = momentOf(message);
  return h(
    "div",
    { class: "message-head" },
    h("strong", { class: "author", title: user ? roleOf(user) : null }, nameOf(message.user)),
    badge(message.user, state.team),
    h("time", { class: "when", datetime: moment.toISOString(), title: full(moment) }, clock(moment)),
  );
}

function lastReply(ts) {
  const date = new Date(Number(ts) * 1000);
  const day = dayName(date);
  return day === "Today"
    ? `Last reply ${ago(date)}`
    : `Last reply ${day.toLowerCase() === "yesterday" ? "yesterday" : day} at ${clock(date)}`;
}

function threadSummary(message) {
  if (!message.reply_count) return null;
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return h(
    "button",
    {
      type: "button",
      class: "thread-summary",
      data: { focus: `summary/${message.ts}` },
      on: { click: () => look({ thread: message.ts, place: "channel" }) },
    },
    h(
      "span",
      { class: "faces" },
      (message.reply_users ?? []).slice(0, 5).map((id) => avatar(id, 24)),
    ),
    h("span", { class: "count" }, count),
    h("span", { class: "last" }, message.latest_reply ? lastReply(message.latest_reply) : ""),
    h("span", { class: "view" }, "View thread"),
    icon("caret", { size: 16, className: "turned" }),
  );
}

async function copyText(message) {
  await navigator.clipboard.writeText(message.text ?? "");
  toast("Text copied");
}

function tools(message, inThread) {
  const remove = async () =>
    reported(await act({ type: "delete_message", channel: ui.channel, ts: message.ts }));
  const menu = [
    { label: "Copy text", onPick: () => copyText(message) },
    "divider",
    { label: "Delete message…", danger: true, onPick: remove },
  ];
  const root = message.thread_ts ?? message.ts;
  return h(
    "div",
    { class: "message-tools" },
    inThread
      ? null
      : h(
          "button",
          {
            type: "button",
            class: "icon-button",
            title: "Reply in thread",
            on: { click: () => look({ thread: root }) },
          },
          hidden("Reply in thread"),
          icon("reply"),
        ),
    h(
      "button",
      {
        type: "button",
        class: "icon-button",
        title: "More actions",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        on: { click: (event) => openMenu(event.currentTarget, menu, { label: "Message actions" }) },
      },
      hidden("More actions"),
      icon("more"),
    ),
  );
}

function ephemeralNote() {
  return h("div", { class: "ephemeral-note" }, icon("eye", { size: 14 }), "Only visible to you");
}

function dismiss(message) {
  const forget = () => {
    ui.dismissed.add(message.ts);
    return act({ type: "delete_message", channel: ui.channel, ts: message.ts });
  };
  return h("button", { type: "button", class: "dismiss link", on: { click: forget } }, "Dismiss message");
}

/** A message's node; `compact` leaves out face and name where the same person goes on talking. */
export function messageNode(message, state, { compact = false, inThread = false } = {}) {
  const moment = momentOf(message);
  const classes = ["message", compact && "message-compact", message.ephemeral && "message-ephemeral"].filter(
    Boolean,
  );
  return h(
    "div",
    { class: classes.join(" "), role: "article", tabindex: "-1", data: { ts: message.ts } },
    h(
      "div",
      { class: "gutter" },
      compact ? h("time", { class: "when" }, clock(moment).replace(/ [AP]M/, "")) : avatar(message.user, 36),
    ),
    h(
      "div",
      { class: "message-main" },
      message.ephemeral ? ephemeralNote() : null,
      compact ? null : head(message, state),
      content(message, state, inThread ? "thread" : "channel"),
      message.edited ? h("span", { class: "edited" }, "(edited)") : null,
      inThread ? null : threadSummary(message),
      message.ephemeral ? dismiss(message) : null,
    ),
    message.ephemeral ? null : tools(message, inThread),
  );
}
