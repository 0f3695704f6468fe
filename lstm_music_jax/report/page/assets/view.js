// Where things lie on the piano roll: ticks and pitches as pixels, and back.

import { rowCount, stretchesOf } from "report/stretches.js";

// The keys stand at the left edge. The primer, copies and skipped stretches have their
// names in rows at the top, and marks theirs in a row below. The surprisal of each note
// and the time are at the bottom. All in pixels.
export const KEYS_WIDTH = 34;
export const LABEL_HEIGHT = 20;
export const TIMES_HEIGHT = 18;
export const LANE_HEIGHT = 46;
const END_MARGIN = 60;
const PIXELS_PER_QUARTER = 44;
const MOST_PIXELS_PER_QUARTER = 400;
const FEWEST_PITCHES = 18;

export class View {
  constructor(piece) {
    this.piece = piece;
    this.width = 0;
    this.height = 0;
    this.left = 0; // how far the roll is scrolled, pixels
    this.scale = PIXELS_PER_QUARTER / piece.ticksPerQuarter; // pixels per tick
    this.hasLane = piece.notes.some((note) => note.surprisal !== undefined);
    [this.lowest, this.highest] = pitchRange(piece.notes);
    this.stretches = stretchesOf(piece);
    this.rows = rowCount(this.stretches) + (piece.marks.length ? 1 : 0);
  }

  get extent() {
    return KEYS_WIDTH + this.piece.ticks * this.scale + END_MARGIN;
  }

  get top() {
    return LABEL_HEIGHT * this.rows;
  }

  get bottom() {
    return this.height - TIMES_HEIGHT - (this.hasLane ? LANE_HEIGHT : 0);
  }

  get rowHeight() {
    return (this.bottom - this.top) / (this.highest - this.lowest + 1);
  }

  x(tick) {
    return KEYS_WIDTH + tick * this.scale - this.left;
  }

  tick(x) {
    return (x - KEYS_WIDTH + this.left) / this.scale;
  }

  // The upper edge of a pitch's row.
  y(pitch) {
    return this.top + (this.highest - pitch) * this.rowHeight;
  }

  // The rectangle of a note. Even the shortest note can be seen.
  box(note) {
    const gap = Math.min(1, this.rowHeight / 8);
    return {
      x: this.x(note.onset),
      y: this.y(note.pitch) + gap / 2,
      width: Math.max(2, note.duration * this.scale - 1),
      height: Math.max(2, this.rowHeight - gap),
    };
  }

  // The stretch of the piece that is in sight.
  visibleTicks() {
    return [this.tick(KEYS_WIDTH), Math.min(this.piece.ticks, this.tick(this.width))];
  }

  isVisible(first, last) {
    return this.x(last) >= KEYS_WIDTH && this.x(first) <= this.width;
  }

  noteAt(x, y) {
    // A finger or a pointer may miss a thin note by a few pixels.
    for (const margin of [0, 4]) {
      const hit = this.piece.notes.findLast((note) => contains(this.box(note), x, y, margin));
      if (hit) return hit;
    }
    return undefined;
  }

  // Zooms by a factor, but not further out than the whole piece. Returns where to scroll
  // so that the tick at `x` stays where it is.
  zoom(factor, x) {
    const tick = this.tick(x);
    const whole = (this.width - KEYS_WIDTH - END_MARGIN) / Math.max(1, this.piece.ticks);
    const most = MOST_PIXELS_PER_QUARTER / this.piece.ticksPerQuarter;
    this.scale = Math.min(most, Math.max(this.scale * factor, Math.min(whole, this.scale)));
    return KEYS_WIDTH + tick * this.scale - x;
  }
}

function pitchRange(notes) {
  let lowest = notes.reduce((least, { pitch }) => Math.min(least, pitch), 127) - 2;
  let highest = notes.reduce((most, { pitch }) => Math.max(most, pitch), 0) + 2;
  if (!notes.length) [lowest, highest] = [48, 72];
  while (highest - lowest < FEWEST_PITCHES) {
    lowest -= 1;
    highest += 1;
  }
  return [lowest, highest];
}

function contains(box, x, y, margin) {
  return (
    x >= box.x - margin &&
    x <= box.x + box.width + margin &&
    y >= box.y - margin &&
    y <= box.y + box.height + margin
  );
}
