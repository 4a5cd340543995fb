/** The page: its panels, and what each tells the others. */

import * as ask from "./ask.js";
import * as classify from "./classify.js";
import { one } from "./dom.js";
import * as history from "./history.js";
import * as intake from "./intake.js";
import * as micrograph from "./micrograph.js";
import * as models from "./models.js";
import { watch } from "./ready.js";
import * as similar from "./similar.js";

/** Answers belong to their micrograph: with a new one they go. */
function take(file) {
  ask.show();
  classify.show();
  similar.hide();
  micrograph.take(file, similar.look);
}

/** Brings back a question, its answer and its micrograph. */
function back(entry) {
  const panel = entry.kind === "ask" ? ask : classify;
  if (micrograph.current() !== entry.micrograph) {
    ask.show();
    classify.show();
    micrograph.show(entry.micrograph);
    similar.look(entry.micrograph);
  }
  panel.show(entry);
  const place = one(`#${entry.kind}`);
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "start" });
}

intake.listen(take);
ask.listen(history.remember);
classify.listen(history.remember);
history.listen(back, () => one("#question").focus());
watch(models.load);
