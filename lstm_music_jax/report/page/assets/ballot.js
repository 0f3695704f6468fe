// The votes of a listener: their order, what was answered, and the file of them.

const VERSION = 1;

// Keeps the votes of one comparison in the browser, so that they survive a reload.
//
// Several pages of the comparison may be open, and they share what is kept. Dispatches
// "change" when another page has changed it.
export class Ballot extends EventTarget {
  #key;
  #state;

  constructor(blind) {
    super();
    this.comparison = blind.comparison;
    this.#key = `blind-listening-${blind.comparison}`;
    this.pairs = blind.sets.flatMap(({ pairs, ...set }, number) =>
      pairs.map((pair) => ({ ...pair, ...set, set: number })),
    );
    this.setSizes = blind.sets.map(({ pairs }) => pairs.length);
    this.isKept = true;
    this.#state = newState();
    this.#change(() => {});
    this.#order();
    addEventListener("storage", ({ key }) => {
      if (key === this.#key) this.#onOtherPage();
    });
  }

  get listener() {
    return this.#state.listener;
  }

  set listener(name) {
    this.#change((state) => (state.listener = name));
  }

  // The number of the chosen set; undefined for all pairs.
  get set() {
    return this.#state.set;
  }

  set set(number) {
    this.#change((state) => (state.set = number));
  }

  get revealsAtOnce() {
    return this.#state.revealsAtOnce;
  }

  set revealsAtOnce(value) {
    this.#change((state) => (state.revealsAtOnce = value));
  }

  get votes() {
    return this.#state.votes;
  }

  // The pairs that the listener has chosen to hear, in their random order.
  get chosen() {
    return this.ordered.filter((pair) => this.set === undefined || pair.set === this.set);
  }

  get unanswered() {
    return this.chosen.filter((pair) => !this.voteOn(pair));
  }

  voteOn({ pair }) {
    return this.votes.find((vote) => vote.pair === pair);
  }

  // The first answer on a pair stays.
  answer(pair, { choice, remark, plays, seconds }) {
    this.#change((state) => {
      if (this.voteOn(pair)) return;
      state.votes.push({
        pair: pair.pair,
        condition: pair.condition,
        arms: pair.arms,
        piece: pair.piece,
        first: pair.arms[pair.first],
        choice,
        remark,
        plays,
        seconds,
        shown: state.shown,
      });
    });
  }

  // Notes that the listener has been told which was which.
  reveal() {
    this.#change((state) => (state.shown = state.votes.length));
  }

  get file() {
    const { comparison, listener, votes } = this;
    return JSON.stringify({ version: VERSION, comparison, listener, votes }, null, 1);
  }

  // Deletes the votes. The page must be loaded again, because the order is another one.
  restart() {
    this.#change((state) => Object.assign(state, newState()));
  }

  // Another listener may have begun, for whom the pairs have another order.
  #onOtherPage() {
    const { seed } = this.#state;
    this.#state = this.#stored() ?? this.#state;
    if (this.#state.seed !== seed) location.reload();
    else this.dispatchEvent(new Event("change"));
  }

  // Another page may have changed what is kept, so it is read before it is changed.
  #change(change) {
    if (this.isKept) this.#state = this.#stored() ?? this.#state;
    change(this.#state);
    this.#keep();
  }

  #order() {
    const random = generator(this.#state.seed);
    const keyed = this.pairs.map((pair) => ({
      ...pair,
      place: random(),
      first: random() < 0.5 ? 0 : 1,
    }));
    this.ordered = keyed.sort((one, other) => one.place - other.place);
  }

  #stored() {
    try {
      const state = JSON.parse(localStorage.getItem(this.#key));
      return Array.isArray(state?.votes) ? state : undefined;
    } catch {
      return undefined;
    }
  }

  // Some browsers keep nothing for a file that is opened from a disk.
  #keep() {
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#state));
    } catch {
      this.isKept = false;
    }
  }
}

function newState() {
  const [seed, code] = crypto.getRandomValues(new Uint32Array(2));
  const listener = `listener-${code.toString(16).padStart(8, "0")}`;
  return { seed, listener, revealsAtOnce: false, shown: 0, votes: [] };
}

// Numbers in [0, 1) that follow from a seed (mulberry32).
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
