// Names of pitches and numbers, for people.

const CLASSES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B"];

// "E♭4"; 60 is C4, as in the symbols.
export function pitchName(pitch) {
  return `${CLASSES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

export function percent(share) {
  if (share > 0 && share < 0.01) return "< 1 %";
  return `${Math.round(100 * share)} %`;
}

export function nats(surprisal) {
  return `${surprisal.toFixed(1)} ${surprisal.toFixed(1) === "1.0" ? "nat" : "nats"}`;
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
