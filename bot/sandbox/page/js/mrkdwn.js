// Slack's mrkdwn as DOM nodes. Every character that is not markup ends in a text node, entities unescaped exactly once.

import { channelNameOf, channelOf, nameOf, userOf } from "./directory.js";
import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { icon } from "./icons.js";
import { follow } from "./permalinks.js";
import { pictureOf } from "./pictures.js";
import { fillDate } from "./time.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const STYLES = { "*": "strong", _: "em", "~": "s" };
const SAFE = /^(https?:|mailto:|tel:|slack:)/i;
const WORD = /[\p{L}\p{N}]/u;

/** Undoes Slack's three entities, once. */
const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

/** A link, or just its text where the address could run something. */
export function link(url, ...children) {
  if (!SAFE.test(url)) return h("span", {}, ...children);
  const on = { click: (event) => follow(url, event) };
  return h("a", { href: url, class: "link", target: "_blank", rel: "noopener noreferrer", on }, ...children);
}

/** `@Name`, highlighted when it is the person at the page. */
export function mention(id, me) {
  const user = userOf(id);
  return h(
    "span",
    { class: id === me ? "mention mention-me" : "mention", title: user?.title },
    `@${nameOf(id)}`,
  );
}

/** `#channel`; a private one carries its lock. */
export function channelMention(id) {
  const isPrivate = channelOf(id)?.is_private;
  return h("span", { class: "mention" }, isPrivate ? icon("lock", { size: 13 }) : "#", channelNameOf(id));
}

/** `@here`, `@channel`, `@everyone`. */
export const broadcast = (range) => h("span", { class: "mention mention-me" }, `@${range}`);

/** An emoji by its Slack name; an unknown one stays as it was written. */
export function emojiNode(name) {
  const glyph = emoji(name);
  if (!glyph) return `:${name}:`;
  const node = h(
    "span",
    { class: "emoji", role: "img", title: `:${name}:`, "aria-label": `${name.replace(/_/g, " ")}` },
    glyph,
  );
  const picture = pictureOf(name);
  if (picture) {
    node.classList.add("emoji-drawn");
    node.style.backgroundImage = `url("${picture}")`;
  }
  return node;
}

const capital = (text) => text.replace(/^[a-z]/, (letter) => letter.toUpperCase());

function special(body, opensLine) {
  const [command, label] = splitOnce(body.slice(1), "|");
  const [name, ...rest] = command.split("^");
  if (name === "date") {
    const [seconds, pattern, url] = rest;
    const filled = fillDate(seconds, unescape(pattern ?? ""));
    const text = filled === null ? unescape(label ?? "") : opensLine ? capital(filled) : filled;
    return url ? link(unescape(url), text) : h("time", {}, text);
  }
  if (name.startsWith("subteam")) return h("span", { class: "mention" }, unescape(label ?? "@group"));
  return ["here", "channel", "everyone"].includes(name) ? broadcast(name) : unescape(label ?? `<${body}>`);
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function angle(body, me, opensLine) {
  if (body[0] === "!") return special(body, opensLine);
  const [target, label] = splitOnce(body, "|");
  if (target[0] === "@") return mention(target.slice(1), me);
  if (target[0] === "#") return channelMention(target.slice(1));
  const url = unescape(target);
  return link(url, label ? inline(label, me, { links: false }) : url.replace(/^mailto:/, ""));
}

/** Where the run that opens at `start` closes, or -1; code and <…> inside are skipped. */
function closing(text, start) {
  const mark = text[start];
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\n") return -1;
    if (text[at] === "`" || text[at] === "<") at = skip(text, at);
    else if (
      text[at] === mark &&
      at > start + 1 &&
      !/\s/.test(text[at - 1]) &&
      !WORD.test(text[at + 1] ?? "")
    )
      return at;
  }
  return -1;
}

function skip(text, at) {
  const end = text.indexOf(text[at] === "`" ? "`" : ">", at + 1);
  return end < 0 ? at : end;
}

/** Code shows a link as its words. */
const bare = (code) => code.replace(/<(?:[^|<>]*\|)?([^<>]*)>/g, "$1");

const READERS = [
  (text, at) => {
    const found = text[at] === "`" && /^`([^`\n]+)`/.exec(text.slice(at));
    return found && [h("code", {}, unescape(bare(found[1]))), found[0].length];
  },
  (text, at, me, options) => {
    const found = text[at] === "<" && options.links && /^<([^<>\n]+)>/.exec(text.slice(at));
    return found && [angle(found[1], me, at === 0 || text[at - 1] === "\n"), found[0].length];
  },
  (text, at) => {
    const found = text[at] === ":" && /^:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/.exec(text.slice(at));
    return found && emoji(found[1]) && [emojiNode(found[1]), found[0].length];
  },
  (text, at, me, options) => {
    const tag = STYLES[text[at]];
    if (!tag || WORD.test(text[at - 1] ?? "") || /\s/.test(text[at + 1] ?? " ") || text[at + 1] === text[at])
      return null;
    const end = closing(text, at);
    return end < 0 ? null : [h(tag, {}, inline(text.slice(at + 1, end), me, options)), end + 1 - at];
  },
  (text, at, _me, options) => {
    if (text[at] !== "h" || !options.links || WORD.test(text[at - 1] ?? "")) return null;
    const found = /^https?:\/\/[^\s<>|]+/.exec(text.slice(at));
    if (!found) return null;
    const url = found[0].replace(/(?:[.,;:!?)'"*_~]|&gt;|&lt;)+$/, "");
    return [link(unescape(url), unescape(url)), url.length];
  },
];

/** One line's worth of mrkdwn. */
function inline(text, me, options = { links: true }) {
  const out = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    let hit = null;
    for (const read of READERS) {
      hit = read(text, at, me, options);
      if (hit) break;
    }
    if (hit) {
      if (plain) out.push(unescape(plain));
      plain = "";
      out.push(hit[0]);
      at += hit[1];
    } else {
      plain += text[at];
      at += 1;
    }
  }
  if (plain) out.push(unescape(plain));
  return out;
}

const QUOTE = /^(?:>|&gt;) ?/;
const QUOTE_REST = /^(?:>>>|&gt;&gt;&gt;) ?/;

function paragraphs(text, me) {
  const out = [];
  let run = [];
  let quoted = [];
  const flushRun = () => {
    if (run.length) out.push(h("div", { class: "lines" }, inline(run.join("\n"), me)));
    run = [];
  };
  const flushQuote = () => {
    if (quoted.length) out.push(h("blockquote", {}, inline(quoted.join("\n"), me)));
    quoted = [];
  };
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (QUOTE_REST.test(line)) {
      flushRun();
      quoted.push(line.replace(QUOTE_REST, ""), ...lines.slice(index + 1));
      break;
    }
    if (QUOTE.test(line)) {
      flushRun();
      quoted.push(line.replace(QUOTE, ""));
    } else {
      flushQuote();
      run.push(line);
    }
  }
  flushRun();
  flushQuote();
  return out;
}

/** Splits at ``` ; with an odd one out, the last stays text. Odd places are preformatted. */
function fences(text) {
  const parts = text.split("```");
  if (parts.length % 2) return parts;
  const tail = parts.pop();
  return [...parts.slice(0, -1), `${parts.at(-1)}\`\`\`${tail}`];
}

/** A whole mrkdwn text: preformatted parts, quotes, lines. */
export function mrkdwn(text, me) {
  const parts = fences(text);
  return parts.flatMap((part, index) => {
    if (index % 2) return [h("pre", {}, unescape(bare(part.replace(/^\n|\n$/g, ""))))];
    const inner = part.replace(index ? /^\n/ : /^$/, "").replace(index < parts.length - 1 ? /\n$/ : /$^/, "");
    return inner ? paragraphs(inner, me) : [];
  });
}

/** A text object of Block Kit; plain text knows emoji and nothing else. */
export function textObject(object, me) {
  if (!object) return [];
  if (typeof object === "string") return plain(object);
  return object.type === "mrkdwn"
    ? mrkdwn(object.text ?? "", me)
    : plain(object.text ?? "", object.emoji !== false);
}

/** Plain text with its `:emoji:`. */
export function plain(text, withEmoji = true) {
  if (!withEmoji) return [unescape(text)];
  return unescape(text)
    .split(/(:[a-z0-9_+'-]+:)/)
    .map((part) => (/^:.+:$/.test(part) ? emojiNode(part.slice(1, -1)) : part));
}

/** Plain text as a string (titles, options, tooltips). */
export const plainText = (object) => {
  const text = typeof object === "string" ? object : (object?.text ?? "");
  return unescape(text).replace(/:([a-z0-9_+'-]+):/g, (whole, name) => emoji(name) ?? whole);
};
