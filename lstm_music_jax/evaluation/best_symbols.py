"""The most probable symbols of a model before each symbol of a piece."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.arguments import vocab_size, whole_number
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.types import Array, Float, Int

# Symbols that one call of the program reads. So one program reads pieces of any length.
_BLOCK = 128
_CARRIED = Carried()


class BestSymbols(NamedTuple):
    """What a model expected before each symbol of a piece but the first, NumPy.

    n is the number of symbols minus 1, and k the number of most probable symbols.

    Attributes:
        ids: ids of the k most probable symbols, the best one first, int32.
        log_probs: their log-probabilities, nats.
        surprisal: -log p of the true symbol, nats.
    """

    ids: Int[np.ndarray, "n k"]
    log_probs: Float[np.ndarray, "n k"]
    surprisal: Float[np.ndarray, "n"]


def best_symbols(
    model: Model,
    piece: Int[np.ndarray, "_"],
    count: int = 5,
    *,
    context: Context = _CARRIED,
) -> BestSymbols:
    """Read a piece symbol by symbol; return the most probable symbols before each.

    Args:
        model: the model that reads.
        piece: the ids of the symbols, one or more.
        count: the number of most probable symbols. A smaller vocabulary gives all of
            its symbols.
        context: which of the symbols so far the model remembers, as in `generate`.

    Raises:
        ValueError: the piece is empty, or `count` is no whole number of 1 or more.
        RuntimeError: the logits became NaN.
    """
    if not len(piece):
        raise ValueError("piece is empty; it must have a symbol or more")
    count = min(whole_number("count", count), vocab_size(model))
    blocks = -(-(len(piece) - 1) // _BLOCK)
    padded = np.zeros(blocks * _BLOCK + 1, np.int32)
    padded[: len(piece)] = piece
    memory = context.prefill(model, jnp.zeros(0, jnp.int32))
    read = [_nothing(count)]
    for begin in range(0, len(piece) - 1, _BLOCK):
        ids = padded[begin : begin + _BLOCK + 1]
        memory, found = _read_block(model, context, memory, ids, count=count)
        read.append(found)
    whole = jax.tree.map(
        lambda *parts: np.concatenate(parts)[: len(piece) - 1], *jax.device_get(read)
    )
    if np.isnan(whole.surprisal).any():
        raise RuntimeError(
            "logits of the piece became NaN, which give no distribution; check the "
            "model's parameters"
        )
    return whole


def _nothing(count):
    return BestSymbols(
        np.zeros((0, count), np.int32),
        np.zeros((0, count), np.float32),
        np.zeros(0, np.float32),
    )


@partial(jax.jit, static_argnames="count")
def _read_block(
    model: Model,
    context: Context,
    memory,
    ids: Int[Array, "t"],
    *,
    count: int,
):
    def read(memory, pair):
        token, following = pair
        memory, logits = context.step(model, memory, token)
        log_probs = jax.nn.log_softmax(logits.astype(jnp.float32))
        best, best_ids = jax.lax.top_k(log_probs, count)
        return memory, BestSymbols(best_ids, best, -log_probs[following])

    return jax.lax.scan(read, memory, (ids[:-1], ids[1:]))
