"""A piece for the player of a report: its notes, and figures of each note.

The primer is the given beginning that a generated piece continues. A symbol strikes a
note if the note begins with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_music_jax.music.score import Score
from lstm_music_jax.music.tempo_map import DEFAULT_TEMPO
from lstm_music_jax.report.page.document import Data

# Steps of the surprisal per nat; 255 is for unknown, so the largest is 12.7 nats.
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
    probabilities: Float[np.ndarray, "notes k"]


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
    surprisal: Float[np.ndarray, "notes"] | None = None
    symbols: Sequence[str] | None = None
    alternatives: Alternatives | None = None
    copies: Sequence[Passage] = ()
    skipped: Sequence[tuple[int, int]] = ()
    marks: Sequence[Mark] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    def packed(self, data: Data) -> dict[str, Any]:
        """Return the piece as an entry for the JSON of a page, without its notes.

        The notes, and what is known of each, are columns of numbers. They are appended
        to the numbers of `data`, from "first" on: what a note has, the surprisal, the
        symbols, the best symbols and their probabilities. Names of symbols and of
        training pieces are added to lists in `data`, and their indices stand for them.
        """
        content: dict[str, Any] = {
            "name": self.name,
            "ticksPerQuarter": self.score.ticks_per_quarter,
            "tempos": self._tempos(),
            "count": len(self.score.notes),
            "first": len(data.numbers),
        }
        columns = [*_columns(self.score)]
        if self.primer_notes:
            content["primerNotes"] = self.primer_notes
        if self.surprisal is not None:
            content["surprisal"] = True
            columns.append(_steps(self.surprisal))
        if self.symbols is not None:
            content["symbols"] = True
            columns.append([data.index("symbols", name) for name in self.symbols])
        if self.alternatives is not None:
            symbols, probabilities = self.alternatives
            content["alternatives"] = probabilities.shape[1]
            names = chain.from_iterable(zip(*symbols, strict=True))
            columns.append([data.index("symbols", name) for name in names])
            columns.append(_percents(probabilities))
        data.numbers.extend(chain.from_iterable(columns))
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


def _columns(score: Score) -> Iterator[Sequence[int]]:
    """Yield what the notes have in columns, which compress better than rows.

    They are the ticks since the last onset, durations, pitches and velocities.
    """
    table = score.table
    yield np.diff(table.onsets, prepend=0).tolist()
    for column in (table.durations, table.pitches, table.velocities):
        yield column.tolist()


def _steps(surprisal: Float[np.ndarray, "notes"]) -> Sequence[int]:
    """Return the surprisal of each note in steps, as the page reads it."""
    steps = np.minimum(np.round(surprisal * _STEPS_PER_NAT), _UNKNOWN - 1)
    return np.where(np.isnan(surprisal), _UNKNOWN, steps).astype(int).tolist()


def _percents(probabilities: Float[np.ndarray, "notes k"]) -> Sequence[int]:
    """Return the percents plus 1, best symbols first; 0 if there is no prediction."""
    percents = np.where(probabilities > 0, 1 + np.round(100 * probabilities), 0)
    return percents.T.ravel().astype(int).tolist()
