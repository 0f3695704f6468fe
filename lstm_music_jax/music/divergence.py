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
        quarter: time at which that note is struck, in quarters. If the two pieces
            strike it at different times, it is the earlier time.
    """

    symbol: int | None
    note: int | None
    quarter: float | None


def divergence(
    symbols: Sequence[str], score: Score, others: Sequence[str], other: Score
) -> Divergence | None:
    """Return where two pieces differ first; None if they do not.

    A piece that is equal to the beginning of another differs only in its notes. A piece
    that has ended should therefore have an end symbol.

    Args:
        symbols: the symbols of one piece.
        score: the music of that piece.
        others: the symbols of the other piece.
        other: its music, on the same grid.
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
