"""What a model thinks of each note of a piece: its surprisal, and what else it expected.

A note can take several symbols, such as its time, its duration and its pitch.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lstm_music_jax.evaluation.best_symbols import best_symbols
from lstm_music_jax.generation.composition import Run
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.music.note_symbols import NoteSymbols, note_symbols
from lstm_music_jax.music.score import Score
from lstm_music_jax.protocols import Context
from lstm_music_jax.types import Float, Int

_CARRIED = Carried()


class NoteFigures(NamedTuple):
    """Figures of the n notes of a piece, in the order of `score.notes`.

    Attributes:
        notes: which symbols make each note.
        primer_notes: number of notes that the symbols of the primer strike.
        generated: position of the first symbol that is not of the primer.
        symbols: the symbol that strikes each note.
        surprisal: surprisal of each note, nats: the sum over the symbols that make it.
            NaN if the model has not predicted one of them, which is so for the first
            symbol of a piece that has no start symbol.
        best_symbols: the model's k most probable symbols in place of each of `symbols`,
            the best one first.
        probabilities: their probabilities; 0 where the model has predicted nothing.
    """

    notes: NoteSymbols
    primer_notes: int
    generated: int
    symbols: list[str]
    surprisal: Float[np.ndarray, "n"]
    best_symbols: list[list[str]]
    probabilities: Float[np.ndarray, "n k"]


def note_figures(
    run: Run,
    prompt: Int[np.ndarray, "p"],
    symbols: Sequence[str],
    score: Score,
    *,
    primer_kept: bool = False,
    context: Context = _CARRIED,
    count: int = 5,
) -> NoteFigures:
    """Read a piece with the model of a run, and return the figures of its notes.

    Args:
        run: the model, its vocabulary and its encoding.
        prompt: the ids that precede the piece, such as that of the start symbol.
        symbols: the symbols of the piece, as in `Composition`.
        score: the music that they stand for, or its begin.
        primer_kept: whether the music of the prompt is in front of the piece, so that
            its symbols are the first of `symbols`.
        context: which of the symbols so far the model remembers, as in `generate`.
        count: the number k of most probable symbols.
    """
    vocabulary, markers = run.vocabulary, run.vocabulary.marker_ids
    inside = np.flatnonzero(~np.isin(prompt, markers))
    primer = vocabulary.symbols_of(prompt[inside])
    generated = len(primer) if primer_kept else 0
    after = () if primer_kept else primer
    notes = note_symbols(run.encoding, symbols, score, after)
    read = vocabulary.ids_of(symbols[generated : notes.heard], source="the piece")
    whole = np.concatenate([prompt, read]).astype(np.int32)
    # Where each of `symbols` is in `whole`.
    places = np.arange(len(prompt), len(whole))
    if primer_kept:
        places = np.concatenate([inside, places])
    best = best_symbols(run.model, whole, count, context=context)
    surprisal = _after_first(best.surprisal, np.nan)[places]
    struck = places[np.array(notes.strikes, int)]
    ids = _after_first(best.ids, 0)[struck]
    return NoteFigures(
        notes,
        sum(strike < generated for strike in notes.strikes),
        generated,
        [symbols[strike] for strike in notes.strikes],
        np.array([surprisal[makers].sum() for makers in notes.makers]),
        [vocabulary.symbols_of(row) for row in ids],
        np.exp(_after_first(best.log_probs, -np.inf)[struck]),
    )


def _after_first(values, first):
    """Return values with a row for the first symbol, which nothing has predicted."""
    return np.concatenate([np.full((1, *values.shape[1:]), first, values.dtype), values])
