/** Whether the endpoint answers, told as long as the page is open. */

import { one } from "./dom.js";

const AGAIN_MS = 3000;
const LATER_MS = 30000;
const line = one("#ready");

/** Calls `onReady()` whenever the endpoint has become ready; what that raises is told, and it is tried again. */
export async function watch(onReady) {
  for (let ready = false; ; await pause(ready ? LATER_MS : AGAIN_MS)) {
    const trouble = await state();
    if (trouble || !ready) tell(trouble);
    if (!trouble && !ready) ready = await onReady().then(() => true, (error) => tell(error.message));
    if (trouble) ready = false;
  }
}

async function state() {
  try {
    return (await fetch("ready")).ok ? "" : "The model is starting";
  } catch {
    return "The endpoint cannot be reached";
  }
}

function tell(trouble) {
  line.textContent = trouble || "Ready";
  line.className = `status ${trouble ? "bad" : "good"}`;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
