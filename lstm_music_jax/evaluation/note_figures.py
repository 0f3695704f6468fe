"""How surprising a model finds each note of a piece, and which symbols it expected.

A note can take several symbols, such as its time, its duration and its pitch. The one
at which the note begins strikes the note. The primer is the given beginning that a
piece continues. The prompt is what the model reads first: the start symbol, if there is
one, and the primer. A run is a trained model with its vocabulary and its encoding.
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
    """What a model says about the n notes of a piece, and about its t symbols.

    The notes are in the order of `score.notes`, which are the notes of the piece.

    Attributes:
        notes: which symbols make each note.
        primer_notes: number of notes that symbols of the primer strike.
        generated: position of the first symbol after the primer. It is 0 if the
            symbols of the primer are not among the symbols of the piece.
        symbol_surprisal: surprisal of each symbol of the piece, nats. If the score ends
            before the symbols do, it has only the symbols up to there, but always those
            of a primer that the piece includes. The first id that the model
            reads is not predicted; if it is a symbol of the piece, its surprisal is
            NaN.
        symbols: for each note, the name of the symbol that strikes it.
        surprisal: surprisal of each note, nats: the sum over the symbols that make it.
            It is NaN if one of them was not predicted.
        best_symbols: for each of `symbols`, the k symbols that the model found most
            probable in its place, the best one first. Where the model has predicted
            nothing, it is the first symbol of the vocabulary, k times.
        probabilities: the probabilities of `best_symbols`; 0 where the model has
            predicted nothing.
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
        prompt: the ids that the model reads first: the start symbol, if there is one,
            and the primer, if there is one.
        symbols: the names of the symbols of the piece, without start and end symbol.
        score: the music that `symbols` stand for. It may be cut off after some time;
            the symbols after that are not read.
        primer_kept: whether `symbols` begins with the symbols of the primer.
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
        count: for each note, how many of the model's most probable symbols to list, k.
            If the vocabulary is smaller than that, all of its symbols are listed.

    Returns:
        One entry per piece.
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
        generated: position of the first symbol after the primer. It is 0 if the
            symbols of the primer are not among the symbols of the piece.
        ids: the ids that the model reads: the prompt, then the symbols after the
            primer.
        places: for each symbol of the piece, its position in `ids`.
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
    """Return `values` with one more row in front, filled with the number `first`.

    It is the row of the first symbol, which the model has not predicted.
    """
    return np.concatenate(
        [np.full((1, *values.shape[1:]), first, values.dtype), values]
    )
