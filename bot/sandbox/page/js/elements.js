// Block Kit's interactive elements other than selects. An element is built from its JSON and a context:
// {form, blockId, me, surface, field: {id, describedBy, optional, dispatches} | null, dispatch(blockId, element, extra),
//  suggest(blockId, element, text), focusKey}.

import { askConfirmation } from "./confirm.js";
import { h, hidden, uid } from "./dom.js";
import { icon } from "./icons.js";
import { plain, plainText, textObject } from "./mrkdwn.js";
import { follow } from "./permalinks.js";
import { openMenu } from "./popup.js";
import { SELECTS } from "./selects.js";

const SAFE_URL = /^(https?:|mailto:|slack:)/i;

const focusData = (element, context, part = "") => ({
  focus: [context.focusKey, context.blockId, element.action_id, part].join("|"),
});

/** Tells the app about a change, unless the field waits for the submission; false when the person thought better of it. */
export async function changed(element, context, extra) {
  context.touched?.(context.blockId);
  if (context.field && !context.field.dispatches) return true;
  if (element.confirm && !(await askConfirmation(element.confirm, context.me))) return false;
  context.dispatch(context.blockId, element, extra);
  return true;
}

function button(element, context) {
  const classes = [
    "btn",
    element.style ? `btn-${element.style}` : "",
    context.surface === "message" ? "btn-small" : "",
  ]
    .join(" ")
    .trim();
  const props = {
    class: classes,
    data: focusData(element, context, element.value ?? ""),
    title: element.accessibility_label,
  };
  const click = async (event) => {
    if (isLink) follow(element.url, event);
    if (node.getAttribute("aria-busy")) return;
    if (element.confirm && !(await askConfirmation(element.confirm, context.me))) return;
    node.setAttribute("aria-busy", "true");
    await context.dispatch(
      context.blockId,
      element,
      element.value === undefined ? {} : { value: element.value },
    );
    node.removeAttribute("aria-busy");
  };
  const words = plain(element.text?.text ?? "");
  const isLink = element.url && SAFE_URL.test(element.url);
  const node = isLink
    ? h(
        "a",
        { ...props, href: element.url, target: "_blank", rel: "noopener noreferrer", on: { click } },
        words,
      )
    : h("button", { ...props, type: "button", on: { click } }, words);
  return node;
}

function overflow(element, context) {
  const pick = async (option) => {
    if (option.url && SAFE_URL.test(option.url)) open(option.url, "_blank", "noopener");
    await changed(element, context, { selected_option: option });
  };
  const items = element.options.map((option) => ({
    label: plainText(option.text),
    description: option.description && plainText(option.description),
    onPick: () => pick(option),
  }));
  return h(
    "button",
    {
      type: "button",
      class: "btn btn-icon",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      data: focusData(element, context),
      on: { click: (event) => openMenu(event.currentTarget, items, { label: "More options" }) },
    },
    hidden("More options"),
    icon("more"),
  );
}

function choice(kind, option, { name, checked, onChange, me, focus }) {
  const id = uid("choice");
  return h(
    "div",
    { class: "choice" },
    h("input", { type: kind, id, name, checked, data: focus, on: { change: onChange } }),
    h(
      "label",
      { for: id },
      h("span", {}, textObject(option.text, me)),
      option.description ? h("small", {}, textObject(option.description, me)) : null,
    ),
  );
}

const groupProps = (element, context, role) => ({
  class: "choices",
  role,
  id: context.field?.id,
  "aria-labelledby": context.field?.labelId,
  "aria-describedby": context.field?.describedBy,
  tabindex: "-1",
});

function checkboxes(element, context) {
  const start = context.form.start(context.blockId, element);
  const initial = new Set(
    (start?.selected_options ?? element.initial_options ?? []).map((option) => option.value),
  );
  const read = () => ({
    selected_options: element.options.filter((_, index) => boxes[index].querySelector("input").checked),
  });
  const boxes = element.options.map((option) =>
    choice("checkbox", option, {
      checked: initial.has(option.value),
      me: context.me,
      focus: focusData(element, context, option.value),
      onChange: async (event) => {
        const box = event.currentTarget;
        if (!(await changed(element, context, read()))) box.checked = !box.checked;
      },
    }),
  );
  context.form.add(context.blockId, element, read);
  return h("div", groupProps(element, context, "group"), boxes);
}

function radioButtons(element, context) {
  const start = context.form.start(context.blockId, element);
  let selected = (start ? start.selected_option : element.initial_option)?.value ?? null;
  const name = uid("radio");
  const read = () => ({
    selected_option: element.options.find((option) => option.value === selected) ?? null,
  });
  const radios = element.options.map((option) =>
    choice("radio", option, {
      name,
      checked: option.value === selected,
      me: context.me,
      focus: focusData(element, context, option.value),
      onChange: () => {
        selected = option.value;
        return changed(element, context, read());
      },
    }),
  );
  context.form.add(context.blockId, element, read);
  return h("div", groupProps(element, context, "radiogroup"), radios);
}

const fieldProps = (element, context) => ({
  id: context.field?.id ?? uid("field"),
  "aria-describedby": context.field?.describedBy,
  "aria-label": context.field ? null : plainText(element.placeholder) || "Text",
  "aria-required": context.field && !context.field.optional ? "true" : null,
  placeholder: plainText(element.placeholder) || null,
  autocomplete: "off",
  autocapitalize: "off",
  spellcheck: "false",
  data: { ...focusData(element, context), autofocus: element.focus_on_load ? "yes" : "" },
});

const TEXT_TYPES = { email_text_input: "email", url_text_input: "url" };

function counterFor(element, input) {
  if (!element.max_length) return null;
  const counter = h("span", { class: "counter", "aria-hidden": "true" });
  const update = () => {
    const left = element.max_length - input.value.length;
    counter.textContent = left <= Math.max(10, element.max_length * 0.15) ? String(left) : "";
    counter.classList.toggle("counter-over", left < 0);
  };
  input.addEventListener("input", update);
  update();
  return counter;
}

function textInput(element, context) {
  const start = context.form.start(context.blockId, element);
  const value = (start ? start.value : element.initial_value) ?? "";
  const props = { ...fieldProps(element, context), value: String(value), class: "input" };
  const input = element.multiline
    ? h("textarea", { ...props, class: "input input-multiline", rows: "4" })
    : h("input", {
        ...props,
        type: TEXT_TYPES[element.type] ?? "text",
        inputmode: element.type === "number_input" ? "decimal" : null,
      });
  const read = () => ({ value: input.value === "" ? null : input.value });
  const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  input.addEventListener("input", () => {
    if (context.field?.dispatches && triggers.includes("on_character_entered"))
      changed(element, context, read());
    else context.touched?.(context.blockId);
  });
  input.addEventListener("keydown", (event) => {
    const wants =
      event.key === "Enter" &&
      !event.shiftKey &&
      !element.multiline &&
      context.field?.dispatches &&
      triggers.includes("on_enter_pressed");
    if (!wants) return;
    event.preventDefault();
    changed(element, context, read());
  });
  context.form.add(context.blockId, element, read);
  return h("div", { class: "input-wrap" }, input, counterFor(element, input));
}

const pad = (number) => String(number).padStart(2, "0");
const toLocal = (seconds) => {
  const date = new Date(seconds * 1000);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
};

const PICKERS = {
  datepicker: { type: "date", key: "selected_date", initial: "initial_date" },
  timepicker: { type: "time", key: "selected_time", initial: "initial_time" },
  datetimepicker: {
    type: "datetime-local",
    key: "selected_date_time",
    initial: "initial_date_time",
    show: toLocal,
    read: (value) => Math.floor(new Date(value).getTime() / 1000),
  },
};

function picker(element, context) {
  const { type, key, initial, show = String, read: parse = String } = PICKERS[element.type];
  const start = context.form.start(context.blockId, element);
  const value = start ? start[key] : element[initial];
  const input = h("input", {
    ...fieldProps(element, context),
    type,
    class: "input input-picker",
    value: value ? show(value) : "",
  });
  const read = () => ({ [key]: input.value ? parse(input.value) : null });
  input.addEventListener("change", () => changed(element, context, read()));
  context.form.add(context.blockId, element, read);
  return input;
}

const BUILDERS = {
  button,
  overflow,
  checkboxes,
  radio_buttons: radioButtons,
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: textInput,
  datepicker: picker,
  timepicker: picker,
  datetimepicker: picker,
};

/** The element's node; a type that is not known here says so instead of vanishing. */
export function buildElement(element, context) {
  const make = BUILDERS[element.type];
  if (make) return make(element, context);
  const select = SELECTS[element.type];
  if (!select) return h("span", { class: "unknown" }, hidden("Not shown: "), element.type);
  return select(element, context, { changed, focus: focusData(element, context).focus });
}
