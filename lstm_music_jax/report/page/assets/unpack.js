// Unpacks the pieces of the page; `piece.py` packs them.

import { TempoMap } from "report/timing.js";

const STEPS_PER_NAT = 20;
const UNKNOWN = 255;
// A note with this surprisal may have a higher one, nats.
export const MOST_SURPRISAL = (UNKNOWN - 1) / STEPS_PER_NAT;

export function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

// Whole numbers of any size: seven bits per byte, the lowest first.
function varints(base64) {
  const numbers = [];
  let number = 0;
  let scale = 1;
  for (const byte of bytes(base64)) {
    // Not a shift, because that would cut the number to 32 bits.
    number += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      numbers.push(number);
      number = 0;
      scale = 1;
    }
  }
  return numbers;
}

// A piece as the player uses it. Times in ticks are `onset`, `end` and `duration`; times
// in seconds are `start` and `stop`. The primer ends at the tick `primerEnd`.
export function unpackPiece(piece, data) {
  const tempoMap = new TempoMap(piece.tempos, piece.ticksPerQuarter);
  const notes = unpackNotes(piece.notes, tempoMap);
  addSurprisal(notes, piece.surprisal);
  addSymbols(notes, piece.symbols, data);
  addAlternatives(notes, piece.alternatives, data);
  const copies = (piece.copies ?? []).map((copy) => unpackCopy(copy, notes, data));
  const { primerNotes = 0 } = piece;
  const ticks = latest(notes, "end");
  return {
    name: piece.name,
    ticksPerQuarter: piece.ticksPerQuarter,
    tempoMap,
    notes,
    copies,
    primerNotes,
    primerEnd: primerNotes ? (notes[primerNotes]?.onset ?? ticks) : 0,
    skipped: piece.skipped ?? [],
    marks: (piece.marks ?? []).map(([note, text]) => ({ note, text })),
    facts: piece.facts ?? {},
    ticks,
    seconds: latest(notes, "stop"),
  };
}

function unpackNotes(packed, tempoMap) {
  const numbers = varints(packed);
  const notes = [];
  let onset = 0;
  for (let i = 0; i < numbers.length; i += 4) {
    const [since, duration, pitch, velocity] = numbers.slice(i, i + 4);
    onset += since;
    const end = onset + duration;
    notes.push({
      number: notes.length,
      onset,
      end,
      duration,
      pitch,
      velocity,
      start: tempoMap.seconds(onset),
      stop: tempoMap.seconds(end),
      alternatives: [],
      copies: [],
    });
  }
  return notes;
}

// A note whose surprisal is not known has none.
function addSurprisal(notes, packed) {
  if (packed === undefined) return;
  bytes(packed).forEach((steps, number) => {
    if (steps !== UNKNOWN) notes[number].surprisal = steps / STEPS_PER_NAT;
  });
}

function addSymbols(notes, packed, data) {
  if (packed === undefined) return;
  varints(packed).forEach((symbol, number) => {
    notes[number].symbol = data.symbols[symbol];
  });
}

function addAlternatives(notes, packed, data) {
  if (packed === undefined) return;
  const symbols = varints(packed.symbols);
  const shares = bytes(packed.probabilities);
  for (const note of notes) {
    const places = Array.from({ length: packed.each }, (_, i) => note.number * packed.each + i);
    // Of a note that the model did not predict, all probabilities are 0.
    if (places.every((place) => shares[place] === 0)) continue;
    note.alternatives = places.map((place) => ({
      symbol: data.symbols[symbols[place]],
      probability: shares[place] / 255,
    }));
  }
}

// A copied passage, which its notes then know of.
function unpackCopy([first, last, source, length, semitones], notes, data) {
  const own = notes.slice(first, last + 1);
  const copy = {
    source: data.sources[source],
    length,
    semitones,
    onset: own[0].onset,
    end: latest(own, "end"),
    lowest: own.reduce((least, { pitch }) => Math.min(least, pitch), Infinity),
    highest: own.reduce((most, { pitch }) => Math.max(most, pitch), -Infinity),
  };
  for (const note of own) note.copies.push(copy);
  return copy;
}

function latest(notes, time) {
  return notes.reduce((most, note) => Math.max(most, note[time]), 0);
}
