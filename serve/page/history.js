/** What was asked in this tab; kept in memory, so that no micrograph is written to the reader's disk. */

import { make, one } from "./dom.js";
import { confidence, expert } from "./wording.js";

const MOST = 50;
const panel = one("#history");
const list = one("ol", panel);

/** Wires the panel; `back(entry)` is called for the entry that a reader wants back. */
export function listen(back, cleared) {
  one("button", panel).addEventListener("click", () => {
    list.replaceChildren();
    panel.hidden = true;
    cleared();
  });
  panel.addEventListener("back", (event) => back(event.detail));
}

/** Adds an entry on top. */
export function remember(entry) {
  const button = make("button", { type: "button" }, ...cells(entry));
  button.addEventListener("click", () => panel.dispatchEvent(new CustomEvent("back", { detail: entry })));
  list.prepend(make("li", {}, button));
  if (list.children.length > MOST) list.lastChild.remove();
  panel.hidden = false;
}

function cells(entry) {
  const [asked, said, who] = entry.kind === "ask" ? question(entry) : classes(entry);
  const { file, pages } = entry.micrograph;
  const time = entry.time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return [
    make("img", { src: pages[0].preview, alt: "" }),
    make("span", { className: "asked" }, asked),
    make("span", { className: "said" }, said),
    make("span", { className: "note" }, [time, file.name, who].join(" · ")),
  ];
}

const question = (entry) => [entry.question, entry.answer, expert(entry.route?.expert)];

function classes({ labels, result }) {
  const among = labels.length ? `Which of ${labels.length} classes?` : "Which class?";
  return [among, `${result.label}, ${confidence(result.confidence)}`, expert(result.expert)];
}
