// The instrument: strikes notes in Web Audio, for the ear or for an OfflineAudioContext.

import { RATE, gainOf, randomNumbers, toneOf } from "report/tone.js";

// The damper stops a string within a few of these, seconds.
export const DAMPING_SECONDS = 0.09;
// A note sounds at least this long, because a shorter one would be a click.
export const SHORTEST_SECONDS = 0.08;
const ROOM_SECONDS = 1.3;
const ROOM_LEVEL = 0.2;
// Up to this amplitude nothing is changed; what goes beyond is rounded, and does not clip.
const LIMIT_BEGINS = 0.7;

const buffers = new Map();

export class Instrument {
  // `gain` is the factor that matches the loudness of pieces.
  constructor(context, destination, gain = 1) {
    this.context = context;
    this.input = new GainNode(context, { gain });
    const limiter = new WaveShaperNode(context, { curve: limiterCurve() });
    const room = new ConvolverNode(context, { buffer: roomBuffer(context.sampleRate) });
    const roomLevel = new GainNode(context, { gain: ROOM_LEVEL });
    // The curve of a shaper ends at 1; what is louder is scaled to fit below.
    const before = new GainNode(context, { gain: 1 / CURVE_REACH });
    this.input.connect(before);
    this.input.connect(room).connect(roomLevel).connect(before);
    before.connect(limiter).connect(destination);
  }

  set gain(gain) {
    this.input.gain.value = gain;
  }

  // Strikes a note at the time `when` and damps it `seconds` later.
  strike({ pitch, velocity }, when, seconds) {
    const { tone, speed } = toneOf(pitch, velocity);
    const source = new AudioBufferSourceNode(this.context, {
      buffer: bufferOf(tone),
      playbackRate: speed,
    });
    const gain = new GainNode(this.context, { gain: gainOf(velocity) });
    source.connect(gain).connect(this.input);
    source.start(when);
    const voice = { source, gain, when };
    damp(voice, when + Math.max(seconds, SHORTEST_SECONDS), DAMPING_SECONDS);
    return voice;
  }

  // Stops voices soon; those that have not begun are never heard.
  silence(voices) {
    const now = this.context.currentTime;
    for (const voice of voices) {
      voice.gain.gain.cancelScheduledValues(now);
      damp(voice, now, 0.02);
    }
  }
}

function damp(voice, when, fade) {
  voice.gain.gain.setTargetAtTime(0, when, fade);
  voice.source.stop(when + 8 * fade);
}

function bufferOf(tone) {
  if (!buffers.has(tone)) {
    const buffer = new AudioBuffer({ length: tone.samples.length, sampleRate: RATE });
    buffer.copyToChannel(tone.samples, 0);
    buffers.set(tone, buffer);
  }
  return buffers.get(tone);
}

// The echo of a small room: noise that fades and grows dull, different for each ear.
function roomBuffer(sampleRate) {
  const length = Math.round(ROOM_SECONDS * sampleRate);
  const buffer = new AudioBuffer({ length, sampleRate, numberOfChannels: 2 });
  for (const channel of [0, 1]) {
    const random = randomNumbers(channel);
    let smooth = 0;
    const echo = buffer.getChannelData(channel);
    for (let i = 0; i < length; i += 1) {
      const age = i / length;
      smooth += (0.8 - 0.5 * age) * (random() - smooth);
      echo[i] = smooth * Math.exp(-6 * age) * (1 - age);
    }
  }
  return buffer;
}

const CURVE_REACH = 4;

function limiterCurve() {
  const size = 4097;
  return Float32Array.from({ length: size }, (_, i) => {
    const input = CURVE_REACH * ((2 * i) / (size - 1) - 1);
    const beyond = Math.max(0, Math.abs(input) - LIMIT_BEGINS);
    const room = 1 - LIMIT_BEGINS;
    const rounded = room * Math.tanh(beyond / room);
    return Math.sign(input) * (Math.min(Math.abs(input), LIMIT_BEGINS) + rounded);
  });
}
