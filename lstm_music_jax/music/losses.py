"""Losses: counts of the notes that are left out when a file becomes symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import Score


class Losses(NamedTuple):
    """Counts of the notes that are in a file but not in its symbols.

    Attributes:
        endless: number of notes that never end.
        drums: number of notes of MIDI channel 10, if the encoding leaves them out.
        merged: number of notes that were merged with another one, because both have the
            same pitch and, after rounding, the same onset.
    """

    endless: int = 0
    drums: int = 0
    merged: int = 0

    @classmethod
    def of(cls, score: Score, encoding: Encoding, symbols: Sequence[str]) -> Losses:
        """Return counts of the notes that were lost when a score was encoded.

        Args:
            score: the music.
            encoding: the encoding that encoded it.
            symbols: the result of `encoding.encode(score)`.
        """
        drums = 0 if encoding.drums else score.drum_count
        return cls(score.endless, drums, encoding.merged(score, symbols))

    def plus(self, other: Losses) -> Losses:
        """Return the sums of these counts and those of `other`."""
        return Losses(*(a + b for a, b in zip(self, other, strict=True)))

    def __str__(self) -> str:
        """Return the counts in words, without those that are 0; '' if all are 0."""
        words = (
            "notes that never end",
            "drum notes",
            "notes on the same pitch and moment as another",
        )
        counted = zip(self, words, strict=True)
        return ", ".join(f"{count:,} {what}" for count, what in counted if count)


NO_LOSSES = Losses()
