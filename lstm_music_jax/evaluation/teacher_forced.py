"""Teacher forcing: the distributions of a model and a strategy along given pieces.

A strategy turns the model's distribution of the next symbol into the one to draw from.
A context decides which of the earlier symbols the model remembers. A draw is the rule
that picks a symbol, usually at random.

The pieces are read by the engine of generation, with a draw that always picks the next
symbol of the piece, the true symbol. So the model, the strategy and the context do
exactly what they do in generation, but no symbol is drawn at random. Noise, the random
numbers that some strategies use, is the same as in generation too.

The pieces are sorted by length and read in batches. A batch is read in blocks of equal
length by one compiled program. So the memory of the program does not grow with the
number of pieces, nor with their lengths beyond one block. The figures of a batch stay
on the device until all of its blocks are read.
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
    """What a model and a strategy expected for each symbol of a piece but the first.

    The arrays are NumPy, `[n]`, or `[s n]` for s settings of the strategy. n is the
    number of symbols of the piece minus 1; entry i is for symbol i + 1, counted from 0.
    The arrays of `trace` that describe stages of a chain have one more axis.

    Attributes:
        trace: figures that describe the distributions, such as their entropies; see
            `Trace`. Its `surprisal` and `rank` are those of the true symbol.
        strategy_log_probs: log-probability of the true symbol in the distribution that
            generation would draw from, nats; -inf if the strategy forbids it. A
            strategy that forbids every symbol is ignored.
    """

    trace: Trace
    strategy_log_probs: Float[np.ndarray, "*s n"]

    @property
    def kept(self) -> Bool[np.ndarray, "*s n"]:
        """At each place, whether the strategy allows the true symbol."""
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

    The first symbol of a piece is the prompt. The strategy observes the true symbols.
    It is applied alone. (Generation may forbid some symbols before it applies the
    strategy, such as the end symbol. Here the end symbol may be the true one.)

    Any model can read any pieces, also those that another model has generated:
    `trace.surprisal` is the surprisal of the true symbols under the model that reads.

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
        strategy: changes each distribution of the model. The default changes nothing.
        context: which of the symbols so far the model remembers, as in `generate`.
        seed: seed of the noise of strategies that use random numbers, such as `XTC`.
            Piece i has the noise of stream i of a generation with
            `jax.random.key(seed)`.
        parallel_pieces: the largest number of pieces that are read at the same time.

    Returns:
        One entry per piece, in the order of `pieces`.

    Raises:
        ValueError: a piece is empty or holds an id that the model does not know. Or the
            strategy does not fit the vocabulary of the model. Or `strategy` is no
            strategy, or `context` no context. Or `parallel_pieces` is no whole number
            of 1 or more.
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
    """Read pieces with each of several settings of a strategy, as `teacher_force` does.

    The settings are copies of one strategy with other hyperparameters. The model is
    computed once for all of them.

    Args:
        model: as in `teacher_force`.
        pieces: as in `teacher_force`.
        strategies: one strategy whose hyperparameters all have a leading axis s, one
            entry per setting; see `stack` and `grid`.
        context: as in `teacher_force`.
        seed: as in `teacher_force`; all settings get the same noise.
        parallel_pieces: as in `teacher_force`.

    Returns:
        One entry per piece, in the order of `pieces`, with arrays `[s n]`.

    Raises:
        ValueError: the hyperparameters do not share a leading axis, or an argument is
            one for which `teacher_force` raises it.
        RuntimeError: the logits became NaN.
    """
    sampler = Sampler(strategies, context, _Replay(_block(pieces)))
    require_sampler(strategies, context, sampler.draw)
    require_stacked(strategies)
    return _read(model, pieces, sampler, seed, parallel_pieces, settings=True)


class _Coming(NamedTuple):
    """How far a block of a given piece was read: its symbols, and how many were picked.

    It is the state of the draw `_Replay`, which picks these symbols one after another.

    Attributes:
        ids: ids of all symbols of the block.
        read: number of these symbols that were already picked.
    """

    ids: Int[Array, "*b n"]
    read: Int[Array, "*b"]


@pytree
class _Replay:
    """A draw that picks the next symbol of a given piece, whatever the logits.

    A piece is read in blocks of `length` symbols. Before a block is read, the ids of
    its symbols are put into the state, which is a `_Coming`.
    """

    length: int = static()

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> _Coming:
        """Return a state with zeros in place of the symbol ids; arguments are unused.

        `_read_block` replaces the zeros by the ids of a block of the piece.
        """
        return _Coming(jnp.zeros(self.length, jnp.int32), jnp.int32(0))

    def draw(
        self, logits: Logits, state: _Coming, key: PRNGKey
    ) -> tuple[Token, _Coming]:
        """Return the id of the next symbol of the piece, and the new state."""
        return state.ids[state.read], state._replace(read=state.read + 1)


def _axes_of_settings():
    """Return a `Stream` of axes for `jax.vmap` over the settings of a strategy.

    The settings are copies of one strategy with other hyperparameters. A `Stream` is
    the state of reading a piece. The axis is 0 for each attribute that the strategy
    computes. It is None for what all settings share, such as the memory of the model,
    so the model is computed once for all settings.
    """
    axes = dict.fromkeys(Stream._fields)
    return Stream(**axes | {"strategy_state": 0, "fallbacks": 0, "undefined": 0})


@partial(jax.jit, static_argnames="settings")
def _begin(model, sampler, key, firsts, numbers, *, settings):
    """Return the streams of a batch of pieces, before the model reads a symbol.

    A stream is the state of reading one piece. `firsts` holds the id of the first
    symbol of each piece, and `numbers` the index of each piece, which fixes its noise.
    If `settings` is True, the sampler's strategy holds several settings: copies of one
    strategy with other hyperparameters, stacked along the first axis of its leaves.
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

    A stream is the state of reading one piece. Return the streams after the block, and
    a `Forced` with the figures of the block's symbols. `ids` holds the ids of these
    symbols, one row per piece. `plan` holds the length of the block and the number of
    pieces that are read at once. If `settings` is True, the sampler's strategy holds
    several settings: copies of one strategy with other hyperparameters, stacked along
    the first axis of its leaves.
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
    """Return the block length: the number of symbols per piece that one call reads.

    It is a fixed number, or less if all pieces are shorter.
    """
    return min(_BLOCK, max((len(piece) - 1 for piece in pieces), default=0)) or 1


def padded(pieces, block):
    """Return the ids of pieces as rows of equal length, padded with zeros.

    The first symbol of a piece is not predicted; the others are predicted in blocks of
    `block` symbols. So the length is 1 plus a multiple of `block`: the smallest one
    that holds the longest piece, but at least one block.
    """
    blocks = max(1, -(-(max(map(len, pieces)) - 1) // block))
    ids = np.zeros((len(pieces), 1 + blocks * block), np.int32)
    for row, piece in zip(ids, pieces, strict=True):
        row[: len(piece)] = piece
    return ids


def _of_piece(batch, axis, row, length):
    """Return the figures of the piece in row `row` of a batch, without its padding.

    `axis` is the axis of the pieces in each leaf of `batch`, and `length` is the number
    of symbols to keep.
    """
    return jax.tree.map(
        lambda leaf: np.take(leaf, row, axis).take(range(length), axis), batch
    )


def require_pieces(model, pieces):
    """Raise ValueError if a piece is empty, or has an id that the model lacks."""
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
