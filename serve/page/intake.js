/** The three ways by which a micrograph comes in: chosen, dropped, pasted. */

import { one } from "./dom.js";

/** Calls `take(file)` for each. */
export function listen(take) {
  const input = one("#file");
  for (const place of [one("#choose"), one(".empty")]) place.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = ""; // so that the same file may be chosen again
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) {
      event.preventDefault();
      take(event.clipboardData.files[0]);
    }
  });
  dropping(take);
}

/** A file may fall anywhere on the page; the panel shows where it goes. */
function dropping(take) {
  const panel = one("#micrograph");
  const carries = (event) => event.dataTransfer.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    panel.classList.add("target");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) panel.classList.remove("target");
  });
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    panel.classList.remove("target");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}
