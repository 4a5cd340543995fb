/** The panel that tries class labels. */

import { post } from "./api.js";
import { bars } from "./bars.js";
import { make, one } from "./dom.js";
import * as micrograph from "./micrograph.js";
import * as models from "./models.js";
import { showRoute } from "./route.js";
import { Task } from "./task.js";
import { confidence, seconds } from "./wording.js";

const panel = one("#classify");
const field = one("#labels");
const edit = one(".edit", panel);
const task = new Task(panel);

/** Wires the panel; `remember(entry)` gets what was classified. */
export function listen(remember) {
  one("form", panel).addEventListener("submit", (event) => {
    event.preventDefault();
    classify(remember);
  });
}

/** Brings back an entry of the history, or with none empties the panel but for the labels. */
export function show(entry = null) {
  task.drop();
  task.tell(entry?.outcome ?? "");
  one(".result", panel).hidden = edit.hidden = !entry;
  if (!entry) return;
  field.value = entry.labels.join("\n");
  showResult(entry.result);
}

/** Labels are parted by lines or commas; twins count once. */
function labels() {
  return [...new Set(field.value.split(/[\n,]/).map((label) => label.trim()))].filter(Boolean);
}

function classify(remember) {
  const at = micrograph.current();
  if (!at) return micrograph.missing();
  const entry = { kind: "classify", labels: labels(), micrograph: at, time: new Date() };
  task.run(async (signal, tell) => {
    const start = performance.now();
    tell("Classifying …");
    const body = { model: models.chosen(), images: [await micrograph.dataUri(at.file)] };
    if (entry.labels.length) body.labels = entry.labels;
    entry.result = await post("v1/classify", body, { signal, tell });
    entry.outcome = `Classified in ${seconds(performance.now() - start)}.`;
    tell(entry.outcome);
    showResult(entry.result);
    remember(entry);
  });
}

function showResult(result) {
  const rows = result.scores.map((share) => [share.label, share.score]);
  const sure = make("span", {}, `calibrated confidence ${confidence(result.confidence)}`);
  one(".class", panel).replaceChildren(make("b", {}, result.label), " ", sure);
  one(".scores", panel).replaceChildren(...bars("Confidence of each class", rows, [result.label]));
  showRoute(one(".route", panel), result);
  one(".result", panel).hidden = edit.hidden = false;
  edit.onclick = () => {
    field.value = rows.map(([label]) => label).join("\n");
    field.focus();
  };
}
