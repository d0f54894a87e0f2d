// Puts the page together: every part is told when the state has changed.

import { renderChannel, renderThread } from "./conversation.js";
import { hasDialog } from "./dialogs.js";
import { focusables, h, reconcile } from "./dom.js";
import { leaveHome, renderHome } from "./home.js";
import { syncModals } from "./modals.js";
import { drawerHandle, renderDrawer } from "./panel.js";
import { renderShell } from "./shell.js";
import { connect, onRender, refresh, ui } from "./store.js";
import { initTheme } from "./theme.js";

const main = document.getElementById("main");
const handle = document.body.appendChild(h("div", { class: "drawer-handle-place" }));

initTheme();

onRender(renderShell);
onRender((state) => {
  if (ui.place === "home") renderHome(main, state);
  else {
    leaveHome();
    renderChannel(main, state);
  }
});
onRender(renderThread);
onRender(renderDrawer);
onRender((state) =>
  reconcile(
    handle,
    state.panels?.length ? [{ key: "handle", sig: state.panels[0], build: () => drawerHandle(state) }] : [],
  ),
);
onRender(syncModals);

// F6 goes round the parts of the page, Shift+F6 back.
document.addEventListener("keydown", (event) => {
  if (event.key !== "F6") return;
  const inside = hasDialog()
    ? [".dialog-layer:not([inert]) .dialog", ".drawer-handle-place"]
    : ["#sidebar", "#main", "#thread"];
  const parts = [...inside, "#drawer"]
    .map((it) => document.querySelector(it))
    .filter((it) => it && focusables(it).length);
  const at = parts.findIndex((it) => it.contains(document.activeElement));
  const next = parts[(at + (event.shiftKey ? -1 : 1) + parts.length) % parts.length];
  event.preventDefault();
  (next.querySelector("textarea:not([disabled])") ?? focusables(next)[0]).focus();
});

await refresh();
connect();
