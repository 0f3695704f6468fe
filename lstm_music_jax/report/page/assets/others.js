// Tells players in other frames and other pages that a player starts, so that only one
// is heard. The outputs of a notebook are frames of one page.

const STARTS = "lstm_music_jax: a player starts";

// Reaches other pages; it does not reach frames that are shut off from their page. A
// browser that lets pages keep nothing may refuse it.
const channel = openedChannel();

function openedChannel() {
  try {
    return new BroadcastChannel(STARTS);
  } catch {
    return undefined;
  }
}

export function tellOthers() {
  channel?.postMessage(STARTS);
  tellFrames(window.top);
}

// Any page may post to the frames of another one, even where it can read nothing there.
function tellFrames(page) {
  for (let i = 0; i < page.length; i += 1) {
    page[i].postMessage(STARTS, "*");
    tellFrames(page[i]);
  }
}

// Calls `onStart` when another player starts.
export function hearOthers(onStart) {
  channel?.addEventListener("message", onStart);
  addEventListener("message", ({ data, source }) => {
    if (data === STARTS && source !== window) onStart();
  });
}
