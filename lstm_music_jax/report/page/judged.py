"""A piece for the player of a report, with what a model finds of its notes.

The player colours each note by its surprisal, explains it by the symbols that the model
expected, and outlines passages that were copied from training pieces.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from lstm_music_jax.evaluation.measures.copying import Copy
from lstm_music_jax.evaluation.note_figures import NoteFigures
from lstm_music_jax.music.score import Score
from lstm_music_jax.report.page.piece import Alternatives, Passage, PlayedPiece


def judged_piece(
    name: str,
    score: Score,
    figures: NoteFigures,
    *,
    copies: Sequence[Copy] = (),
    sources: Sequence[str] = (),
    tempo: float | None = None,
    facts: Mapping[str, object] | None = None,
) -> PlayedPiece:
    """Return a piece whose notes the player colours, explains and outlines.

    Args:
        name: the name of the piece.
        score: the music.
        figures: the figures of the notes of `score`, such as their surprisal.
        copies: the copied passages, as positions in the symbols after the primer, the
            given beginning of the piece.
        sources: the names of the training pieces, by the index that `copies` hold.
        tempo: quarters per minute; None for the tempos of the score.
        facts: what else to say about the piece: names and values.
    """
    return PlayedPiece(
        name,
        score,
        tempo=tempo,
        primer_notes=figures.primer_notes,
        surprisal=figures.surprisal,
        symbols=figures.symbols,
        alternatives=Alternatives(figures.best_symbols, figures.probabilities),
        copies=_passages(figures, copies, sources),
        skipped=figures.notes.skipped,
        facts=facts or {},
    )


def _passages(figures, copies, sources):
    """Return the copied passages, given as symbols, as ranges of notes.

    A passage in which no note begins is left out.
    """
    strikes = np.array(figures.notes.strikes, int) - figures.generated
    passages = []
    for copy in copies:
        inside = (strikes >= copy.start) & (strikes < copy.start + copy.length)
        if inside.any():
            first, *_, last = np.flatnonzero(inside)[[0, -1]].tolist()
            source = sources[copy.piece]
            passages.append(Passage(first, last, source, copy.length, copy.semitones))
    return passages
