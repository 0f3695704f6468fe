"""A piece for the player of a report, with a model's predictions of its notes.

The player colours each note by its surprisal under the model. It explains a note by the
symbols that the model found most probable in its place. It outlines passages that were
copied from training pieces.

A piece is a sequence of symbols, and some of them strike (begin) a note. A generated
piece continues a given beginning, the primer.
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
        figures: the model's numbers about each note of `score`, such as its surprisal.
        copies: the passages that were copied. Their positions count symbols, and 0 is
            the first symbol after the primer.
        sources: the names of the training pieces. Each of `copies` holds an index into
            this list.
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
    """Turn copied passages, which are ranges of symbols, into ranges of notes.

    A passage in which no note begins is left out. The arguments are those of
    `judged_piece`.
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
