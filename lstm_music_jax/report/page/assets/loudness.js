// Matches the loudness of pieces, from their notes alone.
//
// The powers of notes add up, because their phases are unrelated. So the power of a piece
// follows from that of its tones, and nothing has to be rendered. Loudness is measured as
// in ITU-R BS.1770: weighted by frequency, and without the silent stretches.

import { DAMPING_SECONDS, SHORTEST_SECONDS } from "report/instrument.js";
import { RATE, gainOf, meanSquare, toneOf } from "report/tone.js";

// The loudness that all pieces are brought to, dB.
const TARGET = -20;
const BLOCK_SECONDS = 0.05;
const BLOCKS_PER_WINDOW = 8;
// Windows below these levels do not count: absolute, and relative to the mean, dB.
const SILENCE = -70;
const QUIET = -10;
// The two filters of BS.1770 at 48 kHz: coefficients b0, b1, b2, a1, a2.
const FILTERS = [
  [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585],
  [1, -2, 1, -1.99004745483398, 0.99007225036621],
];

const powers = new WeakMap();

// The factor that brings a piece to the common loudness.
export function matchingGain(notes) {
  const loudness = loudnessOf(notes);
  return Number.isFinite(loudness) ? 10 ** ((TARGET - loudness) / 20) : 1;
}

// The loudness of a piece that is played with gain 1, dB.
function loudnessOf(notes) {
  const windows = windowsOf(blocksOf(notes));
  const heard = windows.filter((power) => decibels(power) > SILENCE);
  const gate = decibels(mean(heard)) + QUIET;
  return decibels(mean(heard.filter((power) => decibels(power) > gate)));
}

function blocksOf(notes) {
  const last = notes.reduce((latest, note) => Math.max(latest, note.stop), 0);
  const blocks = new Float64Array(Math.ceil(last / BLOCK_SECONDS) + BLOCKS_PER_WINDOW);
  for (const note of notes) addNote(blocks, note);
  return blocks;
}

function addNote(blocks, { pitch, velocity, start, stop }) {
  const { tone, speed } = toneOf(pitch, velocity);
  const length = Math.max(stop - start, SHORTEST_SECONDS);
  const first = Math.round(start / BLOCK_SECONDS);
  const power = powersOf(tone);
  for (let block = first; block < blocks.length; block += 1) {
    const age = (block - first + 0.5) * BLOCK_SECONDS;
    const damped = Math.exp((-2 * Math.max(0, age - length)) / DAMPING_SECONDS);
    const position = Math.floor((age * speed) / BLOCK_SECONDS);
    if (position >= power.length || damped < 1e-4) return;
    blocks[block] += gainOf(velocity) ** 2 * power[position] * damped;
  }
}

// The weighted power of a tone, block by block.
function powersOf(tone) {
  if (!powers.has(tone)) {
    const weighted = FILTERS.reduce(filtered, tone.samples);
    const size = BLOCK_SECONDS * RATE;
    const count = Math.floor(weighted.length / size);
    const block = (_, i) => meanSquare(weighted.subarray(i * size, (i + 1) * size));
    powers.set(tone, Float64Array.from({ length: count }, block));
  }
  return powers.get(tone);
}

function filtered(samples, [b0, b1, b2, a1, a2]) {
  const output = new Float32Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i += 1) {
    const x = samples[i];
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    output[i] = y;
  }
  return output;
}

function windowsOf(blocks) {
  const count = Math.max(0, blocks.length - BLOCKS_PER_WINDOW + 1);
  return Array.from({ length: count }, (_, i) =>
    mean(blocks.subarray(i, i + BLOCKS_PER_WINDOW)),
  );
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function decibels(power) {
  return 10 * Math.log10(power) - 0.691;
}
