// Fills the parts of the page that are for blind listening; see `blind.js`.

import { mountBlind } from "report/blind.js";

const data = JSON.parse(document.getElementById("data").textContent);

for (const element of document.querySelectorAll("[data-blind]")) {
  mountBlind(element, data.blind[Number(element.dataset.blind)], data);
}
