/** Which model answers: the gate's choice, the base, or one expert. */

import { get } from "./api.js";
import { make, one } from "./dom.js";
import * as key from "./key.js";

const select = one("#model");

/** The id that requests carry; none leaves the choice to the endpoint. */
export const chosen = () => select.value || undefined;

/** Fills the choice; automatic comes first, where the model has experts. */
export async function load() {
  try {
    const { data } = await get("v1/models");
    fill(data.map((model) => model.id));
  } catch (error) {
    if (error.status !== 401) throw error;
    await key.given();
    await load();
  }
}

function fill(ids) {
  const before = select.value;
  const base = ids.filter((id) => !id.includes(":"));
  const auto = ids.filter((id) => id.endsWith(":auto"));
  const experts = ids.filter((id) => id.includes(":") && !auto.includes(id));
  select.replaceChildren(
    ...auto.map((id) => option(id, "Automatic (the gate chooses)")),
    ...base.map((id) => option(id, "Base model")),
  );
  if (experts.length) {
    const names = experts.map((id) => option(id, id.slice(id.indexOf(":") + 1)));
    select.append(make("optgroup", { label: "Experts" }, ...names));
  }
  if (ids.includes(before)) select.value = before;
}

const option = (value, text) => make("option", { value }, text);
