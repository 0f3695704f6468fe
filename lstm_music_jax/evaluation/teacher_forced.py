"""Teacher forcing: the distributions of a model and a strategy along given pieces.

The engine generates, with a draw that always picks the piece's next symbol. So the
model, the strategy, its state, its noise and the context do exactly what they do in
generation, but no symbol is drawn at random.

The pieces are sorted by length and read in batches. A batch is read in blocks of equal
length by one compiled program. So the memory on the device does not depend on the
number of pieces or on their lengths.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.generation.arguments import (
    require_fit,
    require_sampler,
    vocab_size,
    whole_number,
)
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.generation.engine import Plan, Sampler, Stream, begin, draw_more
from lstm_music_jax.generation.sweep import require_stacked
from lstm_music_jax.generation.trace import Trace
from lstm_music_jax.protocols import Context, Model
from lstm_music_jax.pytrees import pytree, settings_axes, static
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.chain import Chain
from lstm_music_jax.types import Array, Bool, Float, Int, Logits, PRNGKey, Token

# The largest number of symbols of each piece that one call of the program reads.
_BLOCK = 128

_CARRIED = Carried()
_MODEL_ALONE = Chain()


class Forced(NamedTuple):
    """Figures of a model and a strategy for each symbol of one piece but the first.

    The arrays are NumPy, `[n]`, or `[s n]` for s settings. n is the number of symbols
    minus 1.

    Attributes:
        trace: figures that describe the distributions, as in generation. `surprisal`
            and `rank` are those of the true symbol.
        strategy_log_probs: log-probability of the true symbol in the distribution that
            generation would draw from, nats; -inf if the strategy forbids it.
    """

    trace: Trace
    strategy_log_probs: Float[np.ndarray, "*s n"]

    @property
    def kept(self) -> Bool[np.ndarray, "*s n"]:
        """For each symbol, whether the strategy allows the true symbol."""
        return self.strategy_log_probs > -np.inf


def teacher_force(
    model: Model,
    pieces: Sequence[Int[np.ndarray, "_"]],
    *,
    strategy: Strategy = _MODEL_ALONE,
    context: Context = _CARRIED,
    seed: int = 0,
    parallel_pieces: int = 16,
) -> list[Forced]:
    """Read pieces symbol by symbol, and describe the distribution of each next symbol.

    The strategy observes the true symbols. It is applied alone: no symbols are
    forbidden beforehand, because a true symbol may be the end symbol.

    Any model can be the judge of any pieces: `trace.surprisal` is the surprisal of the
    true symbols under this model.

    >>> from lstm_music_jax import MusicLSTM
    >>> from lstm_music_jax.strategies import TopK
    >>> model = MusicLSTM(5, (8,), key=jax.random.key(0))
    >>> pieces = [np.array([0, 1, 2, 3]), np.array([4, 4, 4])]
    >>> first, second = teacher_force(model, pieces, strategy=TopK(2))
    >>> first.trace.kept_count
    array([2, 2, 2], dtype=int32)
    >>> second.kept.shape
    (2,)

    Args:
        model: the model that reads.
        pieces: the symbol ids of each piece, one or more per piece. A piece of one
            symbol gives empty arrays.
        strategy: shapes each distribution. The default is the distribution of the
            model.
        context: which of the symbols so far the model remembers, as in `generate`.
        seed: seed of the noise of strategies that draw, such as `XTC`. Piece i has the
            noise of stream i of a generation with `jax.random.key(seed)`.
        parallel_pieces: the largest number of pieces that are read at the same time.

    Returns:
        One entry per piece, in the order of `pieces`.

    Raises:
        ValueError: a piece is empty, an id is unknown to the model or to the strategy,
            or `parallel_pieces` is below 1.
        RuntimeError: the logits became NaN.
    """
    sampler = Sampler(strategy, context, _Replay(_block(pieces)))
    return _read(model, pieces, sampler, seed, parallel_pieces, settings=False)


def teacher_force_sweep(
    model: Model,
    pieces: Sequence[Int[np.ndarray, "_"]],
    strategies: Strategy,
    *,
    context: Context = _CARRIED,
    seed: int = 0,
    parallel_pieces: int = 16,
) -> list[Forced]:
    """Read pieces with each of several settings of a strategy; arrays are `[s n]`.

    The model is computed once for all settings.

    Args:
        model: as in `teacher_force`.
        pieces: as in `teacher_force`.
        strategies: one strategy whose leaves all have a leading axis s, one entry per
            setting; see `stack` and `grid`.
        context: as in `teacher_force`.
        seed: as in `teacher_force`; all settings get the same noise.
        parallel_pieces: as in `teacher_force`.

    Raises:
        ValueError: the leaves do not share a leading axis. And wherever `teacher_force`
            raises it.
        RuntimeError: the logits became NaN.
    """
    sampler = Sampler(strategies, context, _Replay(_block(pieces)))
    require_sampler(strategies, context, sampler.draw)
    require_stacked(strategies)
    return _read(model, pieces, sampler, seed, parallel_pieces, settings=True)


class _Coming(NamedTuple):
    """The symbols that a block still has to read; the state of `_Replay`.

    Attributes:
        ids: ids of all symbols of the block.
        read: number of these symbols that were already read.
    """

    ids: Int[Array, "*b n"]
    read: Int[Array, "*b"]


@pytree
class _Replay:
    """A draw that picks the next symbol of a given piece, whatever the logits.

    A piece is read in blocks of `length` symbols. Before a block is read, the ids of
    its symbols are put into the state.
    """

    length: int = static()

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> _Coming:
        """Return a state with zeros in place of the symbol ids.

        `_read_block` replaces them by the ids of a block of the piece.
        """
        return _Coming(jnp.zeros(self.length, jnp.int32), jnp.int32(0))

    def draw(
        self, logits: Logits, state: _Coming, key: PRNGKey
    ) -> tuple[Token, _Coming]:
        """Return the id of the next symbol of the piece, and the new state."""
        return state.ids[state.read], state._replace(read=state.read + 1)


def _axes_of_settings():
    """Return the axis of the settings of a sweep in each attribute of `Stream`.

    It is 0 for what the strategy computes. It is None for what all settings share, such
    as the memory, so the model is computed once for all settings.
    """
    axes = dict.fromkeys(Stream._fields)
    return Stream(**axes | {"strategy_state": 0, "fallbacks": 0, "undefined": 0})


@partial(jax.jit, static_argnames="settings")
def _begin(model, sampler, key, firsts, numbers, *, settings):
    """Return the streams of a batch of pieces, before the model reads a symbol.

    `firsts` holds the id of the first symbol of each piece, and `numbers` the index of
    each piece, which fixes its noise.
    """

    def begin_all(strategy):
        def begin_one(first, number):
            mine = sampler._replace(strategy=strategy)
            return begin(model, mine, key, first[None], number, jnp.int32(0))

        return jax.vmap(begin_one)(firsts, numbers)

    if settings:
        axes = settings_axes(sampler.strategy)
        begin_all = jax.vmap(begin_all, (axes,), _axes_of_settings())
    return begin_all(sampler.strategy)


@partial(jax.jit, static_argnames=("plan", "settings"))
def _read_block(model, sampler, key, streams, ids, *, plan, settings):
    """Read the next block of symbols of every piece of a batch.

    Return the streams after the block, and the figures of its symbols. `ids` holds the
    ids of the symbols, one row per piece.
    """
    coming = _Coming(ids, jnp.zeros(len(ids), jnp.int32))

    def read_all(streams, strategy):
        mine = sampler._replace(strategy=strategy)
        return draw_more(model, streams, key, mine, plan)

    if settings:
        axes = _axes_of_settings()
        of_strategy = settings_axes(sampler.strategy)
        read_all = jax.vmap(read_all, (axes, of_strategy), (axes, 0))
    streams, notes = read_all(streams._replace(draw_state=coming), sampler.strategy)
    return streams, Forced(notes.trace, notes.strategy_log_probs)


def _read(model, pieces, sampler, seed, parallel_pieces, *, settings):
    parallel_pieces = whole_number("parallel_pieces", parallel_pieces)
    require_sampler(sampler.strategy, sampler.context, sampler.draw)
    require_fit(sampler.strategy, model, None, settings)
    require_pieces(model, pieces)
    if not len(pieces):
        return []
    key = jax.random.key(seed)
    read = [None] * len(pieces)
    order = np.argsort([-len(piece) for piece in pieces], kind="stable")
    size = min(parallel_pieces, len(pieces))
    plan = Plan(sampler.draw.length, True, size)
    for first in range(0, len(order), size):
        batch = order[first : first + size]
        # The last batch repeats its last piece, so that all batches have one shape.
        rows = np.minimum(np.arange(size), len(batch) - 1)
        ids = padded([pieces[number] for number in batch[rows]], plan.length)
        numbers = jnp.asarray(batch[rows], jnp.int32)
        streams = _begin(model, sampler, key, ids[:, 0], numbers, settings=settings)
        blocks = []
        for begun in range(1, ids.shape[1], plan.length):
            block = ids[:, begun : begun + plan.length]
            streams, forced = _read_block(
                model, sampler, key, streams, block, plan=plan, settings=settings
            )
            blocks.append(forced)
        axis = int(settings)
        whole = jax.tree.map(
            lambda *parts, a=axis: np.concatenate(parts, axis=a + 1),
            *jax.device_get(blocks),
        )
        for row, number in enumerate(batch):
            read[number] = _of_piece(whole, axis, row, len(pieces[number]) - 1)
    _require_defined(read)
    return read


def _block(pieces):
    """Return the block length: the number of symbols per piece that one call reads."""
    return min(_BLOCK, max((len(piece) - 1 for piece in pieces), default=0)) or 1


def padded(pieces, block):
    """Return the ids of pieces as rows of equal length, padded with zeros.

    The length is 1, for the first symbol, plus a multiple of `block`.
    """
    blocks = max(1, -(-(max(map(len, pieces)) - 1) // block))
    ids = np.zeros((len(pieces), 1 + blocks * block), np.int32)
    for row, piece in zip(ids, pieces, strict=True):
        row[: len(piece)] = piece
    return ids


def _of_piece(batch, axis, row, length):
    """Return the figures of piece number `row` of a batch, without those of padding.

    `axis` is the axis of the pieces, and `length` the number of symbols to keep.
    """
    return jax.tree.map(
        lambda leaf: np.take(leaf, row, axis).take(range(length), axis), batch
    )


def require_pieces(model, pieces):
    """Raise ValueError unless each piece has symbols that the model knows."""
    size = vocab_size(model)
    for number, piece in enumerate(pieces):
        if not len(piece):
            raise ValueError(f"piece {number} is empty; it must have a symbol or more")
        wrong = piece[(piece < 0) | (piece >= size)]
        if wrong.size:
            raise ValueError(
                f"piece {number} holds the id {wrong[0]}; ids must be from 0 to "
                f"{size - 1}"
            )


def _require_defined(read):
    """Raise RuntimeError if any logits were NaN, because NaN gives no distribution."""
    for number, piece in enumerate(read):
        if np.isnan(piece.strategy_log_probs).any():
            raise RuntimeError(
                f"logits of piece {number} became NaN, which give no distribution; "
                "check the model's parameters and the strategy"
            )
