// Block Kit's blocks. The context is that of the elements (elements.js), without the block's id and field.

import { buildElement } from "./elements.js";
import { h, uid } from "./dom.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { plain, plainText, textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

// The page fetches nothing from outside: a picture that is not carried inside the message is shown by its words.
function picture(image, className) {
  const source = image.image_url ?? "";
  if (source.startsWith("data:image/"))
    return h("img", { class: className, src: source, alt: image.alt_text ?? "" });
  return h(
    "span",
    {
      class: `${className} picture-absent`,
      role: "img",
      "aria-label": image.alt_text ?? "",
      title: image.alt_text,
    },
    className === "picture" ? (image.alt_text ?? "") : null,
  );
}

const side = (element, context) =>
  element.type === "image" ? picture(element, "thumb") : buildElement(element, context);

function section(block, context) {
  return h(
    "div",
    { class: "block section" },
    h(
      "div",
      { class: "section-main" },
      block.text ? h("div", { class: "text" }, textObject(block.text, context.me)) : null,
      block.fields
        ? h(
            "div",
            { class: "fields" },
            block.fields.map((field) => h("div", { class: "text" }, textObject(field, context.me))),
          )
        : null,
    ),
    block.accessory ? h("div", { class: "accessory" }, side(block.accessory, context)) : null,
  );
}

function contextBlock(block, context) {
  const show = (element) =>
    element.type === "image"
      ? picture(element, "mini")
      : h("div", { class: "text" }, textObject(element, context.me));
  return h("div", { class: "block context" }, block.elements.map(show));
}

function input(block, context) {
  const id = uid("field");
  const labelId = uid("label");
  const hintId = block.hint ? uid("hint") : null;
  const errorId = uid("error");
  const isGroup = ["checkboxes", "radio_buttons"].includes(block.element.type);
  const field = {
    id,
    labelId,
    optional: Boolean(block.optional),
    dispatches: Boolean(block.dispatch_action),
    describedBy: [errorId, hintId].filter(Boolean).join(" "),
  };
  const label = [
    plain(block.label?.text ?? ""),
    block.optional ? h("span", { class: "optional" }, " (optional)") : null,
  ];
  return h(
    "div",
    { class: "block field", data: { blockId: block.block_id } },
    isGroup
      ? h("div", { class: "label", id: labelId }, label)
      : h("label", { class: "label", id: labelId, for: id }, label),
    buildElement(block.element, { ...context, field }),
    h("div", { class: "field-error", id: errorId, hidden: true }),
    block.hint ? h("div", { class: "hint", id: hintId }, plain(block.hint.text)) : null,
  );
}

function imageBlock(block) {
  return h(
    "figure",
    { class: "block figure" },
    block.title ? h("figcaption", {}, plainText(block.title)) : null,
    picture(block, "picture"),
  );
}

function tableBlock(block, context) {
  const [head = [], ...body] = block.rows ?? [];
  const look = (index) => {
    const { align = "left", is_wrapped: wrapped } = block.column_settings?.[index] ?? {};
    return `cell-${align}${wrapped ? " cell-wrapped" : ""}`;
  };
  const content = (cell) =>
    cell.type === "rich_text" ? richText(cell, context.me) : plain(String(cell.text ?? cell.value ?? ""));
  const cell = (tag, scope) => (it, index) => h(tag, { class: look(index), scope }, content(it));
  return h(
    "div",
    { class: "block table-scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, head.map(cell("th", "col")))),
      h(
        "tbody",
        {},
        body.map((row) => h("tr", {}, row.map(cell("td", null)))),
      ),
    ),
  );
}

const ALERT_ICONS = { warning: "warn", error: "warn", success: "check" };

const BUILDERS = {
  header: (block) => h("h3", { class: "block header" }, plain(block.text?.text ?? "")),
  section,
  context: contextBlock,
  divider: () => h("hr", { class: "block" }),
  actions: (block, context) =>
    h(
      "div",
      { class: "block actions" },
      block.elements.map((element) => buildElement(element, context)),
    ),
  input,
  image: imageBlock,
  rich_text: (block, context) => h("div", { class: "block text" }, richText(block, context.me)),
  markdown: (block) => h("div", { class: "block text markdown" }, markdown(block.text ?? "")),
  table: tableBlock,
  alert: (block, context) =>
    h(
      "div",
      { class: `block alert alert-${block.level ?? "default"}`, role: "note" },
      icon(ALERT_ICONS[block.level] ?? "info"),
      h("div", { class: "text" }, textObject(block.text, context.me)),
    ),
};

/** The nodes of a list of blocks; an unknown type says so. */
export function buildBlocks(blocks, context) {
  return blocks.map((block, index) => {
    const blockId = block.block_id ?? `block-${index}`;
    const make =
      BUILDERS[block.type] ?? (() => h("div", { class: "block unknown" }, `Not shown here: ${block.type}`));
    return make({ ...block, block_id: blockId }, { ...context, blockId });
  });
}

/** Shows `errors` ({block_id: sentence}) under their fields and clears the others; gives those that have no field. */
export function showFieldErrors(root, errors) {
  const left = { ...errors };
  for (const field of root.querySelectorAll(".field")) {
    const sentence = errors[field.dataset.blockId];
    delete left[field.dataset.blockId];
    setFieldError(field, sentence);
  }
  return left;
}

/** Shows or (with nothing) clears one field's error. */
export function setFieldError(field, sentence) {
  const box = field.querySelector(".field-error");
  const target = field.querySelector("input, textarea, [role=radiogroup], [role=group]");
  field.classList.toggle("field-wrong", Boolean(sentence));
  box.hidden = !sentence;
  box.replaceChildren(...(sentence ? [icon("warn", { size: 15 }), h("span", {}, sentence)] : []));
  if (sentence) target?.setAttribute("aria-invalid", "true");
  else target?.removeAttribute("aria-invalid");
}
