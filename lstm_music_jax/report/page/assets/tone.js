// The tone of one struck string, as samples. It is computed, so that the page holds no
// audio.

export const RATE = 48000;
// Tones are made for every third pitch; the pitches between them are played faster or
// slower, which changes the timbre too little to be heard.
const PITCHES_PER_TONE = 3;
// A harder strike sounds brighter.
const HARDNESSES = 4;
// Partials beyond these are left out: by number, frequency (Hz) and amplitude.
const PARTIALS = 30;
const HIGHEST_FREQUENCY = 9000;
const FAINTEST = 3e-4;
// The hammer strikes the string at this part of its length.
const STRIKE_POINT = 1 / 8;
// Chords share partials. With these phases, which are radians, the partials neither add up
// nor cancel each other, so a chord is as loud as its notes make it.
const PHASE_PER_OCTAVE = (110 / 180) * Math.PI;
const ATTACK_SECONDS = 0.003;
// All tones have this level in their first moments, so that the scale is even.
const LEVEL = 0.11;
const LEVEL_SECONDS = 0.15;

const tones = new Map();

// Returns the tone for a note: its samples, and how much faster they are played.
export function toneOf(pitch, velocity) {
  const pitchOfTone = PITCHES_PER_TONE * Math.round(pitch / PITCHES_PER_TONE);
  const hardness = Math.floor((velocity / 128) * HARDNESSES);
  const key = pitchOfTone * HARDNESSES + hardness;
  if (!tones.has(key)) tones.set(key, makeTone(pitchOfTone, hardness));
  return { tone: tones.get(key), speed: 2 ** ((pitch - pitchOfTone) / 12) };
}

// The loudness of a strike, as a factor of the samples.
export function gainOf(velocity) {
  return (velocity / 127) ** 1.5;
}

function makeTone(pitch, hardness) {
  const frequency = 440 * 2 ** ((pitch - 69) / 12);
  const seconds = Math.min(6, Math.max(0.8, 8 - pitch / 14));
  const samples = new Float32Array(Math.round(seconds * RATE));
  for (const partial of partialsOf(frequency, pitch, hardness)) {
    addPartial(samples, partial, (PHASE_PER_OCTAVE * pitch) / 12);
  }
  addHammer(samples, randomNumbers(pitch * HARDNESSES + hardness));
  fadeEnds(samples);
  scaleToLevel(samples);
  return { samples };
}

function* partialsOf(frequency, pitch, hardness) {
  // A string is stiff, so its partials are a little sharper than whole multiples.
  const stiffness = 0.00012 * 2 ** ((pitch - 40) / 14);
  const brightness = 0.55 + 0.35 * hardness;
  const decay = 0.45 * 2 ** ((pitch - 45) / 17);
  for (let k = 1; k <= PARTIALS; k += 1) {
    const own = k * frequency * Math.sqrt(1 + stiffness * k * k);
    if (own > HIGHEST_FREQUENCY) return;
    // Of a string that is struck at an eighth of its length, each eighth partial is mute.
    const amplitude =
      (Math.abs(Math.sin(Math.PI * k * STRIKE_POINT)) / k) *
      Math.exp(-own / (1100 * brightness));
    if (amplitude < FAINTEST) continue;
    const fade = decay * (1 + 0.35 * (k - 1));
    // The strings of one key are not quite in tune. What they share dies away soon; the
    // rest sounds on.
    yield { frequency: own, amplitude: 0.75 * amplitude, fade: 3 * fade };
    yield { frequency: own * 1.0004, amplitude: 0.25 * amplitude, fade };
  }
}

// Adds a sine that fades, by turning a number in the complex plane.
function addPartial(samples, { frequency, amplitude, fade }, phase) {
  const turn = (2 * Math.PI * frequency) / RATE;
  const shrink = Math.exp(-fade / RATE);
  const [cosine, sine] = [shrink * Math.cos(turn), shrink * Math.sin(turn)];
  const audible = Math.log(amplitude / FAINTEST) / fade;
  const count = Math.min(samples.length, Math.round(audible * RATE));
  let real = amplitude * Math.cos(phase);
  let imaginary = amplitude * Math.sin(phase);
  for (let i = 0; i < count; i += 1) {
    samples[i] += imaginary;
    const next = real * cosine - imaginary * sine;
    imaginary = real * sine + imaginary * cosine;
    real = next;
  }
}

// The knock of the hammer: a short, dull noise.
function addHammer(samples, random) {
  let smooth = 0;
  for (let i = 0; i < 0.03 * RATE; i += 1) {
    smooth += 0.08 * (random() - smooth);
    samples[i] += 0.1 * smooth * Math.exp(-i / (0.006 * RATE));
  }
}

// Samples that begin or end in a jump would click.
function fadeEnds(samples) {
  const attack = Math.round(ATTACK_SECONDS * RATE);
  for (let i = 0; i < attack; i += 1) {
    samples[i] *= 0.5 - 0.5 * Math.cos((Math.PI * i) / attack);
  }
  const release = Math.round(0.2 * RATE);
  for (let i = 0; i < release; i += 1) {
    samples[samples.length - 1 - i] *= i / release;
  }
}

function scaleToLevel(samples) {
  const count = Math.round(LEVEL_SECONDS * RATE);
  const factor = LEVEL / Math.sqrt(meanSquare(samples.subarray(0, count)));
  for (let i = 0; i < samples.length; i += 1) samples[i] *= factor;
}

export function meanSquare(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / samples.length;
}

// Numbers from -1 to 1 that are the same on each run (a linear congruential generator).
export function randomNumbers(seed) {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
