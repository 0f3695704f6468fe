// Names of pitches and numbers, for people.

import { MOST_SURPRISAL } from "report/unpack.js";

const CLASSES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B"];

// "E♭4"; 60 is C4, as in the symbols.
export function pitchName(pitch) {
  return `${CLASSES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

// "pitch_63 (E♭4)": who reads music need not know the numbers of the pitches.
export function symbolText(symbol) {
  const number = /^(?:pitch|note_on|note_off)_(\d+)$/.exec(symbol)?.[1];
  return number ? `${symbol} (${pitchName(Number(number))})` : symbol;
}

export function percent(share) {
  return `${Math.round(100 * share)} %`;
}

// The page knows probabilities to a percent, so none is said to be 0.
export function probabilityText(probability) {
  return probability < 0.01 ? "< 1 %" : percent(probability);
}

export function surprisalText(surprisal) {
  const number = surprisal.toFixed(1);
  if (surprisal >= MOST_SURPRISAL) return `${number} nats or more`;
  return `${number} ${number === "1.0" ? "nat" : "nats"}`;
}

// Ticks in quarters, without needless digits: "1.5 quarters".
export function quarters(ticks, ticksPerQuarter) {
  const number = Number((ticks / ticksPerQuarter).toFixed(2));
  return `${number} ${number === 1 ? "quarter" : "quarters"}`;
}

// "the source is 2 semitones higher".
export function transposition(semitones) {
  if (semitones === 0) return "at the same pitch";
  const number = Math.abs(semitones);
  const unit = number === 1 ? "semitone" : "semitones";
  return `the source is ${number} ${unit} ${semitones > 0 ? "higher" : "lower"}`;
}
