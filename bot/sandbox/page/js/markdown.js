// The markdown block: the common part of standard Markdown, as DOM nodes.

import { h } from "./dom.js";
import { emojiNode, link } from "./mrkdwn.js";

const RULES = [
  [/^\\([\\`*_{}[\]()#+\-.!~|>])/, ([, mark]) => mark],
  [/^`([^`]+)`/, ([, code]) => h("code", {}, code)],
  [/^!\[([^\]]*)\]\(([^)\s]+)[^)]*\)/, ([, alt, url]) => link(url, alt || url)],
  [/^\[([^\]]+)\]\(([^)\s]+)[^)]*\)/, ([, text, url]) => link(url, spans(text))],
  [/^<(https?:[^>\s]+)>/, ([, url]) => link(url, url)],
  [/^\*\*([^\s*](?:[^*]|\*(?!\*))*?)\*\*/, ([, text]) => h("strong", {}, spans(text))],
  [/^__([^\s_][^_]*)__/, ([, text]) => h("strong", {}, spans(text))],
  [/^~~([^~]+)~~/, ([, text]) => h("s", {}, spans(text))],
  [/^\*([^\s*][^*]*)\*/, ([, text]) => h("em", {}, spans(text))],
  [/^_([^\s_][^_]*)_(?!\w)/, ([, text]) => h("em", {}, spans(text))],
  [/^:([a-z0-9_+-]+):/, ([, name]) => emojiNode(name)],
  [/^https?:\/\/[^\s<>)]+/, ([url]) => link(url, url)],
];

function spans(text) {
  const out = [];
  let plain = "";
  let rest = text;
  while (rest) {
    const isStart = !/\w$/.test(plain) || !/^[_h]/.test(rest);
    const rule = isStart && RULES.find(([pattern]) => pattern.test(rest));
    const found = rule && rule[0].exec(rest);
    if (found) {
      if (plain) out.push(plain);
      plain = "";
      out.push(rule[1](found));
    } else plain += rest[0];
    rest = rest.slice(found ? found[0].length : 1);
  }
  if (plain) out.push(plain);
  return out;
}

const ITEM = /^(\s*)(?:([-*+])|(\d+)[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/;

function list(lines) {
  const first = ITEM.exec(lines[0]);
  const node = h(first[2] ? "ul" : "ol", {
    class: "list",
    start: first[3] && first[3] !== "1" ? first[3] : null,
  });
  while (lines.length) {
    const found = ITEM.exec(lines[0]);
    if (!found || found[1].length < first[1].length) break;
    if (found[1].length > first[1].length) node.lastChild.append(list(lines));
    else {
      const tick = found[4] === undefined ? "" : `${found[4].trim() ? "☑" : "☐"} `;
      node.append(h("li", {}, tick, spans(found[5])));
      lines.shift();
    }
  }
  return node;
}

const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => spans(cell.trim()));

function table(lines) {
  const [head, , ...body] = lines.map(cells);
  return h(
    "div",
    { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head.map((cell) => h("th", { scope: "col" }, cell)),
        ),
      ),
      h(
        "tbody",
        {},
        body.map((row) =>
          h(
            "tr",
            {},
            row.map((cell) => h("td", {}, cell)),
          ),
        ),
      ),
    ),
  );
}

function take(lines, fits) {
  const taken = [];
  while (lines.length && fits(lines[0])) taken.push(lines.shift());
  return taken;
}

const BLOCKS = [
  [
    /^```/,
    (lines) => {
      lines.shift();
      const code = take(lines, (line) => !line.startsWith("```"));
      lines.shift();
      return h("pre", {}, code.join("\n"));
    },
  ],
  [
    /^#{1,6}\s/,
    (lines) => {
      const [, marks, text] = /^(#+)\s+(.*)$/.exec(lines.shift());
      return h(`h${Math.min(marks.length + 2, 6)}`, { class: "md-heading" }, spans(text));
    },
  ],
  [/^\s*([-*_])(\s*\1){2,}\s*$/, (lines) => lines.shift() && h("hr")],
  [
    /^>/,
    (lines) =>
      h(
        "blockquote",
        {},
        markdown(
          take(lines, (line) => line.startsWith(">"))
            .map((line) => line.replace(/^> ?/, ""))
            .join("\n"),
        ),
      ),
  ],
  [
    ITEM,
    (lines) => {
      const taken = take(lines, (line) => ITEM.test(line));
      return list(taken);
    },
  ],
];

const isTable = (lines) => /\|/.test(lines[0]) && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[1] ?? "");

/** The blocks of a Markdown text. */
export function markdown(text) {
  const lines = text.replace(/\r/g, "").split("\n");
  const out = [];
  while (lines.length) {
    const rule = BLOCKS.find(([pattern]) => pattern.test(lines[0]));
    if (!lines[0].trim()) lines.shift();
    else if (rule) out.push(rule[1](lines));
    else if (isTable(lines)) out.push(table(take(lines, (line) => line.includes("|"))));
    else {
      const taken = [
        lines.shift(),
        ...take(lines, (line) => line.trim() && !BLOCKS.some(([pattern]) => pattern.test(line))),
      ];
      out.push(h("p", { class: "lines" }, spans(taken.join("\n"))));
    }
  }
  return out;
}
