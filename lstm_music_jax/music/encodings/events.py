"""Symbols that keep rhythm: 'shift_12', 'duration_6', 'pitch_60'.

The grammar, on the grid of 12 ticks a quarter:

    piece    = group*
    group    = shift* duration+ pitch+
    shift_n      moves the clock on by n ticks (1..48)
    duration_n   sets the length of the notes that follow (1..96 ticks)
    pitch_n      strikes MIDI pitch n now, for the length last set

Longer shifts and durations are sums of several symbols in a row, the largest first.
Length comes before pitch, and stays until it is set again, so a chord of equal lengths
costs one symbol a note, and a run of eighths costs two: shift and pitch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from lstm_music_jax.music.encodings.base import Decoded
from lstm_music_jax.music.score import HIGHEST_PITCH, TICKS_PER_QUARTER, Note, Score

LONGEST_SHIFT = 48
LONGEST_DURATION = 96
_LIMITS = {
    "shift": range(1, LONGEST_SHIFT + 1),
    "duration": range(1, LONGEST_DURATION + 1),
    "pitch": range(HIGHEST_PITCH + 1),
}


@dataclass(frozen=True)
class Events:
    """Pitch, onset and length of every note, on the grid; see the module's grammar."""

    symbols_per_note: ClassVar[int] = 2

    def encode(self, score: Score) -> list[str]:
        """The symbols of `score.notes`; what the parts were is not kept."""
        symbols: list[str] = []
        clock, length = 0, 0
        ordered = sorted(score.notes, key=lambda n: (n.onset, n.duration, n.pitch))
        for note in ordered:
            symbols += _spell("shift", note.onset - clock, LONGEST_SHIFT)
            if note.duration != length:
                symbols += _spell("duration", note.duration, LONGEST_DURATION)
            symbols.append(f"pitch_{note.pitch}")
            clock, length = note.onset, note.duration
        return symbols

    def decode(self, symbols: Iterable[str], limit: int | None = None) -> Decoded:
        """The notes of any symbols; skips and counts those that mean nothing there.

        Ill-formed are unknown symbols and a pitch that is already struck at this
        moment. Before any length is set a note lasts a quarter. `count` and `limit`
        are in notes of `score.notes`.
        """
        struck: dict[tuple[int, int], int] = {}
        clock, length, adding, skipped = 0, TICKS_PER_QUARTER, False, 0
        for symbol in symbols:
            if limit is not None and len(struck) >= limit:
                break
            kind, value = _parse(symbol)
            if kind == "shift":
                clock += value
            elif kind == "duration":
                length = value + (length if adding else 0)
            elif kind == "pitch" and (clock, value) not in struck:
                struck[clock, value] = length
            else:
                skipped += 1
            adding = kind == "duration"
        notes = (
            Note(onset, pitch, length) for (onset, pitch), length in struck.items()
        )
        return Decoded(Score.from_notes(notes), skipped, len(struck))

    def pitches(self, symbol: str) -> tuple[int, ...]:
        """The pitch of 'pitch_n', () of any other symbol."""
        kind, value = _parse(symbol)
        return (value,) if kind == "pitch" else ()

    def shift(self, symbol: str) -> int:
        """The ticks of 'shift_n', 0 of any other symbol."""
        kind, value = _parse(symbol)
        return value if kind == "shift" else 0

    def duration(self, symbol: str) -> int:
        """The ticks of 'duration_n', 0 of any other symbol."""
        kind, value = _parse(symbol)
        return value if kind == "duration" else 0

    def config(self) -> dict[str, Any]:
        """Only its `kind`: there is nothing to choose."""
        return {"kind": "events"}


def _spell(kind: str, ticks: int, longest: int) -> list[str]:
    full, rest = divmod(ticks, longest)
    return [f"{kind}_{longest}"] * full + ([f"{kind}_{rest}"] if rest else [])


def _parse(symbol: str) -> tuple[str, int]:
    kind, _, digits = symbol.partition("_")
    if kind in _LIMITS and digits.isascii() and digits.isdigit() and len(digits) <= 3:
        value = int(digits)
        if value in _LIMITS[kind]:
            return kind, value
    return "", 0
