// Fills the parts of the page that are for blind listening; see `blind.js`.

import { mountBlind } from "report/blind.js";
import { readData } from "report/data.js";

const data = await readData();

for (const element of document.querySelectorAll("[data-blind]")) {
  mountBlind(element, data.blind[Number(element.dataset.blind)], data);
}
