// The colours of the piano roll. It is dark in both modes of the page, because light
// colours on it are easier to tell apart.

export const COLOURS = {
  background: "#14161b",
  blackKey: "#1a1d24",
  line: "#2b303a",
  octave: "#3d4451",
  text: "#c3c9d4",
  unknown: "#9aa3b2",
  primer: "rgba(120, 160, 255, 0.13)",
  primerLine: "#8fb0ff",
  copy: "#ff9ecb",
  skipped: "rgba(255, 255, 255, 0.28)",
  mark: "#ffffff",
  cursor: "#ffffff",
};

// The light part of viridis, which also the colour-blind can order. Each colour has a
// contrast of more than 3 to 1 against the background.
const SCALE = ["#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];

// The colour of a surprisal; `top` and all above have the last colour.
export function surprisalColour(surprisal, top) {
  if (surprisal === undefined) return COLOURS.unknown;
  const place = Math.min(1, surprisal / top) * (SCALE.length - 1);
  const below = Math.min(Math.floor(place), SCALE.length - 2);
  return mixed(SCALE[below], SCALE[below + 1], place - below);
}

// Where the scale ends: few notes of the pieces are more surprising, nats.
export function scaleTop(pieces) {
  const known = pieces
    .flatMap((piece) => piece.notes.map((note) => note.surprisal))
    .filter((surprisal) => surprisal !== undefined)
    .sort((a, b) => a - b);
  if (!known.length) return undefined;
  return Math.max(1, Math.ceil(known[Math.floor(0.97 * (known.length - 1))]));
}

function mixed(first, second, share) {
  const parts = [1, 3, 5].map((at) => {
    const [a, b] = [first, second].map((colour) => parseInt(colour.slice(at, at + 2), 16));
    return Math.round(a + share * (b - a));
  });
  return `rgb(${parts.join(", ")})`;
}
