// The legend of the piano roll: what its colours and its lines mean.

import { surprisalColour } from "report/colours.js";
import { make } from "report/dom.js";

const WIDTH = 120;
const HEIGHT = 12;

export function legendElements(piece, top) {
  const has = (test) => piece.notes.some(test);
  const elements = [];
  if (has((note) => note.surprisal !== undefined)) elements.push(scaleElement(top));
  if (top !== undefined && has((note) => note.surprisal === undefined)) {
    elements.push(entry("swatch-unknown", "surprisal not known"));
  }
  if (piece.primerNotes) elements.push(entry("swatch-primer", "primer"));
  if (piece.copies.length) elements.push(entry("swatch-copy", "copied from a training piece"));
  if (piece.skipped.length) elements.push(entry("swatch-skipped", "symbols skipped"));
  return elements;
}

function scaleElement(top) {
  const canvas = make("canvas", { width: WIDTH, height: HEIGHT, role: "img" });
  canvas.setAttribute("aria-label", "from dark blue over green to yellow");
  const pen = canvas.getContext("2d");
  for (let x = 0; x < WIDTH; x += 1) {
    pen.fillStyle = surprisalColour((x / (WIDTH - 1)) * top, top);
    pen.fillRect(x, 0, 1, HEIGHT);
  }
  const text = (content) => make("span", { textContent: content });
  return make("span", {}, [
    text("surprisal of a note, nats: 0"),
    canvas,
    text(`${top} or more`),
  ]);
}

function entry(className, text) {
  const swatch = make("span", { className: `swatch ${className}`, "aria-hidden": "true" });
  return make("span", {}, [swatch, make("span", { textContent: text })]);
}
