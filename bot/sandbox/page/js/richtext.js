// The rich_text block, and table cells made of it.

import { h } from "./dom.js";
import { broadcast, channelMention, emojiNode, link, mention } from "./mrkdwn.js";
import { fillDate } from "./time.js";

const TAGS = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

function styled(style, ...children) {
  return Object.entries(TAGS).reduce(
    (inner, [name, tag]) => (style?.[name] ? [h(tag, {}, ...inner)] : inner),
    children,
  );
}

const LEAVES = {
  text: (leaf) => styled(leaf.style, leaf.text),
  link: (leaf) => styled(leaf.style, link(leaf.url, leaf.text || leaf.url)),
  user: (leaf, me) => [mention(leaf.user_id, me)],
  channel: (leaf) => [channelMention(leaf.channel_id)],
  usergroup: (leaf) => [h("span", { class: "mention" }, `@${leaf.usergroup_id}`)],
  broadcast: (leaf) => [broadcast(leaf.range)],
  emoji: (leaf) => [leaf.unicode ? fromUnicode(leaf) : emojiNode(leaf.name)],
  date: (leaf) => [h("time", {}, fillDate(leaf.timestamp, leaf.format) ?? leaf.fallback ?? "")],
  color: (leaf) => [h("code", {}, leaf.value)],
};

function fromUnicode(leaf) {
  const points = leaf.unicode.split("-").map((point) => Number.parseInt(point, 16));
  return h("span", { class: "emoji", role: "img", "aria-label": leaf.name }, String.fromCodePoint(...points));
}

const leaves = (elements, me) => (elements ?? []).flatMap((leaf) => LEAVES[leaf.type]?.(leaf, me) ?? []);

const PARTS = {
  rich_text_section: (part, me) => h("div", { class: "lines" }, leaves(part.elements, me)),
  rich_text_quote: (part, me) => h("blockquote", {}, leaves(part.elements, me)),
  rich_text_preformatted: (part, me) => h("pre", {}, leaves(part.elements, me)),
  rich_text_list: (part, me) =>
    h(
      part.style === "ordered" ? "ol" : "ul",
      {
        class: `list list-${(part.indent ?? 0) % 3}`,
        start: part.offset ? part.offset + 1 : null,
        style: { "--indent": part.indent ?? 0 },
      },
      part.elements.map((item) => h("li", {}, leaves(item.elements, me))),
    ),
};

/** A rich_text block's parts. */
export const richText = (block, me) =>
  (block.elements ?? []).map((part) => PARTS[part.type]?.(part, me) ?? null);
