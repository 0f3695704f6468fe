// Fills the players of the page.
//
// `player.js` puts a player together. What it shows comes from `unpack.js`, what is heard
// from `playback.js` (when), `instrument.js` (Web Audio) and `tone.js` (the samples), and
// what is seen from `roll.js` (the canvas), `view.js` (where) and `paint.js` (how).

import { readData } from "report/data.js";
import { mountPlayer } from "report/player.js";

const data = await readData();

for (const element of document.querySelectorAll("[data-player]")) {
  const numbers = element.dataset.player.split(" ").map(Number);
  mountPlayer(element, numbers.map((number) => data.pieces[number]), data);
}
