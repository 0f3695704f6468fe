"""Losses: how many notes of a file are left out when it becomes symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import Score


class Losses(NamedTuple):
    """How many notes are left out.

    Attributes:
        endless: notes that never end.
        drums: notes of MIDI channel 10.
        merged: notes that become one with another note of equal pitch and onset.
    """

    endless: int = 0
    drums: int = 0
    merged: int = 0

    @classmethod
    def of(cls, score: Score, encoding: Encoding, symbols: Sequence[str]) -> Losses:
        """Return how many notes of a score an encoding leaves out."""
        drums = 0 if encoding.drums else score.drum_count
        return cls(score.endless, drums, encoding.merged(score, symbols))

    def plus(self, other: Losses) -> Losses:
        """Return the sum of these losses and others."""
        return Losses(*(a + b for a, b in zip(self, other, strict=True)))

    def __str__(self) -> str:
        """Return what is left out, in words; '' if nothing is."""
        words = (
            "notes that never end",
            "drum notes",
            "notes on the same pitch and moment as another",
        )
        counted = zip(self, words, strict=True)
        return ", ".join(f"{count:,} {what}" for count, what in counted if count)


NO_LOSSES = Losses()
