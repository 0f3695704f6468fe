"""Which symbols make each note of a score, such as the one that strikes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import Score


class NoteSymbols(NamedTuple):
    """The symbols that make each note, as positions in a sequence of symbols.

    Attributes:
        strikes: the position of the symbol that strikes each note, in the order of
            `score.notes`.
        makers: the positions of all symbols that make each note. One symbol strikes the
            note, and in some encodings another one releases it. The symbols directly
            before either of them, which set the time, the duration or the loudness,
            also count. If one symbol is a chord, its notes share it.
        skipped: the times at which symbols were skipped, because they have no meaning
            at their place. Skipped symbols without a strike between them share one
            entry: the tick of the first and the tick of the last of them. Symbols that
            are not heard do not count.
        heard: the number of symbols whose music is in `score`, counted from the first
            symbol. It is the number of all symbols unless `score` is only the beginning
            of their music.
    """

    strikes: list[int]
    makers: list[list[int]]
    skipped: list[tuple[int, int]]
    heard: int


def note_symbols(
    encoding: Encoding,
    symbols: Sequence[str],
    score: Score,
    after: Sequence[str] = (),
) -> NoteSymbols:
    """Return which symbols make each note of a score.

    >>> from lstm_music_jax.music.encodings.events import Events
    >>> symbols = ["duration_12", "pitch_60", "pitch_60", "shift_12", "pitch_64"]
    >>> note_symbols(Events(), symbols, Events().decode(symbols).score)
    NoteSymbols(strikes=[1, 4], makers=[[0, 1], [3, 4]], skipped=[(0, 0)], heard=5)

    Args:
        encoding: the encoding of the symbols.
        symbols: the symbols.
        score: the music that they stand for, or the beginning of it.
        after: symbols that precede `symbols`. Their notes are left out of `score`, but
            their settings, such as a duration, still apply.
    """
    numbers = {(note.onset, note.pitch): i for i, note in enumerate(score.notes)}
    strikes = [-1] * len(numbers)
    makers: list[list[int]] = [[] for _ in numbers]
    skipped: list[tuple[int, int, int]] = []
    before: list[int] = []
    clock = last = struck = 0
    cut = False
    for position, use in enumerate(encoding.decode(symbols, after=after).uses):
        if use is None:
            skipped.append((position, struck, clock))
            continue
        clock += encoding.time_shift(symbols[position])
        before.append(position)
        for key in dict.fromkeys(use):
            if key not in numbers:
                cut |= key[0] >= 0
                continue
            note, last = numbers[key], position
            if strikes[note] < 0:
                strikes[note], clock, struck = position, key[0], position
            makers[note] += before
        if use:
            before = []
    heard = last + 1 if cut else len(symbols)
    stretches: dict[int, tuple[int, int]] = {}
    for position, since, tick in skipped:
        if position < heard:
            first, _ = stretches.get(since, (tick, tick))
            stretches[since] = first, tick
    return NoteSymbols(strikes, makers, [*stretches.values()], heard)
