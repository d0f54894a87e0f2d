// Building and reconciling DOM nodes. Text only ever becomes a text node: nothing here (or elsewhere) parses HTML.

const SVG = "http://www.w3.org/2000/svg";

const APPLY = {
  class: (node, value) => node.setAttribute("class", value),
  on: (node, value) => {
    for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
  },
  data: (node, value) => Object.assign(node.dataset, value),
  style: (node, value) => {
    for (const [name, setting] of Object.entries(value)) node.style.setProperty(name, setting);
  },
  value: (node, value) => {
    node.value = value;
  },
  checked: (node, value) => {
    node.checked = value;
  },
};

function assign(node, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (APPLY[name]) APPLY[name](node, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

/** An element: `h("button", {class, data, on, aria-…}, ...children)`; null and false are left out. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  assign(node, props ?? {});
  append(node, children);
  return node;
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  assign(node, props);
  append(node, children);
  return node;
}

/** Text for screen readers alone. Unlike aria-label it is not found when somebody looks a field up by its label. */
export const hidden = (text) => h("span", { class: "vh" }, text);

let counter = 0;

/** An id that no other element of this page has. */
export function uid(prefix = "id") {
  counter += 1;
  return `${prefix}-${counter}`;
}

const FOCUSABLE = [
  "a[href]",
  "button:not([disabled])",
  "input:not([disabled])",
  "textarea:not([disabled])",
  "select:not([disabled])",
  "[tabindex]:not([tabindex='-1'])",
].join(",");

/** What Tab can reach inside `root`, in order. */
export function focusables(root) {
  return [...root.querySelectorAll(FOCUSABLE)].filter(
    (node) => node.tabIndex >= 0 && !node.closest("[hidden],[inert]") && node.getClientRects().length > 0,
  );
}

/** Remembers which node inside `root` has the focus (by `data-focus`) and gives a function that puts it back into the
 *  node that has taken its place; failing that, `root` itself takes it, so that the keyboard is never lost. */
export function holdFocus(root) {
  const held = document.activeElement;
  if (!held || held === document.body || !root.contains(held)) return () => {};
  const key = held.dataset.focus;
  const range = typeof held.selectionStart === "number" ? [held.selectionStart, held.selectionEnd] : null;
  return (heirs = root) => {
    const heir =
      key && [...heirs.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === key);
    const target = held.isConnected ? held : heir || heirs;
    target.focus({ preventScroll: true });
    if (range && target.setSelectionRange && document.activeElement === target)
      target.setSelectionRange(...range);
  };
}

const known = new WeakMap();

/**
 * Makes the children of `parent` match `items` ({key, sig, build}), reusing a node while its signature is the same,
 * so that scrolling, focus and open menus survive a refresh.
 */
export function reconcile(parent, items) {
  const before = known.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const old = before.get(item.key);
    if (old && old.sig === item.sig) {
      after.set(item.key, old);
      continue;
    }
    const node = item.build();
    if (old) {
      const restore = holdFocus(old.node);
      old.node.replaceWith(node);
      restore(node);
    }
    after.set(item.key, { node, sig: item.sig });
  }
  for (const [key, entry] of before) if (!after.has(key)) entry.node.remove();
  let cursor = parent.firstChild;
  for (const { node } of after.values()) {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
  known.set(parent, after);
}

/** Runs `work` again only when `signature` differs from the last one for that node. */
export function whenChanged(node, signature, work) {
  if (node.dataset.sig === signature) return false;
  node.dataset.sig = signature;
  work();
  return true;
}
