// One of the two excerpts of a pair: a button to play it, and its position.

import { make, makeButton, makeSlider } from "report/dom.js";
import { Playback } from "report/playback.js";
import { clock, spokenTime } from "report/timing.js";
import { unpackPiece } from "report/unpack.js";

export class Excerpt {
  plays = 0;

  // `onPlay` is called whenever the excerpt starts to play.
  constructor(letter, packed, data, onPlay) {
    this.letter = letter;
    this.playback = new Playback();
    this.playback.load(unpackPiece(packed, data));
    this.button = makeButton("", () => this.#toggle(onPlay), { className: "play" });
    const slider = makeSlider({
      label: `Position in ${letter}`,
      min: 0,
      max: this.playback.length,
      step: "any",
      value: 0,
      words: spokenTime,
      onInput: (seconds) => this.playback.seek(seconds),
    });
    slider.classList.add("seek");
    this.seek = slider.querySelector("input");
    this.time = make("span", { className: "time" });
    const row = [this.button, slider, this.time];
    this.element = make("div", { className: "transport" }, row);
    this.playback.addEventListener("change", () => this.#show());
    this.#show();
  }

  stop() {
    this.playback.pause();
  }

  #toggle(onPlay) {
    if (this.playback.isPlaying) return this.playback.pause();
    this.plays += 1;
    this.playback.play();
    onPlay();
  }

  #show() {
    const { isPlaying, position, length } = this.playback;
    this.button.textContent = `${isPlaying ? "Pause" : "Play"} ${this.letter}`;
    this.seek.value = String(position);
    this.seek.setAttribute("aria-valuetext", spokenTime(position));
    this.time.textContent = `${clock(position)} / ${clock(length)}`;
    if (isPlaying) requestAnimationFrame(() => this.#show());
  }
}
