// Paints the piano roll. Each function paints one thing; `paintRoll` has their order.

import { COLOURS, surprisalColour } from "report/colours.js";
import { pitchName } from "report/names.js";
import { clock } from "report/timing.js";
import { KEYS_WIDTH, LABEL_HEIGHT, LANE_HEIGHT, TIMES_HEIGHT } from "report/view.js";

const BLACK_KEYS = [1, 3, 6, 8, 10];
// Lines closer than this are left out, pixels.
const CLOSEST_LINES = 14;
const CLOSEST_TIMES = 60;
// Skipped stretches narrower than this have no name; the legend explains them, pixels.
const NAMED_WIDTH = 52;

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
  const { notes, primerNotes, ticks } = view.piece;
  if (!primerNotes) return;
  const end = view.x(notes[primerNotes]?.onset ?? ticks);
  fill(pen, COLOURS.primer, view.x(0), 0, end - view.x(0), view.bottom);
  fill(pen, COLOURS.primerLine, end - 1, 0, 2, view.bottom);
  label(pen, view, "primer", COLOURS.primerLine, view.x(0) + 4, end - 4);
}

function paintSkipped(pen, view) {
  for (const [first, last] of view.piece.skipped) {
    if (!view.isVisible(first, last)) continue;
    const x = view.x(first);
    const width = Math.max(6, view.x(last) - x);
    hatch(pen, x, view.top, width, view.bottom - view.top);
    if (width > NAMED_WIDTH) label(pen, view, "skipped", COLOURS.text, x + 2, x + width);
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
  const notes = view.piece.notes.slice(copy.first, copy.last + 1);
  const end = Math.max(...notes.map((note) => note.end));
  if (!notes.length || !view.isVisible(notes[0].onset, end)) return;
  const x = view.x(notes[0].onset) - 3;
  const y = view.y(Math.max(...notes.map((note) => note.pitch))) - 3;
  const lower = view.y(Math.min(...notes.map((note) => note.pitch))) + view.rowHeight + 3;
  const right = view.x(end) + 3;
  pen.strokeStyle = COLOURS.copy;
  pen.lineWidth = 2;
  pen.strokeRect(x, y, right - x, lower - y);
  label(pen, view, `copied from ${copy.source}`, COLOURS.copy, x, right);
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
  pen.moveTo(x, LABEL_HEIGHT);
  pen.lineTo(x, view.bottom);
  pen.stroke();
  pen.restore();
  label(pen, view, `◆ ${mark.text}`, COLOURS.mark, x - 6, x + 400, LABEL_HEIGHT);
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

// A name at the top. It stays in sight while its stretch does, and covers earlier names.
function label(pen, view, text, colour, from, to, y = 0) {
  const x = Math.max(from, KEYS_WIDTH + 2);
  if (x >= Math.min(to, view.width)) return;
  fill(pen, COLOURS.background, x, y + 1, pen.measureText(text).width + 6, LABEL_HEIGHT - 2);
  pen.fillStyle = colour;
  pen.fillText(text, x + 2, y + LABEL_HEIGHT / 2 + 1);
}

function fill(pen, colour, x, y, width, height) {
  pen.fillStyle = colour;
  pen.fillRect(x, y, width, height);
}
