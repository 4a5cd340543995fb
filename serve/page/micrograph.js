/** The micrograph at hand. */

import { post } from "./api.js";
import { one } from "./dom.js";
import { clearMicrograph, showMicrograph } from "./preview.js";
import { Task } from "./task.js";

const task = new Task(one("#micrograph"));
let shown = null;

/** `{file, pages}`, or null. */
export const current = () => shown;

/** Has the endpoint read a file, and shows it; the former one goes in any case. */
export function take(file, then) {
  shown = null;
  clearMicrograph();
  task.run(async (signal, tell) => {
    tell(`Reading ${file.name} …`);
    const { data } = await post("v1/micrographs", { image: await dataUri(file) }, { signal, tell });
    show({ file, pages: data });
    then(shown);
  });
}

/** Shows one that was read before. */
export function show(micrograph) {
  task.drop();
  task.tell("");
  shown = micrograph;
  showMicrograph(micrograph);
}

/** Says that one is needed. */
export function missing() {
  task.tell("Add a micrograph first.", "bad");
  one("#choose").focus();
}

/** A file as the API takes it. */
export function dataUri(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error(`${file.name} cannot be read from this device any more. Choose it again.`));
    reader.readAsDataURL(file);
  });
}
