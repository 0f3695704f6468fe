"""The automaton of pieces that last a given number of bars.

A tick is the unit of time of an encoding. A strike is the beginning of a note.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from lstm_music_jax.automata.automaton import (
    Automaton,
    alphabet,
    explored,
    grouped,
    require_size,
)
from lstm_music_jax.automata.operations import minimised
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.vocabulary import Vocabulary


class _Meaning(NamedTuple):
    """What a symbol does: it moves the clock, sets a duration, or strikes a pitch.

    Attributes:
        shift: ticks by which the symbol moves the clock, or 0.
        duration: ticks that it adds to the duration of the next notes, or 0.
        strikes: whether it strikes a pitch.
    """

    shift: int
    duration: int
    strikes: bool


def bars(
    count: int,
    vocabulary: Vocabulary,
    encoding: Encoding,
    metre: Sequence[int] = (4, 4),
    *,
    crossing: bool = True,
    grid: int = 1,
    after_primer: bool = False,
) -> Automaton:
    """Return the automaton of pieces that last exactly `count` bars.

    No note ends after the last bar. At least one of the notes that begin last ends
    exactly with the last bar, so the decoded score ends there. Time is counted from the
    first drawn symbol on, so the notes of a prompt do not count. Decoding skips a
    symbol that strikes a pitch again at the same moment, but the automaton reads it as
    a note. So use the strategy `WellFormed` too, or intersect with the automaton
    `well_formed`.

    No note may last longer than the longest duration that one symbol can set. The
    number of states grows in proportion to the number of bars, and is smaller for a
    coarser grid. 16 bars of 4/4 in sixteenths have about 17,000 states, or 9,000 if no
    note crosses a bar line.

    With `NoteNames`, every note or chord lasts `ticks_per_note`, so the automaton only
    counts the symbols. The arguments from `crossing` on then have no effect, but `grid`
    is checked.

    Args:
        count: number of bars, 1 or more.
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols, `Events` or `NoteNames`.
        metre: beats per bar, and the unit of a beat: (6, 8) is six eighths.
        crossing: whether a note may sound across a bar line.
        grid: shifts and durations must be multiples of this number of ticks.
        after_primer: whether the symbols continue a primer, that is, given music, whose
            last duration is not known. Then no note may be struck until the piece sets
            a duration after its first shift, because a duration before it may add to
            one that ends the primer. By default, notes last a quarter until a duration
            is set.

    Raises:
        ValueError: an argument is wrong, no piece lasts so many bars, or there are too
            many states.
    """
    if count < 1:
        raise ValueError(f"count is {count}; it must be 1 or more")
    if grid < 1:
        raise ValueError(f"grid is {grid}; it must be 1 tick or more")
    if len(metre) != 2 or min(metre) < 1:
        raise ValueError(
            f"metre is {tuple(metre)}; it must be two numbers of 1 or more, like (6, 8)"
        )
    bar = metre[0] * 4 * encoding.ticks_per_quarter / metre[1]
    if bar < 1 or bar % 1:
        raise ValueError(
            f"metre is {tuple(metre)}; a bar must be a whole number of ticks, 1 or more"
        )
    if any(map(encoding.releases, encoding.symbols or ())):
        raise ValueError(
            f"encoding is {encoding}; bars needs one that counts quarters and knows "
            "durations, such as Events()"
        )
    if isinstance(encoding, NoteNames):
        automaton = _equal_notes(count * int(bar), vocabulary, encoding)
    else:
        meanings = [_meaning(symbol, encoding, grid) for symbol in vocabulary.symbols]
        kept = alphabet(vocabulary)
        automaton = _timed(
            count,
            int(bar),
            *grouped(meanings, kept),
            crossing=crossing,
            duration=None if after_primer else encoding.ticks_per_quarter,
        )
    automaton = minimised(automaton)
    if not automaton.accepting.any():
        raise ValueError(
            f"count is {count}; no piece of the model's symbols lasts {count} bars of "
            f"{metre[0]}/{metre[1]}"
        )
    return automaton


def _meaning(symbol: str, encoding: Encoding, grid: int) -> _Meaning | None:
    """Return what a symbol means; None if it is not allowed.

    It is not allowed if it does nothing, or if its ticks are no multiple of `grid`.
    """
    meaning = _Meaning(
        encoding.time_shift(symbol),
        encoding.duration(symbol),
        bool(encoding.pitches(symbol)),
    )
    ticks = meaning.shift + meaning.duration
    return meaning if (ticks or meaning.strikes) and ticks % grid == 0 else None


def _equal_notes(ticks: int, vocabulary: Vocabulary, encoding: NoteNames) -> Automaton:
    """Return the automaton of pieces that last `ticks`, with the encoding `NoteNames`.

    Each symbol is a note or a chord, and lasts the encoding's `ticks_per_note`.
    """
    kinds = [bool(encoding.pitches(symbol)) for symbol in vocabulary.symbols]
    classes, kinds = grouped(kinds, alphabet(vocabulary))

    def step(clock, group):
        after = clock + encoding.ticks_per_note
        return after if kinds[group] and after <= ticks else None

    return explored(0, step, lambda clock: clock == ticks, classes)


def _timed(
    count: int,
    bar: int,
    classes: Int[np.ndarray, "v"],
    meanings: list[_Meaning | None],
    *,
    crossing: bool,
    duration: int | None,
) -> Automaton:
    """Return the automaton of pieces of shifts, durations and strikes.

    A state holds the time, the duration of the next notes, whether the last symbol was
    a duration, and whether a note that was struck at this time ends with the last bar.
    Durations that are too long for any note are not told apart.

    Args:
        count: number of bars.
        bar: ticks per bar.
        classes: the class of each symbol.
        meanings: the meaning of each class; None if it is not allowed.
        crossing: whether a note may sound across a bar line.
        duration: the duration of the next notes at the start; None if it is not known.
    """
    ticks = [meaning.shift + meaning.duration for meaning in meanings if meaning]
    unit = math.gcd(bar, duration or 0, *ticks)
    bar, end = bar // unit, count * bar // unit
    durations = [each.duration for each in meanings if each]
    longest = max(duration or 0, *durations) // unit
    longest = min(longest, end if crossing else bar)
    shape = (end, longest + 2, 2, 2)
    require_size(f"the automaton of {count} bars, not yet minimised,", math.prod(shape))
    time, length, added, ends = np.indices(shape, np.int32).reshape(4, -1)
    room = end - time if crossing else bar - time % bar

    def number(time, length, added, ends):
        length = np.minimum(length, longest + 1)
        return ((time * shape[1] + length) * 2 + added) * 2 + ends

    transitions = np.full((len(time), len(meanings)), -1, np.int32)
    for column, meaning in zip(transitions.T, meanings, strict=True):
        if meaning is None:
            continue
        if meaning.shift:
            later = time + meaning.shift // unit
            after, possible = number(later, length, 0, 0), later < end
        elif meaning.duration:
            total = length * added + meaning.duration // unit
            after, possible = number(time, total, 1, ends), time >= 0
        else:
            fits = (length > 0) & (length <= np.minimum(room, longest))
            touches = ends | (time + length == end)
            after, possible = number(time, length, 0, touches), fits
        column[:] = np.where(possible, after, -1)
    # The start becomes state 0, whose place is free because no duration is 0.
    first = longest + 1 if duration is None else duration // unit
    start = number(0, first, int(duration is None), 0)
    transitions[0] = transitions[start]
    accepting = ends == 1
    return Automaton(classes, transitions, accepting)
