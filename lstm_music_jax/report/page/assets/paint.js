// Paints the piano roll. Each function paints one thing; `paintRoll` has their order.

import { COLOURS, surprisalColour } from "report/colours.js";
import { pitchName } from "report/names.js";
import { clock } from "report/timing.js";
import { KEYS_WIDTH, LABEL_HEIGHT, LANE_HEIGHT, TIMES_HEIGHT } from "report/view.js";

const BLACK_KEYS = [1, 3, 6, 8, 10];
// Lines closer than this are left out, pixels.
const CLOSEST_LINES = 14;
const CLOSEST_TIMES = 60;
// A name that is cut shorter than this is left out, in letters. The legend says what the
// colours mean.
const FEWEST_LETTERS = 6;
const NAME_COLOURS = {
  primer: COLOURS.primerLine,
  skipped: COLOURS.text,
  copy: COLOURS.copy,
};

// `state` has what changes: `tick` of the cursor, the note `shown` in the panel, and the
// `top` of the colour scale.
export function paintRoll(pen, view, state) {
  const visible = view.piece.notes.filter((note) => view.isVisible(note.onset, note.end));
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  paintRows(pen, view);
  paintQuarters(pen, view);
  paintPrimer(pen, view);
  paintSkipped(pen, view);
  for (const note of visible) paintNote(pen, view, note, state);
  for (const copy of view.piece.copies) paintCopy(pen, view, copy);
  for (const stretch of view.stretches) paintName(pen, view, stretch);
  if (view.hasLane) paintLane(pen, view, visible, state);
  paintTimes(pen, view);
  for (const mark of view.piece.marks) paintMark(pen, view, mark);
  paintCursor(pen, view, state);
  paintKeys(pen, view);
}

function paintRows(pen, view) {
  fill(pen, COLOURS.background, 0, 0, view.width, view.height);
  for (let pitch = view.lowest; pitch <= view.highest; pitch += 1) {
    if (BLACK_KEYS.includes(pitch % 12)) {
      fill(pen, COLOURS.blackKey, 0, view.y(pitch), view.width, view.rowHeight);
    }
    if (pitch % 12 === 0) {
      fill(pen, COLOURS.octave, 0, view.y(pitch) + view.rowHeight, view.width, 1);
    }
  }
}

function paintQuarters(pen, view) {
  const { ticksPerQuarter } = view.piece;
  let step = ticksPerQuarter;
  while (step * view.scale < CLOSEST_LINES) step *= 4;
  const first = Math.max(0, Math.floor(view.tick(KEYS_WIDTH) / step)) * step;
  for (let tick = first; view.x(tick) < view.width; tick += step) {
    fill(pen, COLOURS.line, view.x(tick), view.top, 1, view.bottom - view.top);
  }
}

function paintPrimer(pen, view) {
  const { primerEnd } = view.piece;
  if (!primerEnd) return;
  const end = view.x(primerEnd);
  fill(pen, COLOURS.primer, view.x(0), 0, end - view.x(0), view.bottom);
  fill(pen, COLOURS.primerLine, end - 1, 0, 2, view.bottom);
}

function paintSkipped(pen, view) {
  for (const [first, last] of view.piece.skipped) {
    if (!view.isVisible(first, last)) continue;
    const x = view.x(first);
    const width = Math.max(6, view.x(last) - x);
    hatch(pen, x, view.top, width, view.bottom - view.top);
  }
}

function hatch(pen, x, y, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.strokeStyle = COLOURS.skipped;
  pen.lineWidth = 2;
  pen.beginPath();
  for (let from = x - height; from < x + width; from += 9) {
    pen.moveTo(from, y + height);
    pen.lineTo(from + height, y);
  }
  pen.stroke();
  pen.restore();
}

function paintNote(pen, view, note, state) {
  const { x, y, width, height } = view.box(note);
  pen.fillStyle = surprisalColour(note.surprisal, state.top);
  pen.beginPath();
  pen.roundRect(x, y, width, height, Math.min(2, height / 3));
  pen.fill();
  const sounds = state.tick >= note.onset && state.tick < note.end;
  if (note !== state.shown && !sounds) return;
  pen.strokeStyle = COLOURS.cursor;
  pen.lineWidth = note === state.shown ? 2.5 : 1.5;
  pen.stroke();
}

function paintCopy(pen, view, copy) {
  if (!view.isVisible(copy.onset, copy.end)) return;
  const x = view.x(copy.onset) - 3;
  const y = view.y(copy.highest) - 3;
  const lower = view.y(copy.lowest) + view.rowHeight + 3;
  const right = view.x(copy.end) + 3;
  pen.strokeStyle = COLOURS.copy;
  pen.lineWidth = 2;
  pen.strokeRect(x, y, right - x, lower - y);
}

function paintName(pen, view, { kind, name, row, onset, end }) {
  if (row === undefined) return;
  const [from, to] = [view.x(onset), view.x(end)];
  label(pen, view, name, NAME_COLOURS[kind], from, to, row * LABEL_HEIGHT);
}

// The surprisal once more as the height of a bar, for those who do not see the colours.
function paintLane(pen, view, notes, state) {
  const floor = view.height - TIMES_HEIGHT;
  fill(pen, COLOURS.octave, 0, view.bottom, view.width, 1);
  // The notes of a chord stand at one place, so the lower bars come last, and in front.
  const known = notes.filter((note) => note.surprisal !== undefined);
  for (const note of known.sort((a, b) => b.surprisal - a.surprisal)) {
    const share = Math.min(1, note.surprisal / state.top);
    const height = Math.max(2, share * (LANE_HEIGHT - 8));
    const width = Math.max(2, Math.min(6, view.box(note).width));
    const colour = surprisalColour(note.surprisal, state.top);
    fill(pen, colour, view.x(note.onset), floor - height, width, height);
  }
}

function paintTimes(pen, view) {
  const { tempoMap } = view.piece;
  const y = view.height - TIMES_HEIGHT;
  fill(pen, COLOURS.octave, 0, y, view.width, 1);
  const from = tempoMap.seconds(Math.max(0, view.tick(KEYS_WIDTH)));
  const to = tempoMap.seconds(view.tick(view.width));
  const most = view.width / CLOSEST_TIMES;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
  const step = steps.find((candidate) => (to - from) / candidate <= most) ?? 1200;
  pen.fillStyle = COLOURS.text;
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
    const x = view.x(tempoMap.ticks(time));
    fill(pen, COLOURS.text, x, y, 1, 4);
    pen.fillText(clock(time), x + 3, y + TIMES_HEIGHT / 2 + 1);
  }
}

function paintMark(pen, view, mark) {
  const note = view.piece.notes[mark.note];
  if (!note || !view.isVisible(note.onset - 200 / view.scale, note.onset)) return;
  const x = view.x(note.onset);
  pen.save();
  pen.strokeStyle = COLOURS.mark;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(x, view.top - LABEL_HEIGHT);
  pen.lineTo(x, view.bottom);
  pen.stroke();
  pen.restore();
  label(pen, view, `◆ ${mark.text}`, COLOURS.mark, x - 6, x + 400, view.top - LABEL_HEIGHT);
}

function paintCursor(pen, view, state) {
  const x = view.x(state.tick);
  fill(pen, COLOURS.cursor, x - 1, 0, 2, view.height - TIMES_HEIGHT);
}

function paintKeys(pen, view) {
  fill(pen, COLOURS.background, 0, 0, KEYS_WIDTH - 2, view.height);
  fill(pen, COLOURS.octave, KEYS_WIDTH - 2, 0, 1, view.height);
  for (let pitch = view.lowest; pitch <= view.highest; pitch += 1) {
    if (pitch % 12 !== 0) continue;
    pen.fillStyle = COLOURS.text;
    pen.fillText(pitchName(pitch), 5, view.y(pitch) + view.rowHeight / 2);
  }
  if (!view.hasLane) return;
  pen.fillText("nats", 5, view.height - TIMES_HEIGHT - LANE_HEIGHT / 2);
}

// A name at the top. It stays in sight while its stretch does, and is cut where the stretch
// ends, so that it covers no other name of its row.
function label(pen, view, name, colour, from, to, y) {
  const x = Math.max(from, KEYS_WIDTH + 2);
  if (x >= view.width) return;
  const text = shortened(pen, name, to - x - 6);
  if (!text) return;
  fill(pen, COLOURS.background, x, y + 1, pen.measureText(text).width + 6, LABEL_HEIGHT - 2);
  pen.fillStyle = colour;
  pen.fillText(text, x + 2, y + LABEL_HEIGHT / 2 + 1);
}

// The text, or its beginning with "…", in at most so many pixels; "" if too little fits.
function shortened(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  const letters = [...text];
  const cut = (count) => `${letters.slice(0, count).join("")}…`;
  let count = letters.length - 1;
  while (count >= FEWEST_LETTERS && pen.measureText(cut(count)).width > width) count -= 1;
  return count >= FEWEST_LETTERS ? cut(count) : "";
}

function fill(pen, colour, x, y, width, height) {
  pen.fillStyle = colour;
  pen.fillRect(x, y, width, height);
}
