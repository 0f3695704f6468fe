"""What a model thinks of the notes of a piece: how surprising each is, and what else.

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
    """Figures of the n notes and the t symbols of a piece.

    The notes are in the order of `score.notes`.

    Attributes:
        notes: which symbols make each note.
        primer_notes: number of notes that the symbols of the primer strike.
        generated: position of the first symbol that is not of the primer.
        symbol_surprisal: surprisal of each symbol of the piece up to the end of the
            score, nats; NaN if the model has not predicted it, which is so for the
            first symbol of a piece that has no start symbol.
        symbols: the symbol that strikes each note.
        surprisal: surprisal of each note, nats: the sum over the symbols that make it.
        best_symbols: the model's k most probable symbols in place of each of `symbols`,
            the best one first.
        probabilities: their probabilities; 0 where the model has predicted nothing.
    """

    notes: NoteSymbols
    primer_notes: int
    generated: int
    symbol_surprisal: Float[np.ndarray, "t"]
    symbols: list[str]
    surprisal: Float[np.ndarray, "n"]
    best_symbols: list[list[str]]
    probabilities: Float[np.ndarray, "n k"]


class ReadPiece(NamedTuple):
    """A piece that a model is to read.

    Attributes:
        prompt: the ids that precede the piece, such as that of the start symbol.
        symbols: the symbols of the piece, as in `Composition`.
        score: the music that they stand for, or its begin.
        primer_kept: whether the music of the prompt is in front of the piece, so that
            its symbols are the first of `symbols`.
    """

    prompt: Int[np.ndarray, "p"]
    symbols: Sequence[str]
    score: Score
    primer_kept: bool = False


def note_figures(
    run: Run,
    pieces: Sequence[ReadPiece],
    *,
    context: Context = _CARRIED,
    count: int = 5,
) -> list[NoteFigures]:
    """Read pieces with the model of a run, and return the figures of their notes.

    Args:
        run: the model, its vocabulary and its encoding.
        pieces: the pieces. All are read together.
        context: which of the symbols so far the model remembers, as in `generate`.
        count: the number k of most probable symbols.
    """
    placed = [_Placed.of(run, piece) for piece in pieces]
    best = best_symbols(
        run.model, [each.ids for each in placed], count, context=context
    )
    return [_figures(run, *each) for each in zip(pieces, placed, best, strict=True)]


class _Placed(NamedTuple):
    """The symbols of a piece, and the ids that the model reads.

    Attributes:
        notes: which symbols make each note.
        generated: position of the first symbol that is not of the primer.
        ids: the ids that the model reads: the prompt, then the piece.
        places: position in `ids` of each symbol of the piece.
    """

    notes: NoteSymbols
    generated: int
    ids: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, run, piece):
        vocabulary, prompt = run.vocabulary, piece.prompt
        inside = np.flatnonzero(~np.isin(prompt, vocabulary.marker_ids))
        primer = vocabulary.symbols_of(prompt[inside])
        generated = len(primer) if piece.primer_kept else 0
        after = () if piece.primer_kept else primer
        notes = note_symbols(run.encoding, piece.symbols, piece.score, after)
        read = vocabulary.ids_of(piece.symbols[generated : notes.heard])
        ids = np.concatenate([prompt, read]).astype(np.int32)
        places = np.arange(len(prompt), len(ids))
        if piece.primer_kept:
            places = np.concatenate([inside, places])
        return cls(notes, generated, ids, places)


def _figures(run, piece, placed, best):
    notes, generated = placed.notes, placed.generated
    surprisal = _after_first(best.surprisal, np.nan)[placed.places]
    struck = placed.places[np.array(notes.strikes, int)]
    return NoteFigures(
        notes,
        sum(strike < generated for strike in notes.strikes),
        generated,
        surprisal,
        [piece.symbols[strike] for strike in notes.strikes],
        np.array([surprisal[makers].sum() for makers in notes.makers]),
        [run.vocabulary.symbols_of(row) for row in _after_first(best.ids, 0)[struck]],
        np.exp(_after_first(best.log_probs, -np.inf)[struck]),
    )


def _after_first(values, first):
    """Return values with a row for the first symbol, which nothing has predicted."""
    return np.concatenate(
        [np.full((1, *values.shape[1:]), first, values.dtype), values]
    )
