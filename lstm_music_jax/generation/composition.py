"""From a run to scores: as many notes as asked for, in whatever encoding."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.contexts import Context
from lstm_music_jax.generation.engine import CARRIED, MODEL_ALONE, generate
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import Score
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import Chain, Forbid, Strategy
from lstm_music_jax.types import Array, Int, PRNGKey

# How many times the usual number of symbols a piece may take for its notes.
_PATIENCE = 8


@runtime_checkable
class Run(Protocol):
    """A trained model, and what turns its ids into music: see `load_run`."""

    model: Any
    vocabulary: Vocabulary
    encoding: Encoding


class Composition(NamedTuple):
    """A piece: its symbols and how they sound, the primer first if it was kept.

    `skipped` counts the symbols that were ill-formed where they stood, and so silent.
    """

    symbols: list[str]
    score: Score
    skipped: int


def compose(
    run: Run,
    prompts: Int[Array, "b p"],
    key: PRNGKey,
    *,
    notes: int,
    strategy: Strategy = MODEL_ALONE,
    context: Context = CARRIED,
    keep_primer: bool = False,
) -> list[Composition]:
    """Continue each prompt by `notes` sounding notes or chords, on all local devices.

    The start-of-piece symbol is never drawn. In an encoding that spends several
    symbols on a note more are drawn until the notes are there.

    Raises:
        ValueError: `notes` below 1, or a model that falls silent.
    """
    if notes < 1:
        raise ValueError(f"notes is {notes}; it must be at least 1")
    start = run.vocabulary.start_id
    if start is not None:
        strategy = Chain(Forbid([start]), strategy)
    length = notes * run.encoding.symbols_per_note
    longest = _PATIENCE * length
    while True:
        drawn = generate(
            run.model, prompts, key, length=length, strategy=strategy, context=context
        )
        pieces = [
            _decode(run, prompt, tokens, notes, keep_primer)
            for prompt, tokens in zip(
                np.asarray(prompts), np.asarray(drawn.tokens), strict=True
            )
        ]
        if None not in pieces:
            return pieces
        if length >= longest:
            raise ValueError(
                f"notes is {notes}; within {length} symbols the model did not give as "
                "many: train it longer, or sample with a higher temperature"
            )
        length *= 2


def start_prompts(run: Run, pieces: int) -> Int[Array, "b p"]:
    """Return prompts of the start-of-piece symbol alone, for music with no primer.

    Raises:
        ValueError: a run without such a symbol, or `pieces` below 1.
    """
    if pieces < 1:
        raise ValueError(f"pieces is {pieces}; it must be at least 1")
    start = run.vocabulary.start_id
    if start is None:
        raise ValueError(
            "primer is none; this run was trained without a start symbol and needs one"
        )
    return jnp.full((pieces, 1), start, jnp.int32)


def _decode(run, prompt, tokens, notes, keep_primer):
    primer = [int(token) for token in prompt if token != run.vocabulary.start_id]
    symbols = run.vocabulary.decode([*primer, *tokens] if keep_primer else tokens)
    if keep_primer:
        heard = run.encoding.decode(run.vocabulary.decode(primer)).count
        notes = notes + heard
    decoded = run.encoding.decode(symbols, limit=notes)
    if decoded.count < notes:
        return None
    return Composition(symbols, decoded.score, decoded.skipped)
