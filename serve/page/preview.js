/** The micrograph as the endpoint sees it: its frame, the info bar that was found, the settings that were read. */

import { make, one } from "./dom.js";
import { bytes, length, number } from "./wording.js";

const panel = one("#micrograph");
const frame = one("#frame");
const bar = one(".info-bar", panel);
const pages = one("#pages");
const choice = one("select", pages);

const SETTINGS = [
  ["kv", "Acceleration voltage", (value) => `${number(value)} kV`],
  ["magnification", "Magnification", (value) => `${number(value)} ×`],
  ["working_distance_mm", "Working distance", (value) => `${number(value)} mm`],
  ["detector", "Detector", String],
  ["pixel_size_nm", "Pixel size", (value) => length(value / 1000)],
  ["field_width_um", "Field width", length],
  ["spot_size", "Spot size", String],
  ["instrument", "Instrument", String],
  ["date", "Taken", (value) => value.replace("T", " ")],
  ["source", "Settings read from", (value) => value.split("+").map((name) => SOURCES[name] ?? name).join(", ")],
];

const SOURCES = { zeiss: "Zeiss’s tag", fei: "FEI’s tag", sidecar: "text file", imagej: "ImageJ’s notes", "tiff resolution": "TIFF resolution" };

/** Shows a file that was read: `{file, pages}`. */
export function showMicrograph(micrograph) {
  choice.replaceChildren(...micrograph.pages.map((page) => make("option", {}, `${page.page + 1} of ${page.pages}`)));
  choice.onchange = () => showPage(micrograph, micrograph.pages[choice.selectedIndex]);
  pages.hidden = micrograph.pages.length === 1;
  showPage(micrograph, micrograph.pages[0]);
}

/** Shows none. */
export function clearMicrograph() {
  frame.hidden = pages.hidden = true;
  one(".empty", panel).hidden = false;
  one(".facts", panel).replaceChildren();
}

function showPage(micrograph, page) {
  const picture = one(".picture", panel);
  picture.style.aspectRatio = `${page.width} / ${page.height}`;
  picture.style.setProperty("--ratio", page.width / page.height);
  const image = one("img", panel);
  image.src = page.preview;
  image.alt = `Micrograph ${micrograph.file.name}`;
  outline(page);
  one("figcaption", panel).textContent = caption(micrograph.file, page);
  one(".facts", panel).replaceChildren(...facts(page.acquisition));
  frame.hidden = false;
  one(".empty", panel).hidden = true;
}

/** The bar's place is in pixels of the stored frame; the preview is a smaller copy of all of it. */
function outline(page) {
  bar.hidden = !page.info_bar;
  if (!page.info_bar) return;
  const { top, bottom, left, right } = page.info_bar;
  bar.style.top = `${(100 * top) / page.height}%`;
  bar.style.height = `${(100 * (bottom - top)) / page.height}%`;
  bar.style.left = `${(100 * left) / page.width}%`;
  bar.style.width = `${(100 * (right - left)) / page.width}%`;
  bar.classList.toggle("below", top < page.height / 8);
}

function caption(file, page) {
  const parts = [file.name, `${page.width} × ${page.height} px`, bytes(file.size)];
  parts.push(page.info_bar ? "the model sees it without its info bar" : "no info bar found");
  return parts.join(" · ");
}

function facts(acquisition) {
  const known = SETTINGS.filter(([name]) => name in acquisition);
  if (!known.length) return [fact("Acquisition", "The file tells no settings.")];
  return known.map(([name, title, write]) => fact(title, write(acquisition[name])));
}

const fact = (title, value) => make("div", {}, make("dt", {}, title), make("dd", {}, value));
