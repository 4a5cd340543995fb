/** Names with a number between nought and one each, as a table with bars. */

import { make } from "./dom.js";
import { confidence } from "./wording.js";

const AT_ONCE = 8;

/** `rows` of [name, share], best first; those `chosen` stand out. Long tails can be opened. */
export function bars(title, rows, chosen) {
  const all = [table(title, rows.slice(0, AT_ONCE), chosen)];
  const rest = rows.slice(AT_ONCE);
  if (rest.length) {
    const summary = make("summary", {}, `${rest.length} more`);
    all.push(make("details", {}, summary, table(`${title}, the rest`, rest, chosen)));
  }
  return all;
}

function table(title, rows, chosen) {
  const caption = make("caption", { className: "hidden" }, title);
  const body = make("tbody", {}, ...rows.map(([name, share]) => row(name, share, chosen.includes(name))));
  return make("table", { className: "bars" }, caption, body);
}

function row(name, share, chosen) {
  const fill = make("i");
  fill.style.width = `${100 * share}%`;
  const bar = make("span", { className: "bar", ariaHidden: "true" }, fill);
  const cells = [
    make("th", { scope: "row" }, name),
    make("td", { className: "wide" }, bar),
    make("td", { className: "n" }, confidence(share)),
  ];
  return make("tr", { className: chosen ? "chosen" : "" }, ...cells);
}
