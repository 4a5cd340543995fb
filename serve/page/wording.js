/** How numbers and names are written, as in the reports of a screening. */

/** Thousands separated, or three significant digits. */
export function number(value) {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}

/** Two digits, where 1.00 means that it is 1. */
export function confidence(value) {
  return value >= 0.995 && value < 0.9999 ? "> 0.99" : value.toFixed(2);
}

/** A length on the sample, in the unit that suits it. */
export function length(micrometres) {
  if (micrometres >= 1000) return `${number(micrometres / 1000)} mm`;
  return micrometres >= 1 ? `${number(micrometres)} µm` : `${number(micrometres * 1000)} nm`;
}

/** How long something took. */
export const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

/** The size of a file. */
export function bytes(count) {
  return count >= 1e6 ? `${number(count / 1e6)} MB` : `${number(Math.ceil(count / 1e3))} kB`;
}

/** "A:0.75+B:0.25" as people say it; null is the base. */
export function expert(name) {
  if (!name) return "the base model";
  const parts = name.split("+").map((part) => part.split(":"));
  return parts.map(([who, share]) => (share ? `${who} ${Math.round(share * 100)}\u00a0%` : who)).join(" + ");
}

/** The last part of a path or URI: what people call the file. */
export const fileName = (path) => path.split(/[/\\]/).pop() || path;
