// Short notices over the page.

import { h, hidden } from "./dom.js";
import { icon } from "./icons.js";

const root = document.getElementById("toasts");

/** Shows `text` for a while; `tone` is "info" or "error". */
export function toast(text, tone = "info") {
  const close = () => node.remove();
  const node = h(
    "div",
    { class: `toast toast-${tone}`, role: tone === "error" ? "alert" : null },
    icon(tone === "error" ? "warn" : "check"),
    h("span", {}, text),
    h(
      "button",
      { class: "icon-button", type: "button", on: { click: close } },
      hidden("Dismiss notice"),
      icon("close", { size: 14 }),
    ),
  );
  root.append(node);
  setTimeout(close, tone === "error" ? 9000 : 4000);
}

/** Shows an answer's error, if it has one; true when all went well. */
export function reported(answer) {
  if (answer.ok !== false) return true;
  toast(answer.error ?? "That did not work.", "error");
  return false;
}
