// A person's stack of modals. A view is rendered anew only when its id or hash changed; what was typed then stays
// wherever block and action id are the same.

import { buildBlocks, setFieldError, showFieldErrors } from "./blocks.js";
import { openDialog } from "./dialogs.js";
import { focusables, h, hidden, holdFocus, uid } from "./dom.js";
import { Form } from "./form.js";
import { icon } from "./icons.js";
import { plainText } from "./mrkdwn.js";
import { avatar } from "./people.js";
import { act, current } from "./store.js";
import { surfaceContext } from "./surface.js";

const open = new Map();
const TROUBLE = "We had some trouble connecting. Try again?";

function merged(base, over) {
  const values = { ...base };
  for (const [blockId, actions] of Object.entries(over)) values[blockId] = { ...values[blockId], ...actions };
  return values;
}

class Modal {
  constructor(view) {
    this.view = view;
    this.titleId = uid("title");
    this.form = new Form(view.values ?? {});
    this.content = h("form", {
      class: "dialog-form",
      novalidate: true,
      on: { submit: (event) => this.submit(event) },
    });
    this.dialog = openDialog({
      content: this.content,
      labelledBy: this.titleId,
      className: "modal",
      onEscape: () => this.leave(false),
    });
    this.build();
    this.focusFirst();
  }

  sync(view, depth) {
    const isNew = view.hash !== this.view.hash;
    this.view = view;
    if (isNew) this.rebuild();
    if (this.depth !== depth) this.setDepth(depth);
    if (!this.busy) this.syncErrors();
  }

  rebuild() {
    const restore = holdFocus(this.dialog.box);
    const scrolled = this.body.scrollTop;
    this.form = new Form(merged(this.view.values ?? {}, this.form.values()));
    this.shown = null;
    this.build();
    this.body.scrollTop = scrolled;
    restore();
    if (this.dialog.isTop() && document.activeElement === this.dialog.box && !this.busy) this.focusFirst();
  }

  build() {
    const { view } = this;
    const context = surfaceContext({
      surface: "modal",
      container: { view_id: view.id },
      form: this.form,
      me: current().me,
      touched: (blockId) => this.clearError(blockId),
      after: (answer) => this.showBanner(answer.ok === false ? (answer.error ?? TROUBLE) : null),
    });
    this.banner = h("div", { class: "banner banner-error", role: "alert", hidden: true });
    this.fields = h("fieldset", { class: "dialog-fields" }, buildBlocks(view.blocks, context));
    this.body = h("div", { class: "dialog-body" }, this.banner, this.fields);
    this.content.replaceChildren(
      this.header(),
      this.body,
      ...(view.submit || view.close ? [this.footer()] : []),
    );
    this.setBusy(Boolean(this.busy));
  }

  header() {
    const depth = this.depth ?? 0;
    const back = h(
      "button",
      { type: "button", class: "icon-button", on: { click: () => this.leave(false) } },
      hidden("Back"),
      icon("left"),
    );
    const close = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        data: { focus: "close" },
        on: { click: () => this.leave(depth > 0) },
      },
      hidden("Close"),
      icon("close", { size: 20 }),
    );
    return h(
      "header",
      { class: "dialog-header" },
      depth > 0 ? back : avatar(current().app.bot_user_id, 28),
      h("h2", { id: this.titleId }, plainText(this.view.title) || current().app.name),
      close,
    );
  }

  footer() {
    const { view } = this;
    this.closer = h(
      "button",
      { type: "button", class: "btn", data: { focus: "cancel" }, on: { click: () => this.leave(false) } },
      plainText(view.close) || "Cancel",
    );
    this.submitter = view.submit
      ? h(
          "button",
          { type: "submit", class: "btn btn-primary", data: { focus: "submit" } },
          h("span", { class: "spinner", "aria-hidden": "true" }),
          h("span", {}, plainText(view.submit)),
        )
      : null;
    return h("footer", { class: "dialog-footer" }, this.closer, this.submitter);
  }

  setDepth(depth) {
    this.depth = depth;
    const restore = holdFocus(this.content);
    this.content.querySelector(".dialog-header").replaceWith(this.header());
    restore();
  }

  focusFirst() {
    const fields = focusables(this.fields).filter((node) => !node.matches("a, button, .table-scroll"));
    const target =
      this.fields.querySelector('[data-autofocus="yes"]') ??
      fields[0] ??
      this.content.querySelector('[data-focus="submit"], [data-focus="cancel"]');
    (target ?? this.dialog.box).focus({ preventScroll: true });
  }

  setBusy(busy) {
    this.busy = busy;
    this.fields.disabled = busy;
    this.content.toggleAttribute("aria-busy", busy);
    for (const button of this.content.querySelectorAll(".dialog-footer button, .dialog-header button"))
      button.disabled = busy;
    this.content.classList.toggle("is-busy", busy);
  }

  async submit(event) {
    event.preventDefault();
    if (this.busy || !this.view.submit) return;
    const problems = this.form.problems(this.view.blocks);
    this.showBanner(null);
    showFieldErrors(this.fields, problems);
    if (Object.keys(problems).length) return this.focusError();
    const values = this.form.values();
    const held = document.activeElement?.dataset?.focus;
    this.setBusy(true);
    this.dialog.box.focus({ preventScroll: true });
    const answer = await act({ type: "submit", view_id: this.view.id, values });
    this.setBusy(false);
    if (!open.has(this.view.id)) return undefined;
    return this.answered(answer, held);
  }

  answered(answer, held) {
    this.shown = null;
    const errors = answer.errors ?? this.view.errors ?? {};
    const failed = answer.ok === false && !Object.keys(errors).length;
    this.syncErrors({ errors, error: answer.error ?? this.view.error ?? (failed ? TROUBLE : null) });
    if (Object.keys(errors).length) this.focusError();
    else if (document.activeElement === this.dialog.box) {
      const heir =
        held &&
        [...this.content.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === held);
      if (heir) heir.focus({ preventScroll: true });
      else this.focusFirst();
    }
  }

  syncErrors({ errors = this.view.errors ?? {}, error = this.view.error ?? null } = {}) {
    const signature = JSON.stringify([errors, error]);
    if (this.shown === signature || (!this.shown && signature === "[{},null]")) return;
    this.shown = signature;
    const homeless = Object.values(showFieldErrors(this.fields, errors));
    this.showBanner(error ?? homeless[0] ?? null);
  }

  showBanner(sentence) {
    this.banner.hidden = !sentence;
    this.banner.replaceChildren(...(sentence ? [icon("warn"), h("span", {}, sentence)] : []));
    if (sentence) this.body.scrollTop = 0;
  }

  clearError(blockId) {
    const field = [...this.fields.querySelectorAll(".field-wrong")].find(
      (it) => it.dataset.blockId === blockId,
    );
    if (field) setFieldError(field, null);
  }

  focusError() {
    const target = this.fields.querySelector(".field-wrong :is(input, textarea)");
    target?.focus();
    target?.closest(".field").scrollIntoView({ block: "nearest" });
  }

  async leave(everything) {
    if (this.busy || this.leaving) return;
    this.leaving = true;
    const answer = await act({ type: "close", view_id: this.view.id, clear: everything });
    this.leaving = false;
    if (answer.ok === false && open.has(this.view.id)) this.showBanner(answer.error ?? TROUBLE);
  }

  remove() {
    this.dialog.close();
  }
}

/** Brings the dialogs in line with the state's stack of views. */
export function syncModals({ views }) {
  const wanted = new Set(views.map((view) => view.id));
  for (const [id, modal] of [...open].reverse()) {
    if (wanted.has(id)) continue;
    open.delete(id);
    modal.remove();
  }
  for (const [depth, view] of views.entries()) {
    if (!open.has(view.id)) open.set(view.id, new Modal(view));
    open.get(view.id).sync(view, depth);
  }
}
