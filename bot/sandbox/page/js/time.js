// Times as Slack writes them, in the person's own time zone.

import { timeZone } from "./directory.js";

const format = (date, options) =>
  new Intl.DateTimeFormat("en-US", { timeZone: timeZone(), ...options }).format(date);

/** The moment of a message: `date` (ISO) when given, else its `ts`. */
export const momentOf = (message) => new Date(message.date || Number(message.ts) * 1000);

/** `3:07 PM` */
export const clock = (date) => format(date, { hour: "numeric", minute: "2-digit" });

/** A sortable name of the day. */
export const dayKey = (date) => format(date, { year: "numeric", month: "2-digit", day: "2-digit" });

function ordinal(day) {
  const tail = day % 100 > 10 && day % 100 < 14 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[day % 10] || "th";
  return `${day}${tail}`;
}

function daysAgo(date) {
  const midnight = (it) => Date.parse(`${dayKey(it)} UTC`);
  return Math.round((midnight(new Date()) - midnight(date)) / 86400000);
}

function relativeDay(date) {
  return { 0: "Today", 1: "Yesterday", "-1": "Tomorrow" }[daysAgo(date)] ?? null;
}

/** `Today`, `Yesterday` or `Monday, March 2nd`. */
export function dayName(date) {
  const day = Number(format(date, { day: "numeric" }));
  return (
    relativeDay(date) ??
    `${format(date, { weekday: "long", month: "long" }).replace(/^(\S+) (\S+)$/, "$2, $1")} ${ordinal(day)}`
  );
}

/** `4 minutes ago`, `3 hours ago`, `2 days ago`, and in words for the future. */
export function ago(date) {
  const seconds = (Date.now() - date) / 1000;
  const [unit, size] = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ].find(([, it]) => Math.abs(seconds) >= it) ?? [null, 1];
  if (!unit) return seconds >= 0 ? "just now" : "in a moment";
  const count = Math.floor(Math.abs(seconds) / size);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds >= 0 ? `${words} ago` : `in ${words}`;
}

/** The full date and time, for tooltips. */
export const full = (date) =>
  format(date, {
    weekday: "long",
    month: "long",
    day: "numeric",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });

const longDate = (date) =>
  `${format(date, { month: "long" })} ${ordinal(Number(format(date, { day: "numeric" })))}, ${format(date, { year: "numeric" })}`;

const PLACEHOLDERS = {
  date_num: (date) => dayKey(date).replace(/(\d+)\/(\d+)\/(\d+)/, "$3-$1-$2"),
  date: longDate,
  date_short: (date) => format(date, { month: "short", day: "numeric", year: "numeric" }),
  date_long: (date) => `${format(date, { weekday: "long" })}, ${longDate(date)}`,
  date_pretty: (date) => relativeDay(date)?.toLowerCase() ?? longDate(date),
  date_short_pretty: (date) => relativeDay(date)?.toLowerCase() ?? PLACEHOLDERS.date_short(date),
  date_long_pretty: (date) => relativeDay(date)?.toLowerCase() ?? PLACEHOLDERS.date_long(date),
  time: clock,
  time_secs: (date) => format(date, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago,
};

/** Fills `{date_short_pretty} at {time}`; null when a placeholder or the moment cannot be read. */
export function fillDate(seconds, pattern) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  let whole = true;
  const text = pattern.replace(/\{(\w+)\}/g, (_, name) => {
    whole &&= name in PLACEHOLDERS;
    return PLACEHOLDERS[name]?.(date) ?? "";
  });
  return whole ? text : null;
}
