// Plays a piece in time: says when each note is struck, a little ahead.

import { Instrument } from "report/instrument.js";
import { matchingGain } from "report/loudness.js";
import { hearOthers, tellOthers } from "report/others.js";

// Notes are handed to Web Audio this long ahead, because browsers let the timers of a
// hidden page run only once per second.
const AHEAD_SECONDS = 1.6;
const TIMER_MILLISECONDS = 100;
// Time for the first notes to reach the device.
const LEAD_SECONDS = 0.06;
// The last notes may ring this long.
const RING_SECONDS = 1;

let context;
let playing;

hearOthers(() => playing?.pause());

// Browsers start an AudioContext only after a person has done something, so it is made
// when a piece or a note is first heard. All players share it.
function sharedContext() {
  context ??= new AudioContext();
  return context;
}

// Dispatches "change" when it starts, stops, or moves by another way than by playing.
export class Playback extends EventTarget {
  #position = 0; // seconds of the piece, while it is not playing
  #anchor; // where the piece was at a time of the context's clock
  #voices = [];
  #next = 0; // the number of the next note to strike
  #timer;
  #instrument;
  #volumeNode;
  #volume = 0.8;
  #tempo = 1;
  #piece;

  load(piece) {
    this.pause();
    this.#piece = piece;
    this.#position = 0;
    if (this.#instrument) this.#instrument.gain = matchingGain(piece.notes);
    this.#changed();
  }

  get isPlaying() {
    return this.#timer !== undefined;
  }

  get length() {
    return this.#piece.seconds;
  }

  get position() {
    if (!this.isPlaying) return this.#position;
    const now = this.#anchor.position + this.#tempo * (context.currentTime - this.#anchor.time);
    return Math.min(Math.max(now, this.#anchor.position), this.length);
  }

  play() {
    if (this.isPlaying) return;
    if (playing) playing.pause();
    playing = this;
    tellOthers();
    this.#prepare();
    if (this.#position >= this.length) this.#position = 0;
    this.#timer = setInterval(() => this.#tick(), TIMER_MILLISECONDS);
    this.#begin(this.#position, LEAD_SECONDS);
    this.#changed();
  }

  pause() {
    if (!this.isPlaying) return;
    this.#position = this.position;
    clearInterval(this.#timer);
    this.#timer = undefined;
    playing = undefined;
    this.#instrument.silence(this.#voices.splice(0));
    this.#changed();
  }

  seek(seconds) {
    const position = Math.min(Math.max(seconds, 0), this.length);
    if (this.isPlaying) {
      this.#instrument.silence(this.#voices.splice(0));
      this.#begin(position, LEAD_SECONDS);
    } else {
      this.#position = position;
    }
    this.#changed();
  }

  // Lets one note be heard, while the piece is not playing.
  sound(note) {
    if (this.isPlaying) return;
    this.#prepare();
    this.#instrument.silence(this.#voices.splice(0));
    const seconds = (note.stop - note.start) / this.#tempo;
    this.#voices.push(this.#instrument.strike(note, context.currentTime, seconds));
  }

  get tempo() {
    return this.#tempo;
  }

  // A factor of the piece's own tempo.
  set tempo(factor) {
    const position = this.position;
    this.#tempo = factor;
    if (!this.isPlaying) return;
    // What sounds may sound on; what was only planned comes at another time now.
    const planned = this.#voices.filter((voice) => voice.when > context.currentTime);
    this.#instrument.silence(planned);
    this.#voices = this.#voices.filter((voice) => !planned.includes(voice));
    this.#begin(position, 0);
  }

  get volume() {
    return this.#volume;
  }

  // 0 to 1. The ear hears equal steps of the square as equal steps.
  set volume(volume) {
    this.#volume = volume;
    this.#volumeNode?.gain.setTargetAtTime(volume ** 2, context.currentTime, 0.02);
  }

  #prepare() {
    sharedContext().resume();
    if (this.#instrument) return;
    this.#volumeNode = new GainNode(context, { gain: this.#volume ** 2 });
    this.#volumeNode.connect(context.destination);
    const gain = matchingGain(this.#piece.notes);
    this.#instrument = new Instrument(context, this.#volumeNode, gain);
  }

  // All times follow from one anchor, so that small errors do not add up.
  #begin(position, lead) {
    this.#anchor = { position, time: context.currentTime + lead };
    const { notes } = this.#piece;
    this.#next = notes.findIndex((note) => note.start >= position - 1e-6);
    if (this.#next < 0) this.#next = notes.length;
    this.#tick();
  }

  #tick() {
    const now = context.currentTime;
    const end = this.#anchor.time + (this.length - this.#anchor.position) / this.#tempo;
    if (now > end + RING_SECONDS) return this.#finish();
    this.#voices = this.#voices.filter((voice) => !voice.ended);
    this.#strikeUntil(now + AHEAD_SECONDS);
  }

  #strikeUntil(horizon) {
    const { notes } = this.#piece;
    while (this.#next < notes.length) {
      const note = notes[this.#next];
      const when = this.#anchor.time + (note.start - this.#anchor.position) / this.#tempo;
      if (when > horizon) return;
      this.#strike(note, Math.max(when, context.currentTime));
      this.#next += 1;
    }
  }

  #strike(note, when) {
    const seconds = (note.stop - note.start) / this.#tempo;
    const voice = this.#instrument.strike(note, when, seconds);
    voice.source.onended = () => {
      voice.ended = true;
    };
    this.#voices.push(voice);
  }

  #finish() {
    this.pause();
    this.#position = 0;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
