// Unpacks the pieces of the page; `piece.py` packs them.

import { TempoMap } from "report/timing.js";

const STEPS_PER_NAT = 20;
const UNKNOWN = 255;
// A note with this surprisal may have a higher one, nats.
export const MOST_SURPRISAL = (UNKNOWN - 1) / STEPS_PER_NAT;

// A piece as the player uses it. Times in ticks are `onset`, `end` and `duration`; times
// in seconds are `start` and `stop`. The primer ends at the tick `primerEnd`.
export function unpackPiece(piece, data) {
  const tempoMap = new TempoMap(piece.tempos, piece.ticksPerQuarter);
  const next = columnsOf(piece, data);
  const notes = unpackNotes(next, tempoMap);
  if (piece.surprisal) addSurprisal(notes, next());
  if (piece.symbols) addSymbols(notes, next(), data);
  if (piece.alternatives) addAlternatives(notes, piece.alternatives, next, data);
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

// Returns a function that returns the next column of a piece, one number per note.
function columnsOf({ first, count }, data) {
  let end = first;
  return () => {
    end += count;
    return data.numbers.slice(end - count, end);
  };
}

function unpackNotes(next, tempoMap) {
  const [sinces, durations, pitches, velocities] = [next(), next(), next(), next()];
  let onset = 0;
  return sinces.map((since, number) => {
    onset += since;
    const duration = durations[number];
    const end = onset + duration;
    return {
      number,
      onset,
      end,
      duration,
      pitch: pitches[number],
      velocity: velocities[number],
      start: tempoMap.seconds(onset),
      stop: tempoMap.seconds(end),
      alternatives: [],
      copies: [],
    };
  });
}

// A note whose surprisal is not known has none.
function addSurprisal(notes, column) {
  column.forEach((steps, number) => {
    if (steps !== UNKNOWN) notes[number].surprisal = steps / STEPS_PER_NAT;
  });
}

function addSymbols(notes, column, data) {
  column.forEach((symbol, number) => {
    notes[number].symbol = data.symbols[symbol];
  });
}

// There is a column for the best symbols, one for the second best, and so on.
function addAlternatives(notes, each, next, data) {
  const symbols = Array.from({ length: each }, next);
  const percents = Array.from({ length: each }, next);
  for (const note of notes) {
    const { number } = note;
    // A note that the model did not predict has no alternatives.
    if (percents[0][number] === 0) continue;
    note.alternatives = symbols.map((column, i) => ({
      symbol: data.symbols[column[number]],
      probability: Math.max(0, percents[i][number] - 1) / 100,
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
