// Dialogs lie over the page: the topmost holds the focus, Esc asks it to go, and the focus returns whence it came.

import { focusables, h } from "./dom.js";

const app = document.getElementById("app");
const root = document.getElementById("modals");
const stack = [];

function settle() {
  app.inert = stack.length > 0;
  for (const [index, dialog] of stack.entries()) {
    const depth = stack.length - 1 - index;
    dialog.layer.inert = depth > 0;
    // Slack shows one view at a time; a question lies over its view.
    dialog.layer.classList.toggle(
      "is-covered",
      stack.slice(index + 1).some((above) => above.box.classList.contains("modal")),
    );
  }
}

function trap(box, event) {
  const reach = focusables(box);
  const first = reach[0] ?? box;
  const last = reach.at(-1) ?? box;
  const leaves = event.shiftKey ? [first, box] : [last];
  if (!leaves.includes(document.activeElement) && box.contains(document.activeElement)) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}

function giveBack(opener, key) {
  if (opener?.isConnected && opener !== document.body) return opener.focus({ preventScroll: true });
  const heir =
    key && [...document.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === key);
  return (heir || document.querySelector(".composer textarea"))?.focus({ preventScroll: true });
}

/** Opens a dialog around `content`. `onEscape` is asked when Esc is pressed; `close()` removes it. */
export function openDialog({ content, labelledBy, role = "dialog", className = "", onEscape }) {
  const opener = document.activeElement;
  const openerKey = opener?.dataset?.focus;
  const box = h(
    "div",
    {
      class: `dialog ${className}`.trim(),
      role,
      "aria-modal": "true",
      "aria-labelledby": labelledBy,
      tabindex: "-1",
    },
    content,
  );
  const layer = h("div", { class: "dialog-layer" }, box);
  layer.addEventListener("keydown", (event) => {
    if (event.key === "Tab") trap(box, event);
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    onEscape();
  });
  const dialog = {
    box,
    layer,
    isTop: () => stack.at(-1) === dialog,
    close() {
      const wasTop = dialog.isTop();
      if (!stack.includes(dialog)) return;
      stack.splice(stack.indexOf(dialog), 1);
      layer.remove();
      settle();
      if (wasTop) returnFocus();
    },
  };
  const returnFocus = () => {
    const below = stack.at(-1);
    if (below && !below.box.contains(opener)) below.box.focus();
    else giveBack(opener, openerKey);
  };
  stack.push(dialog);
  root.append(layer);
  settle();
  box.focus({ preventScroll: true });
  return dialog;
}

/** Whether any dialog is open. */
export const hasDialog = () => stack.length > 0;
