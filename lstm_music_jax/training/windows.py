"""Windows: short sequences cut from pieces and shuffled.

The LSTM reads each window from the zero state.
"""

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
    """Makes batches of windows, cut from pieces laid end to end; see `Batcher`.

    Each window has an index, which counts the windows piece by piece from 0. Windows
    are not stored, because there may be as many windows as symbols. The position of a
    window is computed from its index.

    Attributes:
        ids: the symbol ids of the pieces; None until `with_ids` gives them.
        firsts: position of the first symbol of each piece.
        targets: number of symbols of each piece that can be predicted, which are all
            but its first.
        ends: for each piece, the number of windows in it and in all pieces before it.
        stride: number of symbols from the start of a window to the start of the next
            one.
        table: row r holds, for one transposition and tempo, the id that replaces each
            id, or -1 where there is none. None if pieces are read as they are.
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
        """Return the leaves, and the number of windows, which is static."""
        leaves = self.ids, self.firsts, self.targets, self.ends, self.stride, self.table
        return leaves, self.size

    @classmethod
    def tree_unflatten(cls, size: int, leaves: tuple[PyTree, ...]) -> "WindowBatcher":
        """Make a batcher of the results of `tree_flatten`."""
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
        """Return a batcher of windows of the training pieces, and these pieces.

        Windows start at successive symbols of a piece. The last window is the first one
        that reaches the end of the piece. If the objective is "all" and pieces have an
        end symbol, windows start at the remaining symbols but the last, too; see
        `windows_of`. If the objective is "last", only windows that end within the piece
        are kept.

        With `config.cross_pieces`, the pieces are cut as one long piece, so a window
        may begin in one piece and end in the next.
        """
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
        """Return a batcher of windows of the validation pieces, and these pieces.

        No target of a window is in another piece.

        With the objective "all", the model predicts at every position of a window.
        Windows then do not overlap. So each symbol is predicted once, except the first
        of each piece.

        With the objective "last", the model predicts only the symbol after the window.
        The starts of successive windows are then a tenth of a window's length apart,
        which gives enough predictions to estimate the loss.
        """
        every_position = config.objective == "all"
        stride = config.window if every_position else max(1, config.window // 10)
        windows = windows_of(
            pieces.lengths, config.window, stride=stride, partial=every_position
        )
        return windows, pieces

    def with_ids(self, ids: Resident | Block) -> "WindowBatcher":
        """Return a copy of the batcher that looks symbol ids up in `ids`."""
        return replace(self, ids=ids)

    @staticmethod
    def carried(states: State) -> None:
        """Return None, because every window begins with the zero state."""

    def places(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Int[Array, "b t"]:
        """Return the positions of the symbols in some of the windows that a step reads.

        Positions count from the first symbol of all pieces laid end to end. Each row of
        the batch is a window; `rows` are the indices of those to return.

        If too few windows are left for the last batch of an epoch, it is filled up with
        the windows that the epoch began with.
        """
        indices = self._order(step, rows, config)
        return self._places(self._cut(indices, config.window)[0], config.window)

    def read(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Batch:
        """Return some of the windows that a step reads, each transposed at random.

        Each row of the batch is a window; `rows` are the indices of those to return.
        Each window is transposed by a random row of `table`. If `table` is None, the
        symbols stay as they are in the pieces.
        """
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
        """Sum the losses of the windows with the given indices.

        An index past that of the last window adds nothing.
        """
        return predict(model, self.at(indices, config.window), config.objective).totals

    def at(self, indices: Int[Array, "b"], width: int) -> Batch:
        """Return the windows with the given indices, without transposition.

        Each window has `width` input symbols. An index past that of the last window
        gives a window whose targets do not count in the loss.
        """
        assert isinstance(self.ids, Resident)
        starts, lengths = self._cut(indices, width)
        return as_batch(self.ids.at(self._places(starts, width)), lengths)

    def _order(self, step, rows, config):
        """Return which windows a training step reads, as indices of windows.

        The batch of the step has one window per row. The result has one index for each
        entry of `rows`.
        """
        steps_per_epoch = -(-self.size // config.batch_size)
        positions = (step % steps_per_epoch) * config.batch_size + rows
        return epoch_order(
            order_key(config.seed),
            step // steps_per_epoch,
            positions % self.size,
            self.size,
        )

    def _cut(self, indices, width):
        """Return the position of each window's first symbol, and its number of targets.

        Positions count from the first symbol of all pieces laid end to end. A window
        has `width` targets, or fewer if its piece ends inside it. An index past that of
        the last window gives 0 targets.
        """
        piece = jnp.searchsorted(self.ends, indices, side="right", method="scan")
        # An index past that of the last window is put into the last piece, without
        # targets.
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
    """Return a batcher of windows of `pieces`, which holds their symbol ids.

    Args:
        pieces: the symbol ids of each piece.
        width: number of input symbols of a window.
        stride: number of symbols from the start of a window to that of the next one.
        partial: whether a window may reach beyond the end of its piece; targets there
            do not count.
        tails: if False, the last window of a piece is the first one that reaches the
            end of the piece. If True, more windows follow it, up to the last one that
            has a target. It has no effect without `partial`.
    """
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
    """Return a batcher of windows that does not hold the symbol ids yet.

    `sizes` is the number of symbols of each piece.

    A window has `width` input symbols and `width` targets. The target of an input is
    the symbol after it.

    A window starts at every `stride`-th symbol of a piece, until a window reaches the
    end of the piece. No target is in the next piece. Where a piece ends inside its last
    window, only the targets within the piece count; with `partial=False` such a window
    is left out. With `stride=width` and `partial=True`, each symbol but a piece's first
    is predicted exactly once.

    With `stride=1`, the last window starts where it just reaches the end of the piece.
    So the last symbol of the piece is a target of one window only, while a symbol in
    the middle is a target of up to `width` windows. With `tails=True`, a window starts
    at every symbol of the piece but its last. Then the last symbol, which may be the
    end symbol, is a target of up to `width` windows too. With `partial=False`, `tails`
    has no effect.

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
        # The windows after the first of a piece: those that have a target.
        others = (targets - 1) // stride
        if not tails:
            reaching = -(-np.maximum(targets - width, 0) // stride)
            others = np.minimum(others, reaching)
        counts = np.where(targets > 0, 1 + others, 0)
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
