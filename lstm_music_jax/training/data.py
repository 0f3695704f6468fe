"""Training data on the device: one id array, and what a step reads of it.

A step finds its symbols by index, in an order that a seed and the step's number fix:
(seed, step) is the whole state of the data, and nothing is streamed from the host.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.transposition import transposition_table
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.types import Array, Bool, Int, PRNGKey
from lstm_music_jax.xla.bits import mix


class Windows(NamedTuple):
    """Windows into one array of ids.

    Window k reads `ids[starts[k] : starts[k] + width]` and predicts the same range
    one further on, of which the first `lengths[k]` count. Row r of `table`, if any,
    is a transposition: what each id becomes, -1 where it cannot be transposed so.
    """

    ids: Int[Array, "n"]
    starts: Int[Array, "k"]
    lengths: Int[Array, "k"]
    table: Int[Array, "r v"] | None = None


class Pieces(NamedTuple):
    """Whole pieces in one array of ids.

    Piece k is `ids[starts[k] : starts[k] + lengths[k]]`. `table` is that of `Windows`,
    and `movable[k, r]` whether its row r has all symbols of piece k.
    """

    ids: Int[Array, "n"]
    starts: Int[Array, "k"]
    lengths: Int[Array, "k"]
    table: Int[Array, "r v"] | None = None
    movable: Bool[Array, "k r"] | None = None


class Batch(NamedTuple):
    """Inputs, the symbols that follow each, and which of those are to be predicted."""

    inputs: Int[Array, "b t"]
    targets: Int[Array, "b t"]
    counted: Bool[Array, "b t"]


def training_data(
    dataset: Dataset, config: TrainingConfig
) -> tuple[Windows | Pieces, Windows | Pieces | None]:
    """Return what to train on and what to validate on, None if nothing is held out.

    Streams are validated on whole pieces, each from the zero state, as they are
    trained; windows on windows. Nothing is transposed for validation.

    Raises:
        ValueError: pieces too short for the settings.
    """
    table = None
    if config.transpose:
        table = transposition_table(
            dataset.vocabulary, dataset.encoding, config.transpose
        )
    if config.batching == "streams":
        train = lay_pieces(dataset.train, table)
        return train, lay_pieces(dataset.validation) if dataset.validation else None
    every_position = config.objective == "all"
    pieces = [np.concatenate(dataset.train)] if config.crossing else dataset.train
    train = cut_windows(pieces, config.window, partial=every_position)
    if table is not None:
        train = train._replace(table=jnp.asarray(table))
    if not dataset.validation:
        return train, None
    # Predicting only the last position of a window takes a window a prediction: a
    # tenth of them is enough to tell how the loss goes.
    stride = config.window if every_position else max(1, config.window // 10)
    return train, cut_windows(
        dataset.validation, config.window, stride=stride, partial=every_position
    )


def cut_windows(
    pieces: Sequence[np.ndarray],
    width: int,
    *,
    stride: int = 1,
    partial: bool = True,
) -> Windows:
    """Cut pieces of ids into windows of `width` inputs and as many targets.

    Windows start every `stride` symbols of a piece and cover it to its end; none
    crosses into the next piece (for windows that do, pass all pieces as one). Where
    a piece does not fill its last window, the window counts the targets there are,
    or is left out if `partial` is false. With `stride=width` each symbol but a
    piece's first is predicted exactly once.

    Raises:
        ValueError: a width or stride below 1, or pieces too short for any window.
    """
    if width < 1 or stride < 1:
        raise ValueError(f"window is {width}, stride {stride}; both must be at least 1")
    starts, lengths, offset = [np.zeros(0, int)], [np.zeros(0, int)], 0
    for piece in pieces:
        targets = len(piece) - 1
        if targets > 0:
            count = 1 + -(-max(0, targets - width) // stride)
            firsts = stride * np.arange(count)
            starts.append(offset + firsts)
            lengths.append(np.minimum(width, targets - firsts))
        offset += len(piece)
    starts, lengths = np.concatenate(starts), np.concatenate(lengths)
    if not partial:
        starts, lengths = starts[lengths == width], lengths[lengths == width]
    if not len(starts):
        longest = max((len(piece) for piece in pieces), default=0)
        raise ValueError(
            f"window is {width}, and the longest of {len(pieces)} pieces has {longest} "
            f"symbols; one of {2 if partial else width + 1} or more is needed"
        )
    ids = np.concatenate(pieces)
    return Windows(*(jnp.asarray(part, jnp.int32) for part in (ids, starts, lengths)))


def lay_pieces(pieces: Sequence[np.ndarray], table: np.ndarray | None = None) -> Pieces:
    """Lay pieces of ids end to end, the longest first.

    Raises:
        ValueError: no piece of two symbols or more.
    """
    # Pieces of like length are neighbours, so that a batch of them has few gaps.
    pieces = sorted(pieces, key=len, reverse=True)
    if not pieces or len(pieces[0]) < 2:
        raise ValueError(f"none of {len(pieces)} pieces has 2 symbols or more")
    lengths = np.array([len(piece) for piece in pieces])
    laid = Pieces(
        *(
            jnp.asarray(part, jnp.int32)
            for part in (np.concatenate(pieces), np.cumsum(lengths) - lengths, lengths)
        )
    )
    if table is None:
        return laid
    movable = np.array([(table[:, piece] >= 0).all(axis=1) for piece in pieces])
    return laid._replace(table=jnp.asarray(table), movable=jnp.asarray(movable))


def read_windows(windows: Windows, indices: Int[Array, "b"], width: int) -> Batch:
    """Gather the windows of the given indices."""
    offsets = jnp.arange(width + 1)[None]
    positions = windows.starts[indices][:, None] + offsets
    ids = windows.ids[jnp.minimum(positions, windows.ids.shape[0] - 1)]
    counted = offsets[:, :-1] < windows.lengths[indices][:, None]
    return Batch(ids[:, :-1], ids[:, 1:], counted)


def epoch_order(
    key: PRNGKey, epoch: Int[Array, ""], positions: Int[Array, "b"], count: int
) -> Int[Array, "b"]:
    """Return which of `count` windows stand at `positions` of an epoch's shuffle.

    Over `positions` 0 to `count` - 1 each window comes once, in an order of the
    epoch's own. Any position is found by itself, without storing a permutation: a
    four-round Feistel network (Luby & Rackoff 1988) permutes the numbers of just
    enough bits, and is walked until it lands below `count` (Black & Rogaway 2002).
    """
    bits = max(2, (count - 1).bit_length())
    round_keys = jax.random.bits(jax.random.fold_in(key, epoch), (4,), "uint32")

    def permute(value):
        right_bits, left_bits = bits // 2, bits - bits // 2
        left, right = value >> right_bits, value & _ones(right_bits)
        for round_key in round_keys:
            left, right = right, left ^ (mix(right ^ round_key) & _ones(left_bits))
            left_bits, right_bits = right_bits, left_bits
        return (left << right_bits) | right

    landed = jax.lax.while_loop(
        lambda value: jnp.any(value >= count),
        lambda value: jnp.where(value < count, value, permute(value)),
        permute(positions.astype(jnp.uint32)),
    )
    return landed.astype(jnp.int32)


def _ones(bits):
    return jnp.uint32((1 << bits) - 1)
