"""The symbols that a model finds most probable at each place of a given piece.

A context decides which of the earlier symbols the model remembers. The memory is what
the model then knows of them; for an LSTM it can be the state of its layers.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.evaluation.teacher_forced import padded, require_pieces
from lstm_music_jax.generation.arguments import vocab_size, whole_number
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.types import Float, Int

# Symbols that one call of the program reads. So one program reads pieces of any length.
_BLOCK = 128
_CARRIED = Carried()


class BestSymbols(NamedTuple):
    """What a model expected for each symbol of a piece but the first.

    A piece of n + 1 symbols gives NumPy arrays with n rows. Row i is for symbol i + 1,
    counted from 0. The first symbol has no row, because it is not predicted. k is the
    number of most probable symbols that are listed.

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
    pieces: Sequence[Int[np.ndarray, "_"]],
    count: int = 5,
    *,
    context: Context = _CARRIED,
) -> list[BestSymbols]:
    """Read pieces symbol by symbol; return the most probable symbols at each place.

    All pieces are read together, so they should be few and about equally long.

    Args:
        model: the model that reads.
        pieces: for each piece, the ids of its symbols, one or more.
        count: how many of the most probable symbols to list, k. If the vocabulary is
            smaller than that, all of its symbols are listed.
        context: which of the symbols so far the model remembers, as in `generate`.

    Returns:
        One entry per piece.

    Raises:
        ValueError: a piece is empty or holds an unknown id, or `count` is no whole
            number of 1 or more.
        RuntimeError: the logits became NaN.
    """
    require_pieces(model, pieces)
    count = min(whole_number("count", count), vocab_size(model))
    if not len(pieces):
        return []
    # The last symbol of a row is only predicted, and not read.
    ids = padded(pieces, _BLOCK)
    start = context.prefill(model, jnp.zeros(0, jnp.int32))
    memories = jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (len(ids), *leaf.shape)), start
    )
    read = []
    for begin in range(0, ids.shape[1] - 1, _BLOCK):
        block = ids[:, begin : begin + _BLOCK + 1]
        memories, found = _read_block(model, context, memories, block, count=count)
        read.append(found)
    whole = jax.tree.map(
        lambda *parts: np.concatenate(parts, axis=1), *jax.device_get(read)
    )
    of_pieces = [
        jax.tree.map(lambda leaf, i=row, n=length: leaf[i, : n - 1], whole)
        for row, length in enumerate(map(len, pieces))
    ]
    for number, found in enumerate(of_pieces):
        if np.isnan(found.surprisal).any():
            raise RuntimeError(
                f"logits of piece {number} became NaN, which give no distribution; "
                "check the model's parameters"
            )
    return of_pieces


@partial(jax.jit, static_argnames="count")
def _read_block(model, context, memories, ids, *, count):
    """Read the next block of symbols of all pieces.

    `ids` is `[b t]`. The model reads the first t - 1 symbols of each row, and predicts
    all but the first. `memories` holds what the model remembers of each piece. `count`
    is the number of most probable symbols to list. Return the new memories, one per
    piece, and a `BestSymbols` of arrays `[b t-1 ...]`.
    """

    def read(memory, pair):
        token, following = pair
        memory, logits = context.step(model, memory, token)
        log_probs = jax.nn.log_softmax(logits.astype(jnp.float32))
        best, best_ids = jax.lax.top_k(log_probs, count)
        return memory, BestSymbols(best_ids, best, -log_probs[following])

    def read_one(memory, row):
        return jax.lax.scan(read, memory, (row[:-1], row[1:]))

    return jax.vmap(read_one)(memories, ids)
