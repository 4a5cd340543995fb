/** The nearest micrographs of the screened archive, where the endpoint has one. */

import { post } from "./api.js";
import { make, one } from "./dom.js";
import * as micrograph from "./micrograph.js";
import { Task } from "./task.js";
import { confidence, fileName } from "./wording.js";

const LIMIT = 6;
const panel = one("#similar");
const sheet = one(".sheet", panel);
const task = new Task(panel);
let archive = true;

/** Shows nothing: there is no micrograph. */
export function hide() {
  task.drop();
  panel.hidden = true;
}

/** Looks for what is near a micrograph. */
export function look(at) {
  sheet.replaceChildren();
  if (!archive) return;
  task.run(async (signal, tell) => {
    tell("Looking through the archive …");
    at.similar ??= await nearest(at, { signal, tell });
    panel.hidden = !archive;
    sheet.replaceChildren(...at.similar.map(card));
    tell(at.similar.length ? "" : "The archive is empty.");
  });
}

async function nearest(at, options) {
  try {
    const image = await micrograph.dataUri(at.file);
    return (await post("v1/similar", { image, limit: LIMIT }, options)).data;
  } catch (error) {
    if (error.code !== "no_archive") {
      panel.hidden = false;
      throw error;
    }
    archive = false;
    return [];
  }
}

/** A picture with its class; opened, it tells where it lies. */
function card(found) {
  const name = fileName(found.member ?? found.uri) + (found.page ? ` · page ${found.page + 1}` : "");
  const image = make("img", { src: found.thumbnail, alt: "" });
  const summary = make("summary", {}, image, line("likeness", found.score));
  if (found.label) summary.append(line(found.label, found.confidence));
  summary.append(make("span", { className: "name" }, name));
  const place = [found.uri, found.member].filter(Boolean).join(" › ");
  return make("details", {}, summary, make("p", { className: "name" }, place));
}

function line(what, value) {
  return make("span", { className: "caption" }, make("span", {}, what), make("b", {}, confidence(value)));
}
