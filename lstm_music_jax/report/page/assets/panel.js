// Shows one note: what it is, how surprising it was, and what else it might have been.

import { make } from "report/dom.js";
import {
  pitchName,
  probabilityText,
  quarters,
  surprisalText,
  symbolText,
  transposition,
} from "report/names.js";
import { clock } from "report/timing.js";

const HINT = "Point at a note, or move along the notes with the arrow keys.";

export class Panel {
  constructor() {
    this.element = make("div", { className: "note-panel" });
    // What is shown while the pointer moves is not read out; what the keys choose is.
    this.spoken = make("p", { className: "unseen", "aria-live": "polite" });
  }

  // Shows a note of a piece, or without one how to choose it.
  show(piece, note) {
    if (piece === this.piece && note === this.note) return;
    this.piece = piece;
    this.note = note;
    const isFull = piece.notes.some(({ alternatives }) => alternatives.length);
    this.element.classList.toggle("full", isFull);
    if (note) this.element.replaceChildren(...noteElements(piece, note));
    else this.element.replaceChildren(make("p", { className: "hint", textContent: HINT }));
  }

  speak(piece, note) {
    this.spoken.textContent = noteSentence(piece, note);
  }
}

function noteElements(piece, note) {
  const heading = make("h3", { textContent: pitchName(note.pitch) });
  const facts = noteFacts(piece, note).flatMap(([name, value]) => [
    make("dt", { textContent: name }),
    make("dd", { textContent: value }),
  ]);
  const elements = [make("div", {}, [heading, make("dl", {}, facts)])];
  if (note.alternatives.length) elements.push(alternativesTable(note));
  return elements;
}

function noteFacts(piece, note) {
  const facts = [
    ["note", `${note.number + 1} of ${piece.notes.length}`],
    ["starts", `${clock(note.start)}, after ${quarters(note.onset, piece.ticksPerQuarter)}`],
    ["lasts", quarters(note.duration, piece.ticksPerQuarter)],
    ["velocity", String(note.velocity)],
  ];
  if (note.surprisal !== undefined) facts.push(["surprisal", surprisalText(note.surprisal)]);
  if (note.number < piece.primerNotes) facts.push(["part of", "the primer"]);
  for (const copy of note.copies) facts.push(["copied from", copyText(copy)]);
  for (const mark of piece.marks) {
    if (mark.note === note.number) facts.push(["mark", mark.text]);
  }
  return facts;
}

function copyText({ source, length, semitones }) {
  return `${source} (${length} symbols, ${transposition(semitones)})`;
}

function alternativesTable(note) {
  const caption = make("caption", { textContent: "The model's most probable symbols" });
  const rows = note.alternatives.map((alternative) => alternativeRow(alternative, note));
  if (!isAmong(note)) rows.push(outsideRow(note));
  const body = make("tbody", {}, rows);
  return make("table", { className: "alternatives" }, [caption, body]);
}

function isAmong(note) {
  return note.alternatives.some(({ symbol }) => symbol === note.symbol);
}

function alternativeRow({ symbol, probability }, note) {
  const bar = make("span", { className: "bar" });
  bar.style.width = `${100 * probability}%`;
  const track = make("td", { className: "track", "aria-hidden": "true" }, [bar]);
  const value = make("td", { className: "number", textContent: probabilityText(probability) });
  return symbolRow(symbol, symbol === note.symbol, [track, value]);
}

function outsideRow(note) {
  const text = "not among these";
  return symbolRow(note.symbol ?? "", true, [make("td", { colSpan: 2, textContent: text })]);
}

function symbolRow(symbol, isChosen, cells) {
  const name = make("th", { scope: "row", textContent: symbolText(symbol) });
  if (isChosen) name.append(make("span", { className: "chosen", textContent: " ◂ played" }));
  return make("tr", { className: isChosen ? "is-chosen" : "" }, [name, ...cells]);
}

function noteSentence(piece, note) {
  const facts = noteFacts(piece, note).map(([name, value]) => `${name} ${value}`);
  const others = note.alternatives.map(
    ({ symbol, probability }) => `${symbolText(symbol)} ${probabilityText(probability)}`,
  );
  const ending = others.length ? `. The model's best: ${others.join(", ")}` : "";
  return `${pitchName(note.pitch)}: ${facts.join(", ")}${ending}.`;
}
