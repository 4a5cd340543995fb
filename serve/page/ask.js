/** The panel that asks a question and shows the answer as it comes. */

import { answer } from "./chat.js";
import { one } from "./dom.js";
import * as micrograph from "./micrograph.js";
import * as models from "./models.js";
import { showRoute } from "./route.js";
import { Task } from "./task.js";
import { seconds } from "./wording.js";

const panel = one("#ask");
const question = one("#question");
const said = one(".answer", panel);
const task = new Task(panel);

/** Wires the panel; `remember(entry)` gets what was asked and answered. */
export function listen(remember) {
  const form = one("form", panel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(remember);
  });
  question.addEventListener("keydown", (event) => {
    // Enter also ends the composition of a Korean or Japanese word; that one asks nothing.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  for (const example of panel.querySelectorAll(".examples button")) {
    example.addEventListener("click", () => {
      question.value = example.textContent;
      question.focus();
    });
  }
}

/** Brings back an entry of the history, or with none empties the panel. */
export function show(entry = null) {
  task.drop();
  task.tell(entry?.outcome ?? "");
  one(".result", panel).hidden = !entry;
  if (!entry) return;
  question.value = entry.question;
  begin(entry);
  said.textContent = entry.answer;
  if (entry.route) showRoute(one(".route", panel), entry.route);
}

function ask(remember) {
  const text = question.value.trim();
  if (!micrograph.current()) return micrograph.missing();
  if (!text) return question.focus();
  const entry = { kind: "ask", question: text, micrograph: micrograph.current(), answer: "", time: new Date() };
  task.run(async (signal, tell) => {
    begin(entry);
    try {
      await stream(entry, signal, tell);
    } finally {
      const nothing = !entry.outcome && !entry.answer;
      entry.outcome ??= signal.aborted ? "Stopped." : "Broken off.";
      if (!nothing) remember(entry);
      else if (!signal.aborted) one(".result", panel).hidden = true;
    }
  });
}

function begin(entry) {
  one(".result", panel).hidden = false;
  one(".asked", panel).textContent = entry.question;
  one(".route", panel).replaceChildren();
  said.textContent = "";
}

async function stream(entry, signal, tell) {
  const start = performance.now();
  tell("Waiting for the first word …");
  const image = await micrograph.dataUri(entry.micrograph.file);
  let finish = "stop";
  for await (const piece of answer(entry.question, image, models.chosen(), { signal, tell })) {
    if (piece.route) showRoute(one(".route", panel), (entry.route = piece.route));
    if (piece.text) grow(entry, piece.text, tell);
    finish = piece.finish ?? finish;
  }
  const took = `Answered in ${seconds(performance.now() - start)}`;
  const cut = finish === "length" ? ", cut at the limit of length" : "";
  entry.outcome = entry.answer ? `${took}${cut}.` : `${took}: with an empty text.`;
  tell(entry.outcome);
}

/** Appended, not replaced, so that a screen reader reads each word once. */
function grow(entry, text, tell) {
  if (!entry.answer) tell("Answering …");
  entry.answer += text;
  said.append(text);
}
