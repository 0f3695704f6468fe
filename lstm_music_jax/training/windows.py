"""Windows: short sequences cut from pieces, shuffled, each read from the zero state."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.training.batch import Batch, gather
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.keys import order_key, row_keys, transposition_key
from lstm_music_jax.training.objective import Totals, predict
from lstm_music_jax.training.shuffle import epoch_order
from lstm_music_jax.training.transpose import transpose_windows
from lstm_music_jax.types import Array, Int


class WindowBatcher(NamedTuple):
    """Windows of one array of ids; see `Batcher` for the methods.

    Window k reads `ids[starts[k] : starts[k] + width]` and predicts the symbol after
    each of these; only the first `lengths[k]` targets count. Row r of `table` is a
    transposition: the new id of each id, or -1 where there is none.
    """

    ids: Int[Array, "n"]
    starts: Int[Array, "k"]
    lengths: Int[Array, "k"]
    table: Int[Array, "r v"] | None = None

    @classmethod
    def for_training(
        cls,
        pieces: Sequence[np.ndarray],
        table: np.ndarray | None,
        config: TrainingConfig,
    ) -> "WindowBatcher":
        """Start a window at every symbol; with `cross_pieces`, windows cross pieces."""
        if config.cross_pieces:
            pieces = [np.concatenate(pieces)]
        windows = cut_windows(pieces, config.window, partial=config.objective == "all")
        if table is None:
            return windows
        return windows._replace(table=jnp.asarray(table))

    @classmethod
    def for_validation(
        cls, pieces: Sequence[np.ndarray], config: TrainingConfig
    ) -> "WindowBatcher":
        """Cut pieces into adjacent windows that do not cross pieces.

        With objective "last", each window gives only one prediction. Windows then start
        at every tenth of a window's length, which is enough to estimate the loss.
        """
        every_position = config.objective == "all"
        stride = config.window if every_position else max(1, config.window // 10)
        return cut_windows(pieces, config.window, stride=stride, partial=every_position)

    @staticmethod
    def carried(states: State) -> None:
        """Return None, because every window begins with the zero state."""

    @property
    def size(self) -> int:
        """Number of windows."""
        return self.starts.shape[0]

    def read(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Batch:
        """Read the next windows of the epoch's order, each transposed by itself.

        The last batch of an epoch is filled up from the beginning of the same epoch.
        """
        steps_per_epoch = -(-self.size // config.batch_size)
        positions = (step % steps_per_epoch) * config.batch_size + rows
        indices = epoch_order(
            order_key(config.seed),
            step // steps_per_epoch,
            positions % self.size,
            self.size,
        )
        batch = self.at(indices, config.window)
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
        """Return the windows at `indices`; in one past the last, no target counts."""
        starts = self.starts.at[indices].get(mode="clip")
        lengths = self.lengths.at[indices].get(mode="fill", fill_value=0)
        return gather(self.ids, starts, lengths, width)


def cut_windows(
    pieces: Sequence[np.ndarray],
    width: int,
    *,
    stride: int = 1,
    partial: bool = True,
) -> WindowBatcher:
    """Cut pieces of ids into windows of `width` inputs and `width` targets.

    A window starts at every `stride`-th symbol of a piece, until the piece is covered.
    No window crosses from one piece into the next; to let them cross, pass all pieces
    as one. If a piece ends inside its last window, only the targets within the piece
    count; with `partial=False` such a window is left out. With `stride=width` each
    symbol but a piece's first is predicted exactly once.

    Raises:
        ValueError: `width` or `stride` is below 1, or no piece is long enough for a
            window.
    """
    if width < 1 or stride < 1:
        raise ValueError(
            f"window is {width} and stride is {stride}; both must be 1 or more"
        )
    cut, offset = [np.zeros((2, 0), int)], 0
    for piece in pieces:
        targets = len(piece) - 1
        if targets > 0:
            count = 1 + -(-max(0, targets - width) // stride)
            firsts = stride * np.arange(count)
            cut.append(np.stack([offset + firsts, np.minimum(width, targets - firsts)]))
        offset += len(piece)
    starts, lengths = np.concatenate(cut, axis=1)
    if not partial:
        starts, lengths = starts[lengths == width], lengths[lengths == width]
    if not len(starts):
        longest = max((len(piece) for piece in pieces), default=0)
        raise ValueError(
            f"window is {width}, and the longest of {len(pieces)} pieces has {longest} "
            f"symbols; one of {2 if partial else width + 1} or more is needed"
        )
    ids = np.concatenate(pieces)
    return WindowBatcher(
        *(jnp.asarray(part, jnp.int32) for part in (ids, starts, lengths))
    )
