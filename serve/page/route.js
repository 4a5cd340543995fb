/** Who answered, and what the gate thought of each expert. */

import { bars } from "./bars.js";
import { make } from "./dom.js";
import { expert } from "./wording.js";

/** Fills `place` with the `expert` and `gate` of an answer. */
export function showRoute(place, route) {
  const who = make("p", {}, "Answered by ", make("b", {}, expert(route.expert)));
  // A file with several pages is several views of one sample.
  if (route.micrographs.length > 1) who.append(`, from ${route.micrographs.length} pages`);
  if (!route.gate.length) return place.replaceChildren(who);
  const chosen = (route.expert ?? "").split("+").map((part) => part.split(":")[0]);
  const rows = route.gate.map((share) => [share.expert, share.score]);
  who.append(make("span", { className: "note" }, ". The gate’s scores:"));
  place.replaceChildren(who, ...bars("Gate scores", rows, chosen));
}
