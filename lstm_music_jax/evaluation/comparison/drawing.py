"""Draws the symbols of each arm, with the same primers and the same noise.

An arm is a strategy that is compared. A primer is the given beginning that a piece
continues. The noise of a piece is the random numbers with which it is drawn. A run is a
trained model with its vocabulary and its encoding.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int, Shaped

from lstm_music_jax.generation.arguments import BatchPart
from lstm_music_jax.generation.blocks import picked
from lstm_music_jax.generation.composition import Run, start_prompts
from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.masks import masks
from lstm_music_jax.generation.program import Generation
from lstm_music_jax.generation.sweep import stack, sweep
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.types import Array, Int as JaxInt, PRNGKey

# About this many members of populations are drawn in one call, because the traces of
# all members take much memory. One call draws a whole population or several.
_MEMBERS = 4096
# Tuning folds this number into the key. No stream has it, so the noise of reported
# pieces is other noise.
_TUNING = 2**32 - 2


class Drawn(NamedTuple):
    """The symbols that were drawn with one strategy, and their trace.

    Attributes:
        tokens: ids of the drawn symbols, one row per piece, without the primer.
        trace: the attributes of `Trace`, by name: figures of each drawn symbol, such as
            the entropy of its distribution. Those that describe the stages of a chain
            of strategies are left out.
    """

    tokens: Int[np.ndarray, "b n"]
    trace: dict[str, Shaped[np.ndarray, "b n"]]


def primers(
    run: Run,
    held_out: Sequence[Int[np.ndarray, "_"]],
    pieces: int,
    length: int = 0,
) -> JaxInt[Array, "b p"]:
    """Return the prompts that all compared strategies continue, one row per piece.

    Args:
        run: the model, its vocabulary and its encoding.
        held_out: symbol ids of held-out pieces, with their start and end symbols.
        pieces: number of prompts.
        length: number of symbols of each primer. The primers are the beginnings of the
            held-out pieces in turn, those of the first pieces again if there are too
            few. Pieces with fewer symbols are left out. A prompt is the start symbol,
            if there is one, and then the primer. With a length of 0, it is the start
            symbol alone.

    Raises:
        ValueError: no held-out piece is long enough, or `pieces` is below 1, or the run
            has no start symbol and `length` is 0.
    """
    if length == 0:
        return start_prompts(run, pieces)
    start = run.vocabulary.start_id
    music = [*map(run.vocabulary.without_markers, held_out)]
    fitting = [ids[:length] for ids in music if len(ids) >= length]
    if not fitting:
        longest = max(map(len, music), default=0)
        raise ValueError(
            f"primer_length is {length}; the longest held-out piece has {longest} "
            "symbols, and it must be at most that"
        )
    rows = np.stack([fitting[piece % len(fitting)] for piece in range(pieces)])
    if start is not None:
        rows = np.concatenate([np.full((pieces, 1), start, rows.dtype), rows], axis=1)
    return jnp.asarray(rows, jnp.int32)


def report_key(seed: int) -> PRNGKey:
    """Return the random key with which the pieces of the final results are drawn."""
    return jax.random.key(seed)


def tuning_key(seed: int) -> PRNGKey:
    """Return the random key with which the pieces for tuning strategies are drawn."""
    return jax.random.fold_in(jax.random.key(seed), jnp.uint32(_TUNING))


def draw(
    run: Run,
    prompts: JaxInt[Array, "b p"],
    key: PRNGKey,
    strategy: Strategy,
    *,
    length: int,
    decoder: Decoder | None = None,
) -> Drawn:
    """Draw one piece per prompt with a strategy, `length` symbols each.

    The key and the number of a piece fix its noise, so it is the same for all
    strategies. Before the strategy is applied, symbols are forbidden that no piece may
    have: the start and the end symbol, those that have no meaning at their place, and
    those that the model was not trained on.

    With a decoder, piece i is the picked member of population i.
    """
    draw_part = partial(
        generate,
        run.model,
        key=key,
        length=length,
        strategy=Chain(*masks(run.vocabulary, run.encoding), strategy),
        trace=True,
        decoder=decoder,
    )
    if decoder is None:
        return _on_host(draw_part(prompts))
    count = len(prompts)
    calls = -(-count * decoder.members // _MEMBERS)
    size = -(-count // min(calls, count))
    # All calls have equal sizes, so that one compiled program serves them.
    parts = np.arange(size * -(-count // size)).reshape(-1, size) % count
    drawn = [
        _picked(draw_part(prompts[numbers], part=BatchPart(numbers.tolist(), count)))
        for numbers in parts
    ]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *drawn)


def draw_settings(
    run: Run,
    prompts: JaxInt[Array, "b p"],
    key: PRNGKey,
    settings: Sequence[Strategy],
    *,
    length: int,
    decoder: Decoder | None = None,
) -> list[Drawn]:
    """Draw the pieces of several strategies in one compiled program.

    Each strategy draws one piece per prompt, of `length` symbols, as `draw` does. The
    strategies may only differ in the values of their hyperparameters. The result has an
    entry for each of them.

    With a decoder, one strategy is drawn after the other, because the populations of
    all would take much memory. Then the strategies may differ in any way.

    Raises:
        ValueError: there is no decoder, and `settings` is empty or the strategies
            differ in more than the values of hyperparameters.
    """
    if decoder is not None:
        return [
            draw(run, prompts, key, setting, length=length, decoder=decoder)
            for setting in settings
        ]
    forbidding = masks(run.vocabulary, run.encoding)
    stacked = stack([Chain(*forbidding, setting) for setting in settings])
    swept = _on_host(sweep(run.model, prompts, key, stacked, length=length, trace=True))
    return [
        Drawn(tokens, {name: of_all[i] for name, of_all in swept.trace.items()})
        for i, tokens in enumerate(swept.tokens)
    ]


def _picked(drawn: Generation) -> Drawn:
    """Return the picked member of each population."""
    lines = picked([drawn])
    one = jax.tree.map(lambda leaf: leaf[:, 0], (lines.tokens, lines.trace))
    return _on_host(drawn._replace(tokens=one[0], trace=one[1]))


def _on_host(drawn: Generation) -> Drawn:
    assert drawn.trace is not None
    trace = {
        name: np.asarray(of_name)
        for name, of_name in drawn.trace._asdict().items()
        if not name.startswith("stage_")
    }
    return Drawn(np.asarray(drawn.tokens), trace)
