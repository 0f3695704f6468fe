"""A piece for the player of a report: its notes, and figures of each note.

The primer is the given beginning that a generated piece continues. A symbol strikes a
note if the note begins with it.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lstm_music_jax.music.score import Score
from lstm_music_jax.music.tempo_map import DEFAULT_TEMPO
from lstm_music_jax.report.page.document import Data

# Steps of the surprisal per nat; a byte holds 0 to 12.7 nats, and 255 is for unknown.
_STEPS_PER_NAT = 20
_UNKNOWN = 255


class Passage(NamedTuple):
    """A passage of a piece that was copied from a training piece.

    Attributes:
        first: index of the first note.
        last: index of the last note.
        source: name of the training piece.
        length: length of the passage, in symbols.
        semitones: how many semitones higher the passage is in the training piece.
    """

    first: int
    last: int
    source: str
    length: int
    semitones: int


class Mark(NamedTuple):
    """A remark about one note, such as where two versions of a piece diverge.

    Attributes:
        note: index of the note.
        text: the remark.
    """

    note: int
    text: str


class Alternatives(NamedTuple):
    """The model's most probable symbols for each note, the best one first.

    Attributes:
        symbols: names of the symbols, k per note.
        probabilities: the probabilities of `symbols`.
    """

    symbols: Sequence[Sequence[str]]
    probabilities: Float[np.ndarray, "n k"]


@dataclass(frozen=True)
class PlayedPiece:
    """A piece for the player of a report.

    Notes are numbered in the order of `score.notes`, which is that of their onsets and
    pitches. What is None or empty is not shown.

    Attributes:
        name: the name of the piece, such as that of its MIDI file.
        score: the music.
        tempo: quarters per minute; None for the tempos of the score.
        primer_notes: number of notes at the beginning that belong to the primer.
        surprisal: surprisal of each note under the model, nats; NaN where it is not
            known. It is the sum over the symbols that make the note.
        symbols: for each note, the name of the symbol that strikes it.
        alternatives: the model's most probable symbols in place of each of `symbols`.
        copies: the copied passages.
        skipped: where symbols were skipped, because they have no meaning at their
            place: the first and the last tick of each stretch of them.
        marks: remarks about single notes.
        facts: what else to say about the piece: names and values.
    """

    name: str
    score: Score
    tempo: float | None = None
    primer_notes: int = 0
    surprisal: Float[np.ndarray, "n"] | None = None
    symbols: Sequence[str] | None = None
    alternatives: Alternatives | None = None
    copies: Sequence[Passage] = ()
    skipped: Sequence[tuple[int, int]] = ()
    marks: Sequence[Mark] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    def packed(self, data: Data) -> dict[str, Any]:
        """Return the piece as an entry for the JSON of a page, a few bytes per note.

        Names of symbols and of training pieces are added to lists in `data`, and the
        result holds their indices in these lists.
        """
        content: dict[str, Any] = {
            "name": self.name,
            "ticksPerQuarter": self.score.ticks_per_quarter,
            "tempos": self._tempos(),
            "count": len(self.score.notes),
            "notes": _packed_notes(self.score),
        }
        if self.primer_notes:
            content["primerNotes"] = self.primer_notes
        if self.surprisal is not None:
            content["surprisal"] = _packed_surprisal(self.surprisal)
        if self.symbols is not None:
            numbers = [data.index("symbols", name) for name in self.symbols]
            content["symbols"] = packed_numbers(numbers)
        if self.alternatives is not None:
            content["alternatives"] = _packed_alternatives(self.alternatives, data)
        if self.copies:
            content["copies"] = [
                (first, last, data.index("sources", source), length, semitones)
                for first, last, source, length, semitones in self.copies
            ]
        if self.skipped:
            content["skipped"] = self.skipped
        if self.marks:
            content["marks"] = self.marks
        if self.facts:
            content["facts"] = {
                str(name): str(value) for name, value in self.facts.items()
            }
        return content

    def _tempos(self) -> list[tuple[int, float]]:
        if self.tempo is not None:
            return [(0, self.tempo)]
        tempos = [(tick, float(tempo)) for tick, tempo in self.score.tempos]
        if not tempos or tempos[0][0] > 0:
            tempos.insert(0, (0, DEFAULT_TEMPO))
        return tempos


def packed_numbers(numbers: Iterable[int]) -> str:
    """Return whole numbers of 0 or more as LEB128 bytes, in base64.

    A number is written seven bits at a time, the lowest ones first. The eighth bit of a
    byte says that more bytes follow. So numbers below 128 take one byte each.
    """
    packed = bytearray()
    for number in numbers:
        while number > 127:
            packed.append(number & 127 | 128)
            number >>= 7
        packed.append(number)
    return base64.b64encode(packed).decode()


def _packed_notes(score: Score) -> str:
    """Return the notes as four numbers each, packed by `packed_numbers`.

    The numbers are the ticks since the last onset, the duration, the pitch and the
    velocity.
    """
    numbers, before = [], 0
    for onset, pitch, duration, velocity in score.notes:
        numbers += [onset - before, duration, pitch, velocity]
        before = onset
    return packed_numbers(numbers)


def _packed_surprisal(surprisal: Float[np.ndarray, "n"]) -> str:
    steps = np.minimum(np.round(surprisal * _STEPS_PER_NAT), _UNKNOWN - 1)
    steps = np.where(np.isnan(surprisal), _UNKNOWN, steps)
    return base64.b64encode(steps.astype(np.uint8).tobytes()).decode()


def _packed_alternatives(alternatives: Alternatives, data: Data) -> dict[str, Any]:
    probabilities = alternatives.probabilities
    shares: Int[np.ndarray, "n k"] = np.round(255 * probabilities).astype(np.uint8)
    numbers = [
        data.index("symbols", name) for row in alternatives.symbols for name in row
    ]
    return {
        "each": probabilities.shape[1],
        "symbols": packed_numbers(numbers),
        "probabilities": base64.b64encode(shares.tobytes()).decode(),
    }
