// Links to messages of this workspace lead to the message instead of out of the sandbox.

import { channelOf } from "./directory.js";
import { current, look } from "./store.js";

const PERMALINK = /^https:\/\/[\w-]+\.slack\.com\/archives\/([A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?(?:\?(.*))?$/;

function targetOf(url) {
  const [, channel, seconds, rest, query] = PERMALINK.exec(url) ?? [];
  if (!channel || !channelOf(channel)) return null;
  const ts = seconds ? `${seconds}.${rest}` : null;
  const message = (current().messages[channel] ?? []).find((it) => it.ts === ts);
  const root =
    new URLSearchParams(query).get("thread_ts") ?? message?.thread_ts ?? (message?.reply_count ? ts : null);
  return { place: "channel", channel, thread: root };
}

/** A click handler's work: goes there and answers true if the address is one of a message here. */
export function follow(url, event) {
  const target = targetOf(url);
  if (!target) return false;
  event.preventDefault();
  look(target);
  return true;
}
