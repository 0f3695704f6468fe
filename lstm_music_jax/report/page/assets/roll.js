// The piano roll: a canvas in a box that scrolls.

import { fitCanvas } from "report/canvas.js";
import { make } from "report/dom.js";
import { paintRoll } from "report/paint.js";
import { KEYS_WIDTH, View } from "report/view.js";

// After a person has scrolled, the roll does not follow the music for this long.
const FREE_MILLISECONDS = 3000;
const KEYS_HELP =
  "Arrow keys left and right move along the notes, up and down to a note above or " +
  "below, Home and End to the first and the last. Space plays and pauses.";

// Dispatches "seek" with a tick, "choose" with a note, "point" with a note or undefined,
// and "paint" with the tick of the cursor.
export class Roll extends EventTarget {
  constructor(position) {
    super();
    this.position = position; // returns the seconds of the piece
    this.canvas = make("canvas");
    this.extent = make("div", { className: "roll-extent" }, [this.canvas]);
    const properties = { className: "roll", tabIndex: 0, role: "application" };
    this.element = make("div", properties, [this.extent]);
    this.movedAt = -Infinity;
    this.#listen();
  }

  show(piece, top) {
    this.piece = piece;
    this.top = top;
    this.chosen = undefined;
    this.pointed = undefined;
    this.struck = undefined;
    this.view = new View(piece);
    this.element.setAttribute("aria-label", `Piano roll of ${piece.name}. ${KEYS_HELP}`);
    this.element.scrollLeft = 0;
    this.#resize();
  }

  // The note under the pointer; or else the one that was struck last, while the piece
  // plays; or else the one that was chosen.
  get shown() {
    return this.pointed ?? this.struck ?? this.chosen;
  }

  // Says which note was struck last.
  strike(note) {
    this.struck = note;
    if (note) this.chosen = note;
  }

  draw() {
    this.requested ??= requestAnimationFrame(() => {
      this.requested = undefined;
      this.#paint();
    });
  }

  // Follows the cursor, unless a person has just looked elsewhere.
  follow() {
    if (performance.now() - this.movedAt > FREE_MILLISECONDS) this.reveal();
  }

  // Scrolls so that the cursor is in sight, by pages, as musicians turn them.
  reveal() {
    const x = this.view.x(this.piece.tempoMap.ticks(this.position()));
    const isSeen = x >= KEYS_WIDTH && x <= this.view.width - 20;
    if (!isSeen) this.#scrollTo(this.view.left + x - KEYS_WIDTH - 30);
  }

  zoom(factor) {
    const cursor = this.view.x(this.piece.tempoMap.ticks(this.position()));
    const isSeen = cursor >= KEYS_WIDTH && cursor <= this.view.width;
    this.#zoomAt(factor, isSeen ? cursor : this.view.width / 2);
  }

  // Marks a note and brings it in sight; undefined marks none.
  choose(note) {
    this.chosen = note;
    this.pointed = undefined;
    if (note) this.#showTick(note.onset);
    this.draw();
  }

  #showTick(tick) {
    const x = this.view.x(tick);
    const isSeen = x >= KEYS_WIDTH && x <= this.view.width - 60;
    if (!isSeen) this.#scrollTo(this.view.left + x - this.view.width / 3);
  }

  #listen() {
    new ResizeObserver(() => this.#resize()).observe(this.element);
    this.element.addEventListener("scroll", () => {
      this.view.left = this.element.scrollLeft;
      this.draw();
    });
    for (const type of ["wheel", "pointerdown", "touchmove"]) {
      const moved = () => (this.movedAt = performance.now());
      this.element.addEventListener(type, moved, { passive: true });
    }
    this.element.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
    this.canvas.addEventListener("pointermove", (event) => this.#point(this.#noteAt(event)));
    this.canvas.addEventListener("pointerleave", () => this.#point(undefined));
    this.canvas.addEventListener("click", (event) => this.#onClick(event));
  }

  #onWheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.#zoomAt(event.deltaY < 0 ? 1.25 : 0.8, event.offsetX);
  }

  #onClick(event) {
    // The person looks at what was clicked, so the roll may follow at once.
    this.movedAt = -Infinity;
    const note = this.#noteAt(event);
    const tick = note ? note.onset : Math.max(0, this.view.tick(event.offsetX));
    if (note) this.#dispatch("choose", note);
    this.#dispatch("seek", tick);
  }

  #onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const note = this.#noteForKey(event.key);
    if (!note) return;
    event.preventDefault();
    this.#dispatch("choose", note);
    this.#dispatch("seek", note.onset);
  }

  #noteForKey(key) {
    const { notes } = this.piece;
    if (key === "Home") return notes[0];
    if (key === "End") return notes.at(-1);
    if (key === "ArrowRight") return this.#neighbour(1);
    if (key === "ArrowLeft") return this.#neighbour(-1);
    if (key === "ArrowUp") return this.#nearest((note, from) => note.pitch > from.pitch);
    if (key === "ArrowDown") return this.#nearest((note, from) => note.pitch < from.pitch);
    return undefined;
  }

  #neighbour(step) {
    const { notes } = this.piece;
    const tick = this.piece.tempoMap.ticks(this.position()) - 1e-6;
    const atCursor = notes.find((note) => note.onset >= tick) ?? notes.at(-1);
    if (!this.chosen) return atCursor;
    return notes[this.chosen.number + step] ?? this.chosen;
  }

  // The note that is nearest in time, then in pitch.
  #nearest(isWanted) {
    const from = this.chosen ?? this.#neighbour(1);
    const wanted = this.piece.notes.filter((note) => from && isWanted(note, from));
    const distance = (note) =>
      Math.abs(note.onset - from.onset) * 128 + Math.abs(note.pitch - from.pitch);
    return wanted.sort((a, b) => distance(a) - distance(b))[0] ?? from;
  }

  #noteAt(event) {
    return this.view.noteAt(event.offsetX, event.offsetY);
  }

  #point(note) {
    if (note === this.pointed) return;
    this.pointed = note;
    this.canvas.classList.toggle("on-note", note !== undefined);
    this.#dispatch("point", note);
    this.draw();
  }

  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #zoomAt(factor, x) {
    const left = this.view.zoom(factor, x);
    this.extent.style.width = `${this.view.extent}px`;
    this.element.scrollLeft = left;
    this.view.left = this.element.scrollLeft;
    this.draw();
  }

  #scrollTo(left) {
    this.element.scrollLeft = left;
    this.view.left = this.element.scrollLeft;
  }

  #resize() {
    if (!this.view) return;
    this.view.width = this.element.clientWidth;
    this.view.height = this.element.clientHeight;
    this.pen = fitCanvas(this.canvas, this.view.width, this.view.height);
    this.canvas.style.width = `${this.view.width}px`;
    this.canvas.style.height = `${this.view.height}px`;
    this.extent.style.width = `${this.view.extent}px`;
    this.view.left = this.element.scrollLeft;
    this.draw();
  }

  #paint() {
    const tick = this.piece.tempoMap.ticks(this.position());
    paintRoll(this.pen, this.view, { tick, shown: this.shown, top: this.top });
    this.#dispatch("paint", { tick });
  }
}
