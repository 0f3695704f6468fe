"""Note names: an encoding of one symbol per note or chord: 'E-5', '4.9'.

This is the encoding of the classical Keras note generators. It keeps the order of notes
and chords, but neither their onsets nor their durations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any, ClassVar

from lstm_music_jax.music.encodings.base import Decoded, Use
from lstm_music_jax.music.encodings.pitch_names import (
    canonical_name,
    chord_name,
    named_pitches,
    pitch_name,
)
from lstm_music_jax.music.parts import parts_of
from lstm_music_jax.music.score import TICKS_PER_QUARTER, Chord, Part, Score

PARTS = ("first", "first_nonempty", "all")


@dataclass(frozen=True)
class NoteNames:
    """Encodes each note as its name and each chord as its pitch classes.

    >>> c_then_a_minor = Part("", (Chord(0, 12, (60,)), Chord(12, 12, (69, 72, 76))))
    >>> NoteNames().encode(Score.from_parts([c_then_a_minor]))
    ['C4', '9.0.4']

    Attributes:
        parts: the parts to encode; a part is the music of one instrument. "first" is
            the first part, even if it is empty, as in the original recipe (see the
            README). "first_nonempty" is the first part that has notes. "all" merges the
            parts by onset.
        ticks_per_note: ticks from each decoded note or chord to the next, 1 or more.
            This is also the duration of each note.
        drums: keep the notes of MIDI channel 10. By default, they are kept if `parts`
            is "first", as in the original recipe, and otherwise not.
    """

    symbols_per_note: ClassVar[int] = 1
    ticks_per_quarter: ClassVar[int] = TICKS_PER_QUARTER
    parts: str = "all"
    ticks_per_note: int = TICKS_PER_QUARTER
    drums: bool | None = None

    def __post_init__(self):
        if self.parts not in PARTS:
            raise ValueError(f"parts is {self.parts!r}; it must be one of {PARTS}")
        if self.ticks_per_note < 1:
            raise ValueError(
                f"ticks_per_note is {self.ticks_per_note}; it must be 1 or more"
            )
        if self.drums is None:
            object.__setattr__(self, "drums", self.parts == "first")

    @property
    def symbols(self) -> None:
        """None, because there are too many chords and spellings to list."""
        return None

    def encode(self, score: Score) -> list[str]:
        """Return one symbol per note or chord of the chosen parts, ordered by time."""
        return [_symbol(chord) for chord in self._chords(score)]

    def decode(
        self,
        symbols: Iterable[str],
        max_notes: int | None = None,
        after: Iterable[str] = (),
    ) -> Decoded:
        """Return the notes and chords of symbols, one every `ticks_per_note` ticks.

        Symbols that name no note or chord are skipped and counted.

        Args:
            symbols: any strings.
            max_notes: stop after this many notes and chords.
            after: symbols that precede `symbols`. They change nothing, because no
                symbol depends on an earlier one.
        """
        chords: list[Chord] = []
        uses: list[Use] = []
        for symbol in symbols:
            if max_notes is not None and len(chords) >= max_notes:
                break
            pitches = named_pitches(symbol)
            if pitches:
                onset = len(chords) * self.ticks_per_note
                chords.append(Chord(onset, self.ticks_per_note, pitches))
                uses.append(tuple((onset, pitch) for pitch in pitches))
            else:
                uses.append(None)
        score = Score.from_parts([Part("", tuple(chords))])
        return Decoded(score, uses.count(None), len(chords), tuple(uses))

    def merged(self, score: Score, symbols: Sequence[str]) -> int:
        """Return 0, because notes that are struck together become a chord.

        Notes of one pitch class in a chord share a number, and do not count as lost.
        """
        return 0

    def canonical(self, text: str) -> str:
        """Return the name of the note or chord that `text` spells: 'Eb4' is 'E-4'.

        Raises:
            ValueError: `text` spells no note or chord.
        """
        return canonical_name(text)

    def pitches(self, symbol: str) -> tuple[int, ...]:
        """Return the MIDI pitches that `symbol` names; () if it names none."""
        return named_pitches(symbol)

    def releases(self, symbol: str) -> tuple[int, ...]:
        """Return (), because all notes last `ticks_per_note`."""
        return ()

    def time_shift(self, symbol: str) -> int:
        """Return 0, because no symbol only moves the clock: time passes with notes."""
        return 0

    def duration(self, symbol: str) -> int:
        """Return 0, because all notes last `ticks_per_note`."""
        return 0

    def stretched(self, symbol: str, factor: float) -> str:
        """Return `symbol`, because this encoding does not count time."""
        return symbol

    def config(self) -> dict[str, Any]:
        """Return "kind" and the attributes; `drums` only if it is not the default."""
        config = {
            "kind": "note_names",
            "parts": self.parts,
            "ticks_per_note": self.ticks_per_note,
        }
        if self.drums != NoteNames(self.parts).drums:
            config["drums"] = self.drums
        return config

    def _chords(self, score: Score) -> Iterator[Chord]:
        parts = parts_of(score.with_drums(bool(self.drums)))
        if self.parts == "all":
            sorted_parts = (part.chords for part in parts)
            return merge(*sorted_parts, key=lambda c: (c.onset, c.duration > 0))
        if self.parts == "first_nonempty":
            parts = tuple(part for part in parts if part.chords)
        return iter(parts[0].chords if parts else ())


def _symbol(chord: Chord) -> str:
    if len(chord.pitches) > 1:
        return chord_name(chord.pitches)
    return chord.spelling or pitch_name(chord.pitches[0])
