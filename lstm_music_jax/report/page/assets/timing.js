// Ticks and seconds, and how times are written.

// Turns ticks into seconds and back, for a piece whose tempo may change.
export class TempoMap {
  // `tempos` are pairs of a tick and the quarters per minute from there on. The first
  // tick is 0.
  constructor(tempos, ticksPerQuarter) {
    this.changes = [];
    for (const [tick, quartersPerMinute] of tempos) {
      const second = this.changes.length ? this.seconds(tick) : 0;
      const secondsPerTick = 60 / (quartersPerMinute * ticksPerQuarter);
      this.changes.push({ tick, second, secondsPerTick });
    }
  }

  seconds(tick) {
    const change = this.#before((candidate) => candidate.tick <= tick);
    return change.second + (tick - change.tick) * change.secondsPerTick;
  }

  ticks(seconds) {
    const change = this.#before((candidate) => candidate.second <= seconds);
    return change.tick + (seconds - change.second) / change.secondsPerTick;
  }

  #before(isBefore) {
    return this.changes.findLast(isBefore) ?? this.changes[0];
  }
}

// "1:05".
export function clock(seconds) {
  const whole = Math.floor(seconds + 1e-6);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// "1 minute 5 seconds", which a screen reader reads well.
export function spokenTime(seconds) {
  const whole = Math.floor(seconds + 1e-6);
  const minutes = Math.floor(whole / 60);
  const rest = counted(whole % 60, "second");
  return minutes ? `${counted(minutes, "minute")} ${rest}` : rest;
}

function counted(number, unit) {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
