// The list of a channel's messages, with its days, and the thread beside it.

import { h, reconcile } from "./dom.js";
import { messageNode, signatureOf } from "./message.js";
import { ui } from "./store.js";
import { dayKey, dayName, momentOf } from "./time.js";

const TOGETHER_MS = 5 * 60 * 1000;

function goesOn(message, before) {
  const plain =
    before && !before.ephemeral && !message.ephemeral && before.user === message.user && !before.reply_count;
  return Boolean(plain) && momentOf(message) - momentOf(before) < TOGETHER_MS;
}

function dayDivider(date) {
  return h(
    "div",
    { class: "day", role: "separator", "aria-label": dayName(date) },
    h("span", {}, dayName(date)),
  );
}

/** What of a channel is on show: `root` null for the channel itself, a ts for that thread. */
export function visible(state, channelId, root) {
  const all = (state.messages[channelId] ?? []).filter((it) => !ui.dismissed.has(it.ts));
  const isRoot = (it) => !it.thread_ts || it.thread_ts === it.ts;
  const chosen = root ? all.filter((it) => it.ts === root || it.thread_ts === root) : all.filter(isRoot);
  return chosen.sort((one, other) => Number(one.ts) - Number(other.ts));
}

function entriesOf(messages, state, { inThread, days }) {
  const entries = [];
  let day = null;
  let before = null;
  for (const message of messages) {
    const date = momentOf(message);
    const key = dayKey(date);
    if (days && key !== day) {
      entries.push({ key: `day/${key}`, sig: dayName(date), build: () => dayDivider(date) });
      before = null;
    }
    const options = { compact: goesOn(message, before), inThread };
    entries.push({
      key: message.ts,
      sig: signatureOf(message, options),
      build: () => messageNode(message, state, options),
    });
    [day, before] = [key, message];
  }
  return entries;
}

/** Fills `list` and keeps its foot in sight when it was in sight before. `intro` comes first, `between` after the root. */
export function fillList(
  list,
  messages,
  state,
  { inThread = false, days = true, intro = [], between = null, fresh = false } = {},
) {
  const scroller = list.parentElement;
  const atFoot = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  const entries = entriesOf(messages, state, { inThread, days });
  if (between && entries.length) entries.splice(1, 0, between);
  reconcile(list, [...intro, ...entries]);
  if (atFoot || fresh) scroller.scrollTop = scroller.scrollHeight;
}
