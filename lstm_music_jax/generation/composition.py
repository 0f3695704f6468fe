"""Composition: a trained model writes scores of a given number of notes."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.draws import Draw
from lstm_music_jax.generation.generate import (
    CARRIED,
    GUMBEL,
    MODEL_ALONE,
    generate,
)
from lstm_music_jax.generation.program import Generation
from lstm_music_jax.generation.trace import Trace
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import Score
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.strategies import Chain, Forbid
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Int, PRNGKey

# A piece may take this many times the usual number of symbols for its notes.
_PATIENCE = 8


@runtime_checkable
class Run(Protocol):
    """A trained model with its vocabulary and its encoding; see `load_run`."""

    @property
    def model(self) -> Model:
        """The model."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """The symbols that the model's ids stand for."""
        ...

    @property
    def encoding(self) -> Encoding:
        """The encoding that turns the symbols into notes."""
        ...


class Composition(NamedTuple):
    """A generated piece.

    Attributes:
        symbols: the drawn symbols, after the primer's symbols if the primer was kept.
        score: the music that the symbols stand for.
        skipped: number of symbols that the encoding does not allow at their place. They
            make no sound.
        fallbacks: number of symbols for which a strategy forbade every symbol and was
            ignored.
        trace: the trace of the drawn symbols, NumPy `[n]`; None unless requested.
    """

    symbols: list[str]
    score: Score
    skipped: int
    fallbacks: int
    trace: Trace | None


def compose(
    run: Run,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    *,
    notes: int,
    strategy: Strategy = MODEL_ALONE,
    context: Context = CARRIED,
    draw: Draw = GUMBEL,
    trace: bool = False,
    parallel_streams: int | None = None,
    devices: Sequence[jax.Device] | None = None,
    keep_primer: bool = False,
) -> list[Composition]:
    """Continue each prompt by `notes` sounding notes or chords.

    The start-of-piece symbol is never drawn. An encoding may use several symbols per
    note, so all pieces are continued until each has enough notes. Scores are cut to
    exactly `notes`.

    Args:
        run: the model, its vocabulary and its encoding.
        prompts: ids, one row per piece.
        key: random key; the same key gives the same music.
        notes: number of sounding notes or chords per piece, 1 or more.
        strategy: as in `generate`.
        context: as in `generate`.
        draw: as in `generate`.
        trace: as in `generate`.
        parallel_streams: as in `generate`; a stream is a piece.
        devices: as in `generate`.
        keep_primer: put the prompt's music in front of the piece.

    Raises:
        ValueError: `notes` is below 1, or the model does not give that many notes in 8
            times the usual number of symbols. And wherever `generate` raises it.
        RuntimeError: the logits became NaN.
    """
    if notes < 1:
        raise ValueError(f"notes is {notes}; it must be at least 1")
    start = run.vocabulary.start_id
    if start is not None:
        strategy = Chain(Forbid([start]), strategy)
    length = notes * run.encoding.symbols_per_note
    go_on = partial(
        generate,
        run.model,
        length=length,
        strategy=strategy,
        context=context,
        draw=draw,
        trace=trace,
        parallel_streams=parallel_streams,
        devices=devices,
    )
    drawn = [go_on(prompts, key)]
    while True:
        decoded = _decode(run, np.asarray(prompts), drawn, notes, keep_primer)
        pieces = [piece for piece in decoded if piece is not None]
        if len(pieces) == len(decoded):
            return pieces
        if len(drawn) == _PATIENCE:
            raise ValueError(
                f"notes is {notes}, and the model gave fewer within "
                f"{_PATIENCE * length} symbols; train it longer, or sample with a "
                "higher temperature"
            )
        drawn.append(go_on(drawn[-1].streams))


def start_prompts(run: Run, pieces: int) -> Int[Array, "b p"]:
    """Return prompts of the start-of-piece symbol alone, for music without a primer.

    Raises:
        ValueError: the run has no such symbol, or `pieces` is below 1.
    """
    if pieces < 1:
        raise ValueError(f"pieces is {pieces}; it must be at least 1")
    start = run.vocabulary.start_id
    if start is None:
        raise ValueError(
            "primer is none; this run needs a primer, because it was trained without a "
            "start symbol"
        )
    return jnp.full((pieces, 1), start, jnp.int32)


def _decode(
    run: Run,
    prompts: np.ndarray,
    drawn: Sequence[Generation],
    notes: int,
    keep_primer: bool,
) -> list[Composition | None]:
    """Return the piece of each stream; None where it has too few notes yet."""
    tokens = np.concatenate([np.asarray(each.tokens) for each in drawn], axis=1)
    trace = jax.tree.map(
        lambda *parts: np.concatenate(parts, axis=1), *(each.trace for each in drawn)
    )
    fallbacks = np.asarray(drawn[-1].fallbacks).tolist()
    pieces: list[Composition | None] = []
    for piece, prompt in enumerate(prompts):
        decoded, symbols = _decode_piece(run, prompt, tokens[piece], notes, keep_primer)
        if decoded is None:
            pieces.append(None)
            continue
        of_piece = jax.tree.map(lambda leaf, piece=piece: leaf[piece], trace)
        pieces.append(
            Composition(
                symbols, decoded.score, decoded.skipped, fallbacks[piece], of_piece
            )
        )
    return pieces


def _decode_piece(run, prompt, tokens, notes, keep_primer):
    """Return the decoded music, or None if it has too few notes, and its symbols."""
    ids = [int(token) for token in prompt if token != run.vocabulary.start_id]
    primer = run.vocabulary.symbols_of(ids)
    symbols = run.vocabulary.symbols_of(tokens)
    if keep_primer:
        notes += run.encoding.decode(primer).note_count
        symbols = primer + symbols
        decoded = run.encoding.decode(symbols, max_notes=notes)
    else:
        decoded = run.encoding.decode(symbols, max_notes=notes, after=primer)
    return (decoded if decoded.note_count >= notes else None), symbols
