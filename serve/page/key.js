/** The API key: asked for when the endpoint wants one, kept in this tab's session only. */

import { one } from "./dom.js";

const NAME = "slava-api-key";
const dialog = one("#key");
const field = one("#key-field");
const change = one("#change-key");
let asking = null;

export const current = () => sessionStorage.getItem(NAME);

/** Asks, once for all who wait; true when a key was given. */
export function ask(why) {
  asking ??= answered(why).finally(() => (asking = null));
  return asking;
}

/** Waits for the next key that is given. */
export const given = () => new Promise((resolve) => dialog.addEventListener("given", resolve, { once: true }));

function answered(why) {
  one(".status", dialog).textContent = why;
  field.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "given"), { once: true });
  });
}

function keep(event) {
  event.preventDefault();
  sessionStorage.setItem(NAME, field.value.trim());
  field.value = "";
  change.hidden = false;
  dialog.close("given");
  dialog.dispatchEvent(new Event("given"));
}

change.hidden = current() === null;
change.addEventListener("click", () => ask(""));
one("form", dialog).addEventListener("submit", keep);
one("button[type=button]", dialog).addEventListener("click", () => dialog.close());
