// Fills the elements of the page that need code.

import { mountPlayer } from "report/player.js";

const data = JSON.parse(document.getElementById("data").textContent);

for (const element of document.querySelectorAll("[data-player]")) {
  const numbers = element.dataset.player.split(" ").map(Number);
  mountPlayer(element, numbers.map((number) => data.pieces[number]), data);
}
