// The player: a list of pieces, controls, a piano roll, and what is known of a note.

import { scaleTop } from "report/colours.js";
import { make, makeButton, makeSlider } from "report/dom.js";
import { legendElements } from "report/legend.js";
import { percent } from "report/names.js";
import { Overview } from "report/overview.js";
import { Panel } from "report/panel.js";
import { Playback } from "report/playback.js";
import { Roll } from "report/roll.js";
import { clock, spokenTime } from "report/timing.js";
import { unpackPiece } from "report/unpack.js";

// Fills `element` with a player of packed pieces.
export function mountPlayer(element, pieces, data) {
  return new Player(
    element,
    pieces.map((piece) => unpackPiece(piece, data)),
  );
}

class Player {
  #element;
  #sliders = {};

  constructor(element, pieces) {
    this.#element = element;
    this.pieces = pieces;
    this.top = scaleTop(this.pieces);
    this.playback = new Playback();
    this.roll = new Roll(() => this.playback.position);
    this.overview = new Overview(this.roll);
    this.panel = new Panel();
    this.#build();
    this.#listen();
    this.choosePiece(0);
  }

  // Shows a piece, by its place in the list.
  choosePiece(number) {
    this.piece = this.pieces[number];
    this.list.querySelectorAll("button").forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === number));
    });
    this.#sliders.seek.max = String(this.piece.seconds);
    this.roll.show(this.piece, this.top);
    this.overview.show(this.piece);
    this.playback.load(this.piece);
    this.legend.replaceChildren(...legendElements(this.piece, this.top));
    this.#showFacts();
    this.panel.show(this.piece, undefined);
  }

  toggle() {
    if (this.playback.isPlaying) this.playback.pause();
    else this.playback.play();
  }

  #build() {
    this.list = make("ol", { className: "pieces" }, this.pieces.map(this.#listEntry, this));
    this.legend = make("div", { className: "legend" });
    this.facts = make("details", { className: "facts" });
    const { roll, overview, panel } = this;
    this.#element.replaceChildren(
      this.list,
      this.#controls(),
      roll.element,
      overview.element,
      this.#rollBar(),
      panel.element,
      panel.spoken,
      this.facts,
    );
  }

  #listEntry(piece, number) {
    const button = makeButton("", () => this.choosePiece(number));
    const length = `${clock(piece.seconds)} · ${piece.notes.length} notes`;
    button.append(
      make("span", { textContent: piece.name }),
      make("span", { className: "number", textContent: length }),
    );
    return make("li", {}, [button]);
  }

  #controls() {
    this.playButton = makeButton("Play", () => this.toggle(), { className: "play" });
    const seek = this.#slider("seek", {
      label: "Position",
      min: 0,
      max: 1,
      step: "any",
      value: 0,
      words: (seconds) => spokenTime(seconds),
      onInput: (seconds) => this.#moveTo(seconds),
    });
    this.time = make("span", { className: "time" });
    const row = make("div", { className: "transport" }, [this.playButton, seek, this.time]);
    return make("div", { className: "controls" }, [row, this.#settings()]);
  }

  #settings() {
    const tempo = this.#slider("tempo", {
      label: "Tempo",
      min: 0.5,
      max: 2,
      step: 0.05,
      value: 1,
      words: percent,
      onInput: (factor) => (this.playback.tempo = factor),
    });
    const volume = this.#slider("volume", {
      label: "Volume",
      min: 0,
      max: 1,
      step: 0.01,
      value: this.playback.volume,
      words: percent,
      onInput: (value) => (this.playback.volume = value),
    });
    return make("div", { className: "settings" }, [tempo, volume]);
  }

  #slider(name, settings) {
    const label = makeSlider(settings);
    label.classList.add(name);
    this.#sliders[name] = label.querySelector("input");
    return label;
  }

  #rollBar() {
    const closer = makeButton("+", () => this.roll.zoom(1.5), { "aria-label": "Zoom in" });
    const further = makeButton("−", () => this.roll.zoom(1 / 1.5), { "aria-label": "Zoom out" });
    const zoom = make("div", { className: "zoom" }, [further, closer]);
    return make("div", { className: "roll-bar" }, [this.legend, zoom]);
  }

  #listen() {
    this.playback.addEventListener("change", () => this.#onChange());
    this.roll.addEventListener("seek", ({ detail }) =>
      this.playback.seek(this.piece.tempoMap.seconds(detail)),
    );
    this.overview.addEventListener("seek", ({ detail }) =>
      this.#moveTo(this.piece.tempoMap.seconds(detail)),
    );
    this.roll.addEventListener("choose", ({ detail }) => this.#chooseNote(detail));
    this.roll.addEventListener("point", () => this.#showNote());
    this.#element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  // Buttons and the like keep their own meaning of the space bar; sliders have none.
  #onKey(event) {
    const own = "button, summary, textarea, select, input:not([type=range])";
    if (event.key !== " " || event.target.closest(own)) return;
    event.preventDefault();
    this.toggle();
  }

  #moveTo(seconds) {
    this.roll.choose(undefined);
    this.playback.seek(seconds);
    this.roll.reveal();
    this.#showNote();
  }

  #chooseNote(note) {
    this.roll.choose(note);
    this.panel.speak(this.piece, note);
    this.playback.sound(note);
    this.#showNote();
  }

  #showNote() {
    this.panel.show(this.piece, this.roll.shown);
  }

  #onChange() {
    const { isPlaying } = this.playback;
    this.#element.dataset.state = isPlaying ? "playing" : "paused";
    this.playButton.textContent = isPlaying ? "Pause" : "Play";
    this.#showTime();
    if (isPlaying) this.#animate();
    else this.roll.strike(undefined);
  }

  #animate() {
    if (this.frame !== undefined) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = undefined;
      if (!this.playback.isPlaying) return;
      this.#showTime();
      this.roll.follow();
      this.#showStruck();
      this.#animate();
    });
  }

  // Some people do not want a panel that changes with each note.
  #showStruck() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const { position } = this.playback;
    this.roll.strike(this.piece.notes.findLast((note) => note.start <= position));
    this.#showNote();
  }

  #showTime() {
    const { position, length } = this.playback;
    const { seek } = this.#sliders;
    seek.value = String(position);
    seek.setAttribute("aria-valuetext", spokenTime(position));
    this.time.textContent = `${clock(position)} / ${clock(length)}`;
    this.roll.draw();
  }

  #showFacts() {
    const rows = Object.entries(this.piece.facts).map(([name, value]) =>
      make("tr", {}, [
        make("th", { scope: "row", textContent: name }),
        make("td", { textContent: value }),
      ]),
    );
    this.facts.hidden = !rows.length;
    const summary = make("summary", { textContent: "About this piece" });
    const table = make("div", { className: "wide" }, [make("table", {}, rows)]);
    this.facts.replaceChildren(summary, table);
  }
}
