// A form over the page, ready to be sent.

import { el } from "./dom.js";
import { say } from "./words.js";

export function over(title, form) {
  const close = el("button", { type: "button", click: () => dialog.close() }, say("close"));
  const gone = () => {
    dialog.remove();
    // The row whose button opened it may be gone by now.
    if (document.activeElement === document.body) document.getElementById("view").focus();
  };
  const dialog = el("dialog", { "aria-label": title, close: gone }, form, close);
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("form button").focus();
}
