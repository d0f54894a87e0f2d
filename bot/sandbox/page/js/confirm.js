// Block Kit's confirmation dialogs.

import { openDialog } from "./dialogs.js";
import { h, hidden, uid } from "./dom.js";
import { icon } from "./icons.js";
import { plainText, textObject } from "./mrkdwn.js";

/** Asks; true when the person agrees. `confirm` is Block Kit's object {title, text, confirm, deny, style}. */
export function askConfirmation(confirm, me) {
  return new Promise((resolve) => {
    const titleId = uid("title");
    const finish = (answer) => () => {
      dialog.close();
      resolve(answer);
    };
    const agree = h(
      "button",
      {
        type: "button",
        class: confirm.style === "danger" ? "btn btn-danger-solid" : "btn btn-primary",
        on: { click: finish(true) },
      },
      plainText(confirm.confirm) || "Yes",
    );
    const deny = h(
      "button",
      { type: "button", class: "btn", on: { click: finish(false) } },
      plainText(confirm.deny) || "Cancel",
    );
    const dialog = openDialog({
      role: "alertdialog",
      className: "confirm",
      labelledBy: titleId,
      onEscape: finish(false),
      content: [
        h(
          "header",
          { class: "dialog-header" },
          h("h2", { id: titleId }, plainText(confirm.title) || "Are you sure?"),
          h(
            "button",
            { type: "button", class: "icon-button", on: { click: finish(false) } },
            hidden("Close"),
            icon("close"),
          ),
        ),
        h("div", { class: "dialog-body text" }, textObject(confirm.text, me)),
        h("footer", { class: "dialog-footer" }, deny, agree),
      ],
    });
    agree.focus();
  });
}
