// The stretches of a piece that have a name above the piano roll.

// Each row takes space from the notes. A name that finds no row is left out, because the
// panel of a note says all of its sources.
const MOST_ROWS = 3;

// The primer, skipped stretches and copied passages, in the order of their onsets. Those
// that overlap have different rows, from 0; one that finds no row has none.
export function stretchesOf({ primerEnd, skipped, copies }) {
  const stretches = [
    ...copies.map((copy) => ({ kind: "copy", name: `copied from ${copy.source}`, ...copy })),
    ...skipped.map(([onset, end]) => ({ kind: "skipped", name: "skipped", onset, end })),
  ];
  if (primerEnd) stretches.push({ kind: "primer", name: "primer", onset: 0, end: primerEnd });
  stretches.sort((one, other) => one.onset - other.onset);
  const ends = Array(MOST_ROWS).fill(-Infinity);
  for (const stretch of stretches) {
    const row = ends.findIndex((end) => end <= stretch.onset);
    if (row < 0) continue;
    stretch.row = row;
    ends[row] = stretch.end;
  }
  return stretches;
}

// The number of rows that the names of stretches need; one stays even without names.
export function rowCount(stretches) {
  return stretches.reduce((most, { row }) => Math.max(most, (row ?? 0) + 1), 1);
}
