"""The time of notation: bars, the beats in them, and note values.

Times are in ticks of notation, 96 per quarter, from the start of the piece. A beat is a
quarter. In compound metres it is a dotted note, such as a dotted quarter in 6/8. The
last beat of a bar may be shorter. A beat is divided into steps, and notes begin and end
only where a step does. A step is a sixteenth note. In a quarter whose notes are nearer
to triplet eighths, it is a triplet eighth instead.

A note value is a length that one written note can have, such as a dotted quarter. Any
other length is written as several notes that are tied together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from lstm_music_jax.music.score import Metre, Notes, Score

# Sixteenths last 24 ticks, triplet eighths 32, and the 128ths of rare metres 3.
QUARTER = 96
_SIXTEENTH, _TRIPLET = QUARTER // 4, QUARTER // 3
_DOTTED_QUARTER = QUARTER * 3 // 2
# The ticks of the values from a dotted quarter to a 128th.
_VALUES = (144, 96, 72, 48, 24, 12, 6, 3)
# How many whole beats are one value, by the ticks of a beat.
_WHOLE_BEATS = {QUARTER: (4, 3, 2, 1), _DOTTED_QUARTER: (4, 2, 1)}
_USUAL_METRE = Metre(0, 4, 4)


class Beat(NamedTuple):
    """The part of a bar from tick `start` to tick `end`, in steps of `step` ticks.

    Notes begin and end where a step does: at multiples of `step` after `start`, or at
    `end`.
    """

    start: int
    end: int
    step: int


class Bar(NamedTuple):
    """A bar from tick `start` to tick `end`, with its metre and its beats.

    If a change of metre cuts the bar short, `metre` fits what is left of it, such as
    3/8.
    """

    start: int
    end: int
    metre: Metre
    beats: tuple[Beat, ...]


class Rounded(NamedTuple):
    """Notes whose times notation can show.

    Attributes:
        notes: the notes, in ticks of notation.
        bars: the bars, from the start of the piece to the end of the last note; one bar
            if there are no notes.
        moved: number of notes whose begin or end was rounded.
        merged: number of notes that were lost, because rounding gave them the begin of
            another note of their pitch.
    """

    notes: Notes
    bars: tuple[Bar, ...]
    moved: int
    merged: int


def rounded(score: Score) -> Rounded:
    """Return the notes of a score with times that notation can show, and their bars.

    Begins and ends are rounded to steps. A note lasts at least one step, or, if its
    beat ends sooner, at least until the end of that beat.
    """
    table = score.table
    scale = QUARTER / score.ticks_per_quarter
    onsets, ends = table.onsets * scale, (table.onsets + table.durations) * scale
    # A note at the end of the last bar may be rounded into the next one.
    bars = _bars(score, float(ends.max(initial=0)) + QUARTER)
    beats = [beat for bar in bars for beat in bar.beats]
    steps = _steps(beats, np.concatenate([onsets, ends]))
    on, off = _on_steps(beats, steps, onsets), _on_steps(beats, steps, ends)
    starts, stops = (np.array([beat[k] for beat in beats]) for k in (0, 1))
    place = np.searchsorted(starts, on, side="right") - 1
    off = np.maximum(off, np.minimum(on + steps[place], stops[place]))
    exact = on * score.ticks_per_quarter == table.onsets * QUARTER
    exact &= off * score.ticks_per_quarter == (table.onsets + table.durations) * QUARTER
    notes = table._replace(onsets=on, durations=off - on).canonical()
    return Rounded(
        notes,
        tuple(_with_steps(bars, steps, int(off.max(initial=0)))),
        moved=int((~exact).sum()),
        merged=len(on) - len(notes.onsets),
    )


def values(start: int, end: int, bar: Bar) -> list[int]:
    """Split the time from `start` to `end`, within one bar, into note values.

    Notes of these values, tied together, fill that time. The result is their lengths in
    ticks, in order of time.
    """
    found: list[int] = []
    beats = [beat for beat in bar.beats if beat.end > start and beat.start < end]
    while start < end:
        if count := _whole(beats, start, end):
            ticks = beats[count - 1].end - beats[0].start
            if (ticks, end - start) == (QUARTER, _DOTTED_QUARTER):
                ticks, count = _DOTTED_QUARTER, 2
            found.append(ticks)
        else:
            stop, count = min(end, beats[0].end), 1
            found += _within_beat(stop - start, beats[0].step)
            ticks = stop - start
        start += ticks
        beats = beats[count:]
    return found


def quarters(ticks: int) -> Fraction:
    """Convert a number of ticks of notation to quarters."""
    return Fraction(ticks, QUARTER)


def ticks_of(tick: int, score: Score) -> int:
    """Convert a time in ticks of `score` to ticks of notation.

    The result is rounded to the nearest sixteenth note, that is, to a multiple of 24.
    """
    sixteenth = score.ticks_per_quarter * _SIXTEENTH
    return (2 * tick * QUARTER + sixteenth) // (2 * sixteenth) * _SIXTEENTH


def _whole(beats: Sequence[Beat], start: int, end: int) -> int:
    """Return how many of the first `beats` one note value can fill completely.

    The result is as large as possible. It counts only beats of equal length that lie
    between `start` and `end`. It is 0 if the first beat does not lie between them.

    Args:
        beats: the beats of a bar that still need note values for a note, one or more.
        start: the tick from which on the note still needs values.
        end: the tick at which the note ends.
    """
    length = beats[0].end - beats[0].start
    equal = 0
    for beat in beats:
        whole = start <= beat.start and beat.end <= end
        if not whole or beat.end - beat.start != length:
            break
        equal += 1
    return next((n for n in _WHOLE_BEATS.get(length, ()) if n <= equal), 0)


def _within_beat(ticks: int, step: int) -> Iterator[int]:
    if step == _TRIPLET:
        yield ticks
        return
    while ticks:
        value = next(value for value in _VALUES if value <= ticks)
        yield value
        ticks -= value


def _bars(score: Score, end: float) -> list[Bar]:
    """Return the bars that begin before the tick `end`; at least one."""
    changes = {0: _USUAL_METRE}
    changes |= {ticks_of(metre.tick, score): metre for metre in score.metres}
    later = sorted(changes, reverse=True)
    bars: list[Bar] = []
    start, metre = 0, _USUAL_METRE
    while start < end or not bars:
        if later and later[-1] <= start:
            metre = changes[later.pop()]
        length = 4 * QUARTER * metre.beats // metre.beat_unit
        stop = min([start + length, *later[-1:]])
        written = metre if stop == start + length else _metre_of(stop - start)
        bars.append(Bar(start, stop, written, tuple(_beats(start, stop, written))))
        start = stop
    return bars


def _metre_of(ticks: int) -> Metre:
    """Return the metre of a bar of so many ticks: 144 give 3/8.

    A bar has such a metre if a change of metre cuts it short.
    """
    whole_notes = Fraction(ticks, 4 * QUARTER)
    beat_unit = max(4, whole_notes.denominator)
    return Metre(0, int(whole_notes * beat_unit), beat_unit)


def _beats(start: int, stop: int, metre: Metre) -> Iterator[Beat]:
    is_compound = metre.beat_unit >= 8 and metre.beats > 3 and metre.beats % 3 == 0
    length = 12 * QUARTER // metre.beat_unit if is_compound else QUARTER
    for begin in range(start, stop, length):
        yield Beat(begin, min(begin + length, stop), _SIXTEENTH)


def _steps(beats: Sequence[Beat], times: np.ndarray) -> np.ndarray:
    """Return the step of each beat in ticks: a sixteenth, or a triplet eighth.

    Only a beat of one quarter can have triplet eighths. It has them if rounding to them
    moves the times in this beat by less, summed up, than rounding to sixteenths.

    Args:
        beats: the beats of all bars.
        times: the begins and ends of all notes, `[n]`.
    """
    sixteenths = np.full(len(beats), _SIXTEENTH)
    triplets = np.full(len(beats), _TRIPLET)
    starts = [beat.start for beat in beats]
    place = np.searchsorted(starts, times, side="right") - 1
    error = [
        np.bincount(
            place, abs(times - _on_steps(beats, steps, times)), minlength=len(beats)
        )
        for steps in (sixteenths, triplets)
    ]
    quarter = np.array([beat.end - beat.start == QUARTER for beat in beats])
    return np.where(quarter & (error[1] < error[0]), triplets, sixteenths)


def _on_steps(
    beats: Sequence[Beat], steps: np.ndarray, times: np.ndarray
) -> np.ndarray:
    """Round each time to the nearest step of its beat, at most to the beat's end.

    The last step of a beat may be cut short. A time that would be rounded beyond the
    end of its beat becomes that end.

    Args:
        beats: the beats of all bars; only their starts and ends are used.
        steps: the length of a step in each beat, in ticks.
        times: the times, in ticks, `[n]`.
    """
    starts, stops = (np.array([beat[k] for beat in beats]) for k in (0, 1))
    place = np.searchsorted(starts, times, side="right") - 1
    step, stop = steps[place], stops[place]
    since = times - starts[place]
    nearest = starts[place] + np.floor(since / step + 0.5).astype(np.int64) * step
    return np.minimum(nearest, stop)


def _with_steps(bars: Sequence[Bar], steps: np.ndarray, end: int) -> Iterator[Bar]:
    """Yield the bars after setting the step of each beat.

    Bars that begin at or after the tick `end` are left out, but not the first bar.

    Args:
        bars: all bars.
        steps: the step of each beat of all bars, in ticks, in order of time.
        end: the tick at which the last note ends.
    """
    left = iter(steps.tolist())
    for bar in bars:
        beats = tuple(beat._replace(step=next(left)) for beat in bar.beats)
        if bar.start < end or bar.start == 0:
            yield bar._replace(beats=beats)
