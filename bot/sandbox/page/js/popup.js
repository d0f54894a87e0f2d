// One floating box at a time, anchored to an element: menus and lists of options.

import { h, uid } from "./dom.js";
import { icon } from "./icons.js";

const root = document.getElementById("layers");
let open = null;

function place(box, anchor, { above, matchWidth }) {
  const edge = 8;
  const rect = anchor.getBoundingClientRect();
  if (matchWidth) box.style.setProperty("min-width", `${rect.width}px`);
  box.style.setProperty("max-height", "none");
  const { width, height } = box.getBoundingClientRect();
  const below = innerHeight - rect.bottom - edge - 4;
  const over = rect.top - edge - 4;
  const up = above ? over >= Math.min(height, 160) || over > below : height > below && over > below;
  const room = Math.min(height, up ? over : below);
  const top = up ? rect.top - 4 - room : rect.bottom + 4;
  const left = Math.max(edge, Math.min(rect.left, innerWidth - width - edge));
  box.style.setProperty("top", `${top}px`);
  box.style.setProperty("left", `${left}px`);
  box.style.setProperty("max-height", `${room}px`);
}

/** Floats `box` beside `anchor` until `close()`; a click elsewhere closes it. */
export function openPopup(anchor, box, { above = false, matchWidth = false, onClose = () => {} } = {}) {
  open?.close();
  root.append(box);
  const update = () => (anchor.isConnected ? place(box, anchor, { above, matchWidth }) : popup.close());
  const outside = (event) => {
    if (!box.contains(event.target) && !anchor.contains(event.target)) popup.close();
  };
  const popup = {
    update,
    close() {
      if (open !== popup) return;
      open = null;
      document.removeEventListener("pointerdown", outside, true);
      document.removeEventListener("scroll", update, true);
      removeEventListener("resize", update);
      box.remove();
      onClose();
    },
  };
  open = popup;
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("scroll", update, true);
  addEventListener("resize", update);
  update();
  return popup;
}

function menuItem(item, close) {
  if (item === "divider") return h("div", { class: "menu-divider", role: "separator" });
  if (item.heading) return h("div", { class: "menu-heading", role: "presentation" }, item.heading);
  const pick = () => {
    close();
    item.onPick();
  };
  return h(
    "button",
    {
      type: "button",
      class: item.danger ? "menu-item menu-danger" : "menu-item",
      role: item.checked === undefined ? "menuitem" : "menuitemradio",
      "aria-checked": item.checked === undefined ? null : String(item.checked),
      tabindex: "-1",
      on: { click: pick },
    },
    item.media ?? null,
    h(
      "span",
      { class: "menu-text" },
      h("span", {}, item.label),
      item.description ? h("small", {}, item.description) : null,
    ),
    item.checked ? icon("check", { size: 16 }) : null,
  );
}

function moveWithin(box, event) {
  const items = [...box.querySelectorAll(".menu-item")];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items.at(to % items.length)?.focus();
  } else if (/^\S$/.test(event.key)) {
    const turn = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    turn.find((it) => it.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  }
}

/** A menu under `anchor`: items are {label, description, media, danger, checked, onPick}, {heading} or "divider". */
export function openMenu(anchor, items, { label = "Menu", above = false } = {}) {
  const close = () => {
    popup.close();
    anchor.focus();
  };
  const box = h(
    "div",
    { class: "popup menu", role: "menu", id: uid("menu"), "aria-label": label },
    items.map((item) => menuItem(item, close)),
  );
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else moveWithin(box, event);
  });
  anchor.setAttribute("aria-expanded", "true");
  const popup = openPopup(anchor, box, {
    above,
    onClose: () => anchor.setAttribute("aria-expanded", "false"),
  });
  (box.querySelector('[aria-checked="true"]') ?? box.querySelector(".menu-item"))?.focus();
}
