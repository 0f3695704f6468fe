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

    `parsed` holds (kind, number) for every symbol. The kinds are shift, duration, pitch
    and other.
    """

    def __init__(self, parsed, ticks):
        super().__init__()
        self.parsed, self.ticks = parsed, ticks

    def silence(self):
        """Return the ticks since the last note ended.

        A note ends when its pitch is struck again.
        """
        clock, length, ends = 0, 12, {}
        struck, before = set(), None
        for kind, number in (self.parsed[x] for x in self.history):
            if kind == "shift":
                clock += number
                struck = set()
            elif kind == "duration":
                length = number + (length if before == "duration" else 0)
            elif kind == "pitch" and number not in struck:
                struck.add(number)
                ends[number] = clock + length
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
