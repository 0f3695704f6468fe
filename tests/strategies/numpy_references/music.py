"""References of the music strategies.

`sounds` holds the MIDI pitches of every symbol; () for a silent symbol.
"""

import numpy as np

from tests.strategies.numpy_references.base import Remembering, keep


def pitch_range(logits, sounds, low, high):
    mask = [all(low <= pitch <= high for pitch in pitches) for pitches in sounds]
    return keep(mask, logits)


def in_key(logits, sounds, tonic, scale):
    classes = {(tonic + step) % 12 for step in scale}
    mask = [all(pitch % 12 in classes for pitch in pitches) for pitches in sounds]
    return keep(mask, logits)


class MaxLeap(Remembering):
    def __init__(self, sounds, semitones):
        super().__init__()
        self.sounds, self.semitones = sounds, semitones

    def shape(self, logits, slack):
        pitched = [self.sounds[x] for x in self.history if self.sounds[x]]
        if not pitched:
            return logits
        mask = [
            not pitches
            or min(abs(a - b) for a in pitches for b in pitched[-1]) <= self.semitones
            for pitches in self.sounds
        ]
        return keep(mask, logits)


class WellFormed(Remembering):
    """Reference of `WellFormed`; `parsed` is that of `NoLongRest`, with releases.

    The kind is "unknown" for symbols that mean nothing.
    """

    def __init__(self, parsed):
        super().__init__()
        self.parsed = parsed
        self.releases = any(kind == "release" for kind, _ in parsed)

    def shape(self, logits, slack):
        struck, sounding = set(), set()
        for kind, number in (self.parsed[x] for x in self.history):
            if not self.fits(kind, number, struck, sounding):
                continue
            if kind == "shift":
                struck = set()
            elif kind == "pitch":
                struck.add(number)
                sounding.add(number)
            elif kind == "release":
                sounding.remove(number)
        mask = [self.fits(*each, struck, sounding) for each in self.parsed]
        return keep(mask, logits)

    def fits(self, kind, number, struck, sounding):
        if kind == "pitch":
            return number not in (sounding if self.releases else struck)
        if kind == "release":
            return number in sounding and number not in struck
        return kind != "unknown"


class NoLongRest(Remembering):
    """Reference of `NoLongRest`.

    `parsed` holds (kind, number) for every symbol. The kinds are shift, duration,
    pitch, release and other. If there are releases, notes have no durations.
    """

    def __init__(self, parsed, ticks):
        super().__init__()
        self.parsed, self.ticks = parsed, ticks
        self.releases = any(kind == "release" for kind, _ in parsed)

    def silence(self):
        """Return the ticks since the last note ended.

        A note ends when its pitch is struck again. With releases, it ends when it is
        released.
        """
        clock, length, ends = 0, 12, {}
        if self.releases:
            length = np.inf
        struck, before = set(), None
        for kind, number in (self.parsed[x] for x in self.history):
            if kind == "shift":
                clock += number
                struck = set()
            elif kind == "duration":
                length = number + (length if before == "duration" else 0)
            elif (
                kind == "pitch"
                and number not in struck
                and ends.get(number, 0) < np.inf
            ):
                struck.add(number)
                ends[number] = clock + length
            elif kind == "release" and number not in struck:
                ends[number] = min(ends.get(number, 0), clock)
            before = kind
        return clock - max(ends.values(), default=0)

    def shape(self, logits, slack):
        silence = self.silence()
        mask = [
            kind != "shift" or silence + number <= self.ticks
            for kind, number in self.parsed
        ]
        return keep(mask, logits)


class CopyLimit(Remembering):
    """Searches every piece for the last symbols, raised by each number of semitones.

    `pieces` and `symbols` hold pairs of a kind and a number, such as ("pitch", 60).
    """

    def __init__(self, pieces, symbols, longest, shifts):
        super().__init__()
        self.pieces, self.symbols = pieces, symbols
        self.longest, self.shifts = longest, shifts

    def shape(self, logits, slack):
        recent = self.history[len(self.history) - self.longest :]
        if len(self.history) < self.longest:
            return logits
        kept = [
            not any(self.occurs([*recent, x], shift) for shift in self.shifts)
            for x in range(len(logits))
        ]
        return keep(np.array(kept), logits)

    def occurs(self, ids, shift):
        passage = [raised(self.symbols[x], shift) for x in ids]
        return any(
            piece[start : start + len(passage)] == passage
            for piece in self.pieces
            for start in range(len(piece))
        )


def raised(symbol, shift):
    kind, number = symbol
    return kind, number + shift * (kind == "pitch")


class Obey(Remembering):
    """Searches all continuations for one after which the automaton accepts.

    `rows` holds for each state the next state after each symbol, or -1.
    """

    def __init__(self, rows, accepting, length):
        super().__init__()
        self.rows, self.accepting, self.length = rows, accepting, length
        self.known = {}

    def shape(self, logits, slack):
        left = self.length - len(self.generated)
        if left <= 0:
            return logits
        state = 0
        for symbol in self.generated:
            state = self.rows[state][symbol] if state >= 0 else -1
        if not self.can_accept(state, left):
            return logits
        return keep(
            [self.can_accept(after, left - 1) for after in self.rows[state]], logits
        )

    def can_accept(self, state, left):
        if state < 0 or left == 0:
            return state >= 0 and self.accepting[state]
        if (state, left) not in self.known:
            self.known[state, left] = any(
                self.can_accept(after, left - 1) for after in self.rows[state]
            )
        return self.known[state, left]
