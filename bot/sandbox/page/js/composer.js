// Where a person writes: slash commands with their completion, and plain messages.

import { h, hidden, uid } from "./dom.js";
import { icon } from "./icons.js";
import { openPopup } from "./popup.js";
import { avatar } from "./people.js";
import { act, current } from "./store.js";
import { reported, toast } from "./toasts.js";

const INVITE = {
  command: "/invite",
  usage_hint: "@app",
  description: "Add the app to this channel",
  built_in: true,
};

const commandsOf = (state) => [...state.commands, INVITE];

const STYLES = [
  ["bold", "Bold", "*"],
  ["italic", "Italic", "_"],
  ["strike", "Strikethrough", "~"],
  ["code", "Code", "`"],
];

class Composer {
  constructor({ where, label }) {
    this.where = where;
    this.matches = [];
    this.active = 0;
    this.popup = null;
    this.boxId = uid("commands");
    this.input = h("textarea", {
      rows: "1",
      "aria-label": label(),
      placeholder: label(),
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      autocomplete: "off",
      spellcheck: "false",
      data: { focus: `composer/${where().thread ? "thread" : "channel"}` },
      on: {
        input: () => this.changed(),
        keydown: (event) => this.onKey(event),
        blur: () => this.closePopup(),
      },
    });
    this.hint = h("div", { class: "command-hint", "aria-live": "polite" });
    this.sender = h(
      "button",
      { type: "button", class: "send", title: "Send now", on: { click: () => this.send() } },
      hidden("Send now"),
      icon("send"),
    );
    this.box = h("div", { class: "composer-box" }, this.toolbar(), this.input, this.footer());
    this.el = h("div", { class: "composer" }, this.box, this.hint);
    this.label = label;
    this.changed();
  }

  toolbar() {
    return h(
      "div",
      { class: "composer-tools" },
      STYLES.map(([name, words, mark]) =>
        h(
          "button",
          { type: "button", class: "icon-button", title: words, on: { click: () => this.wrap(mark) } },
          hidden(words),
          icon(name),
        ),
      ),
    );
  }

  footer() {
    const slash = () => {
      this.input.focus();
      if (!this.input.value) this.set("/");
    };
    return h(
      "div",
      { class: "composer-foot" },
      h(
        "button",
        { type: "button", class: "icon-button", title: "Run a command", on: { click: slash } },
        hidden("Run a command"),
        icon("slash"),
      ),
      h("span", { class: "composer-note" }, "Shift + Enter adds a line"),
      this.sender,
    );
  }

  relabel() {
    const label = this.label();
    this.input.setAttribute("aria-label", label);
    this.input.placeholder = label;
  }

  set(text) {
    this.input.value = text;
    this.input.setSelectionRange(text.length, text.length);
    this.changed();
  }

  wrap(mark) {
    const { selectionStart: from, selectionEnd: to, value } = this.input;
    this.input.focus();
    this.input.setRangeText(`${mark}${value.slice(from, to)}${mark}`, from, to, "end");
    if (from === to) this.input.setSelectionRange(from + 1, from + 1);
    this.changed();
  }

  changed() {
    const { input } = this;
    input.style.setProperty("height", "auto");
    input.style.setProperty("height", `${Math.min(input.scrollHeight || 22, 220)}px`);
    this.sender.classList.toggle("send-ready", Boolean(input.value.trim()));
    const typed = /^\/\S*$/.test(input.value) ? input.value.toLowerCase() : null;
    this.matches =
      typed && current() ? commandsOf(current()).filter((it) => it.command.startsWith(typed)) : [];
    this.showHint();
    if (this.matches.length && document.activeElement === input) this.showPopup();
    else this.closePopup();
  }

  showHint() {
    const found = /^(\/\S+)\s/.exec(this.input.value);
    const command = found && commandsOf(current()).find((it) => it.command === found[1]);
    this.hint.replaceChildren(
      ...(command
        ? [
            h("strong", {}, command.command),
            ` ${command.usage_hint ?? ""}`,
            h("span", {}, command.description),
          ]
        : []),
    );
  }

  showPopup() {
    this.active = Math.min(this.active, this.matches.length - 1);
    const options = this.matches.map((command, index) => this.option(command, index));
    const box = h(
      "div",
      {
        class: "popup commands",
        role: "listbox",
        id: this.boxId,
        "aria-label": "Commands",
        on: { pointerdown: (event) => event.preventDefault() },
      },
      h(
        "div",
        { class: "commands-head" },
        h("span", {}, "Commands"),
        h(
          "span",
          {},
          h("kbd", {}, "↑"),
          h("kbd", {}, "↓"),
          " to choose  ",
          h("kbd", {}, "Tab"),
          " to complete",
        ),
      ),
      options,
    );
    this.popup?.close();
    this.popup = openPopup(this.box, box, {
      above: true,
      matchWidth: true,
      onClose: () => this.popupClosed(),
    });
    this.input.setAttribute("aria-expanded", "true");
    this.input.setAttribute("aria-controls", this.boxId);
    this.input.setAttribute("aria-activedescendant", options[this.active].id);
    options[this.active].scrollIntoView({ block: "nearest" });
  }

  option(command, index) {
    const { app } = current();
    return h(
      "div",
      {
        class: index === this.active ? "option option-active" : "option",
        role: "option",
        id: uid("command"),
        "aria-selected": String(index === this.active),
        on: { click: () => this.complete(command) },
      },
      command.built_in
        ? h("span", { class: "avatar avatar-slack", style: { "--size": "36px" } }, "/")
        : avatar(app.bot_user_id, 36),
      h(
        "span",
        { class: "menu-text" },
        h(
          "span",
          {},
          h("strong", {}, command.command),
          " ",
          h("span", { class: "usage" }, command.usage_hint ?? ""),
        ),
        h("small", {}, command.description ?? ""),
      ),
      h("span", { class: "from" }, command.built_in ? "Slack" : app.name),
    );
  }

  closePopup() {
    this.popup?.close();
  }

  popupClosed() {
    this.popup = null;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-controls");
    this.input.removeAttribute("aria-activedescendant");
  }

  complete(command) {
    this.active = 0;
    this.set(`${command.command} `);
    this.input.focus();
  }

  onKey(event) {
    if (this.popup && this.onPopupKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    }
  }

  onPopupKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = this.matches[this.active];
    if (step) {
      this.active = (this.active + step + this.matches.length) % this.matches.length;
      this.showPopup();
    } else if (event.key === "Escape") this.closePopup();
    else if (event.key === "Tab" && !event.shiftKey) this.complete(chosen);
    else if (event.key === "Enter" && !event.shiftKey && chosen.command !== this.input.value)
      this.complete(chosen);
    else return false;
    return true;
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    const payload = this.payloadFor(text);
    if (!payload) return;
    this.active = 0;
    this.set("");
    const answer = await act(payload);
    if (!reported(answer) && !this.input.value) this.set(text);
  }

  payloadFor(text) {
    const { channel, thread } = this.where();
    if (!text.startsWith("/")) return { type: "say", channel, text, thread_ts: thread };
    const [name] = text.split(/\s/);
    if (name === INVITE.command) return { type: "invite", channel };
    if (!current().commands.some((it) => it.command === name)) {
      toast(`${name} is not a valid command. Messages that start with “/” are taken for commands.`, "error");
      return null;
    }
    if (thread) {
      toast(`${name} is not supported in threads. Sorry!`, "error");
      return null;
    }
    return { type: "command", channel, text };
  }
}

/** A composer; `where()` gives {channel, thread}, `label()` its placeholder and name. */
export const composer = (options) => new Composer(options);
