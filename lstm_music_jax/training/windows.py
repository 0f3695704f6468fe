"""Windows: short sequences cut from pieces, shuffled, each read from the zero state."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.music.corpus.piece_ids import PieceIds
from lstm_music_jax.training.batch import Batch, as_batch, sequence_places
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.ids import Block, Resident
from lstm_music_jax.training.keys import order_key, row_keys, transposition_key
from lstm_music_jax.training.objective import Totals, predict
from lstm_music_jax.training.shuffle import epoch_order
from lstm_music_jax.training.transpose import transpose_windows
from lstm_music_jax.types import Array, Int, PyTree


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class WindowBatcher:
    """Windows into pieces laid end to end; see `Batcher` for the methods.

    Windows are numbered piece by piece. They are not stored, because there may be as
    many as symbols: a window is computed from its number.

    Attributes:
        ids: the ids of the pieces; None where the host looks them up.
        firsts: where each piece begins.
        targets: how many symbols of each piece can be predicted: all but its first.
        ends: the number of windows up to the end of each piece.
        stride: symbols from the start of a window to that of the next one.
        table: row r is an augmentation: the new id of each id, or -1 where there is
            none.
        size: number of windows.
    """

    ids: Resident | Block | None
    firsts: Int[Array, "k"]
    targets: Int[Array, "k"]
    ends: Int[Array, "k"]
    stride: Int[Array, ""]
    table: Int[Array, "r v"] | None
    size: int

    def tree_flatten(self) -> tuple[tuple[PyTree, ...], int]:
        """Return the leaves, and the number of windows, which fixes shapes."""
        leaves = self.ids, self.firsts, self.targets, self.ends, self.stride, self.table
        return leaves, self.size

    @classmethod
    def tree_unflatten(cls, size: int, leaves: tuple[PyTree, ...]) -> "WindowBatcher":
        """Undo `tree_flatten`."""
        # __init__ is not called, because JAX also rebuilds trees with other leaves.
        batcher = object.__new__(cls)
        for field, value in zip(fields(cls), (*leaves, size), strict=True):
            object.__setattr__(batcher, field.name, value)
        return batcher

    @classmethod
    def for_training(
        cls,
        pieces: PieceIds,
        table: np.ndarray | None,
        config: TrainingConfig,
    ) -> tuple["WindowBatcher", PieceIds]:
        """Start a window at every symbol; with `cross_pieces`, windows cross pieces."""
        lengths = pieces.lengths
        if config.cross_pieces:
            lengths = lengths.sum(keepdims=True)
        every_position = config.objective == "all"
        windows = windows_of(
            lengths,
            config.window,
            partial=every_position,
            tails=every_position and pieces.after is not None,
        )
        if table is None:
            return windows, pieces
        return replace(windows, table=jnp.asarray(table)), pieces

    @classmethod
    def for_validation(
        cls, pieces: PieceIds, config: TrainingConfig
    ) -> tuple["WindowBatcher", PieceIds]:
        """Cut windows that do not overlap, within pieces.

        With objective "last", each window gives only one prediction. Windows then start
        at every tenth of a window's length, which is enough to estimate the loss.
        """
        every_position = config.objective == "all"
        stride = config.window if every_position else max(1, config.window // 10)
        windows = windows_of(
            pieces.lengths, config.window, stride=stride, partial=every_position
        )
        return windows, pieces

    def with_ids(self, ids: Resident | Block) -> "WindowBatcher":
        """Return a batcher that reads these ids."""
        return replace(self, ids=ids)

    @staticmethod
    def carried(states: State) -> None:
        """Return None, because every window begins with the zero state."""

    def places(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Int[Array, "b t"]:
        """Return the places of the next windows of the epoch's order.

        The last batch of an epoch is filled up from the beginning of the same epoch.
        """
        indices = self._order(step, rows, config)
        return self._places(self._cut(indices, config.window)[0], config.window)

    def read(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Batch:
        """Read the windows at `places`, each with its own transposition."""
        starts, lengths = self._cut(self._order(step, rows, config), config.window)
        assert self.ids is not None
        places = self._places(starts, config.window)
        batch = as_batch(self.ids.read(places, step, rows), lengths)
        if self.table is None:
            return batch
        keys = row_keys(transposition_key(config.seed), step, rows)
        uniform = jax.vmap(jax.random.uniform)(keys)
        return transpose_windows(batch, self.table, uniform)

    def totals(
        self, model: MusicLSTM, indices: Int[Array, "b"], config: TrainingConfig
    ) -> Totals:
        """Sum the losses of the windows at `indices`."""
        return predict(model, self.at(indices, config.window), config.objective).totals

    def at(self, indices: Int[Array, "b"], width: int) -> Batch:
        """Return the windows at `indices`; one past the last window has no targets."""
        assert isinstance(self.ids, Resident)
        starts, lengths = self._cut(indices, width)
        return as_batch(self.ids.at(self._places(starts, width)), lengths)

    def _order(self, step, rows, config):
        """Return the windows that the rows read at a step."""
        steps_per_epoch = -(-self.size // config.batch_size)
        positions = (step % steps_per_epoch) * config.batch_size + rows
        return epoch_order(
            order_key(config.seed),
            step // steps_per_epoch,
            positions % self.size,
            self.size,
        )

    def _cut(self, indices, width):
        """Return where each window starts, and how many of its targets count."""
        piece = jnp.searchsorted(self.ends, indices, side="right", method="scan")
        # An index past the last window is put into the last piece, and has no targets.
        piece = jnp.minimum(piece, self.ends.shape[0] - 1)
        before = jnp.where(piece > 0, self.ends[piece - 1], 0)
        offsets = self.stride * (jnp.minimum(indices, self.size - 1) - before)
        lengths = jnp.minimum(self.targets[piece] - offsets, width)
        return self.firsts[piece] + offsets, jnp.where(indices < self.size, lengths, 0)

    def _places(self, starts, width):
        return sequence_places(starts, width, self.firsts[-1] + self.targets[-1] + 1)


def cut_windows(
    pieces: Sequence[np.ndarray],
    width: int,
    *,
    stride: int = 1,
    partial: bool = True,
    tails: bool = False,
) -> WindowBatcher:
    """Cut pieces of ids into windows on the device; see `windows_of`."""
    pieces = PieceIds.of(pieces)
    windows = windows_of(
        pieces.lengths, width, stride=stride, partial=partial, tails=tails
    )
    return windows.with_ids(Resident(jnp.asarray(pieces.end_to_end())))


def windows_of(
    sizes: np.ndarray,
    width: int,
    *,
    stride: int = 1,
    partial: bool = True,
    tails: bool = False,
) -> WindowBatcher:
    """Cut pieces of some sizes into windows of `width` inputs and `width` targets.

    A window starts at every `stride`-th symbol of a piece, until the piece is covered.
    No window crosses into the next piece; give all pieces as one for windows that do.
    Where a piece ends inside its last window, only the targets within the piece count;
    with `partial=False` such a window is left out. With `stride=width` each symbol but
    a piece's first is predicted exactly once.

    With `stride=1`, the last symbol of a piece is a target of one window, and a symbol
    in the middle is a target of up to `width` windows. With `tails=True`, windows also
    start at all later symbols. Then the last symbol, which may be the end symbol, is a
    target of `width` windows too.

    Raises:
        ValueError: `width` or `stride` is below 1, or no piece is long enough for a
            window.
    """
    if width < 1 or stride < 1:
        raise ValueError(
            f"window is {width} and stride is {stride}; both must be 1 or more"
        )
    targets = np.maximum(sizes - 1, 0)
    if partial:
        last = targets - 1 if tails else targets - width
        counts = 1 + -(-np.maximum(last, 0) // stride)
        counts[targets == 0] = 0
    else:
        counts = np.maximum(targets - width + stride, 0) // stride
    if not counts.sum():
        raise ValueError(
            f"window is {width}, and the longest of {len(sizes)} pieces has "
            f"{sizes.max(initial=0)} symbols; one of {2 if partial else width + 1} or "
            "more is needed"
        )
    firsts = np.cumsum(sizes) - sizes
    return WindowBatcher(
        ids=None,
        firsts=jnp.asarray(firsts, jnp.int32),
        targets=jnp.asarray(targets, jnp.int32),
        ends=jnp.asarray(np.cumsum(counts), jnp.int32),
        stride=jnp.int32(stride),
        table=None,
        size=int(counts.sum()),
    )
