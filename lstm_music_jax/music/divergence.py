"""Divergence: the first symbol and the first note in which two pieces differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lstm_music_jax.music.score import Note, Score


@dataclass(frozen=True)
class Divergence:
    """Where two pieces differ first.

    Attributes:
        symbol: index of the first symbol that differs; None if all symbols are equal as
            far as both pieces go.
        note: index of the first note that differs, in `notes` of both scores. One of
            the scores may have no such note, because it has ended. None if all notes
            are equal.
        quarter: time at which that note is struck, in quarter notes from the start. If
            the two pieces strike it at different times, it is the earlier time. None if
            all notes are equal.
    """

    symbol: int | None
    note: int | None
    quarter: float | None


def divergence(
    symbols: Sequence[str], score: Score, others: Sequence[str], other: Score
) -> Divergence | None:
    """Return where two pieces differ first; None if they do not.

    If one sequence of symbols is the beginning of the other, no symbol counts as
    different. To make the end of a piece count, include an end symbol.

    Args:
        symbols: the symbols of one piece.
        score: the music of that piece.
        others: the symbols of the other piece.
        other: its music, with as many ticks per quarter note as `score`.
    """
    symbol = _first_difference(symbols, others)
    notes, other_notes = score.notes, other.notes
    note = _first_difference(notes, other_notes)
    if note is None and len(notes) != len(other_notes):
        note = min(len(notes), len(other_notes))
    if symbol is None and note is None:
        return None
    if note is None:
        return Divergence(symbol, None, None)
    onset = min(each[note].onset for each in (notes, other_notes) if note < len(each))
    return Divergence(symbol, note, onset / score.ticks_per_quarter)


def _first_difference(
    one: Sequence[str] | Sequence[Note], other: Sequence[str] | Sequence[Note]
) -> int | None:
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), None)
