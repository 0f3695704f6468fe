// The player: a list of pieces, controls, and a piano roll.

export function mountPlayer(element, pieces, data) {
  element.textContent = pieces.map((piece) => piece.name).join(", ");
}
