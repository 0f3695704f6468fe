// The whole piece in a narrow strip: where its copies are, and which part the roll shows.

import { COLOURS, surprisalColour } from "report/colours.js";
import { make } from "report/dom.js";
import { fitCanvas } from "report/canvas.js";

const STRETCHES_HEIGHT = 4;
const STRETCH_COLOURS = {
  primer: COLOURS.primerLine,
  skipped: COLOURS.unknown,
  copy: COLOURS.copy,
};

// Dispatches "seek" with a tick. Keys use the slider of the position instead.
export class Overview extends EventTarget {
  constructor(roll) {
    super();
    this.roll = roll;
    this.element = make("canvas", { className: "overview", "aria-hidden": "true" });
    new ResizeObserver(() => this.#paintPiece()).observe(this.element);
    this.roll.addEventListener("paint", ({ detail }) => this.#paint(detail));
    this.element.addEventListener("pointerdown", (event) => this.#onPress(event));
    this.element.addEventListener("pointermove", (event) => {
      if (event.buttons) this.#seek(event);
    });
  }

  show(piece) {
    this.piece = piece;
    this.#paintPiece();
  }

  #onPress(event) {
    this.element.setPointerCapture(event.pointerId);
    this.#seek(event);
  }

  #seek(event) {
    const share = Math.min(1, Math.max(0, event.offsetX / this.element.clientWidth));
    this.dispatchEvent(new CustomEvent("seek", { detail: share * this.piece.ticks }));
  }

  // The notes stay the same, so they are painted once, on a canvas of their own.
  #paintPiece() {
    if (!this.piece || !this.element.clientWidth) return;
    const pen = fitCanvas(this.element, this.element.clientWidth, this.element.clientHeight);
    this.#paintNotes(pen);
    this.#paintStretches(pen);
    this.picture = make("canvas", { width: this.element.width, height: this.element.height });
    this.picture.getContext("2d").drawImage(this.element, 0, 0);
    this.roll.draw();
  }

  #paintNotes(pen) {
    const { lowest, highest } = this.roll.view;
    const height = this.element.clientHeight - STRETCHES_HEIGHT;
    pen.fillStyle = COLOURS.background;
    pen.fillRect(0, 0, this.element.clientWidth, this.element.clientHeight);
    for (const note of this.piece.notes) {
      const x = this.#x(note.onset);
      const y = STRETCHES_HEIGHT + ((highest - note.pitch) / (highest - lowest + 1)) * height;
      pen.fillStyle = surprisalColour(note.surprisal, this.roll.top);
      pen.fillRect(x, y, Math.max(1, this.#x(note.end) - x), 2);
    }
  }

  #paintStretches(pen) {
    for (const { kind, onset, end } of this.roll.view.stretches) {
      pen.fillStyle = STRETCH_COLOURS[kind];
      const width = Math.max(2, this.#x(end) - this.#x(onset));
      pen.fillRect(this.#x(onset), 0, width, STRETCHES_HEIGHT);
    }
  }

  #paint({ tick }) {
    if (!this.picture) return;
    const pen = this.element.getContext("2d");
    pen.resetTransform();
    pen.drawImage(this.picture, 0, 0);
    pen.scale(devicePixelRatio, devicePixelRatio);
    const { view } = this.roll;
    const [first, last] = view.visibleTicks();
    pen.strokeStyle = COLOURS.text;
    pen.strokeRect(
      this.#x(first) + 0.5,
      0.5,
      this.#x(last) - this.#x(first) - 1,
      this.element.clientHeight - 1,
    );
    pen.fillStyle = COLOURS.cursor;
    pen.fillRect(this.#x(tick) - 1, 0, 2, this.element.clientHeight);
  }

  #x(tick) {
    return (tick / Math.max(1, this.piece.ticks)) * this.element.clientWidth;
  }
}
