"""Streams: all pieces end to end, read with a state that is carried between steps.

This is truncated backpropagation through time (Williams & Peng 1990). An epoch lays all
pieces end to end in its own order, and cuts the result into `batch_size` streams of
equal length. A step reads the next `window` symbols of every stream, starting with the
stream's state after the previous step.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.training.batch import Batch, gather
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.keys import order_key
from lstm_music_jax.training.objective import Totals, predict
from lstm_music_jax.training.shuffle import epoch_order
from lstm_music_jax.training.transpose import draw_shifts
from lstm_music_jax.types import Array, Bool, Int


class StreamBatcher(NamedTuple):
    """Whole pieces in one array of ids; see `Batcher` for the methods.

    Piece k is `ids[starts[k] : starts[k] + lengths[k]]`. Row r of `table` is a
    transposition: the new id of each id, or -1 where there is none. `allowed[k, r]`
    tells whether row r has a new id for every symbol of piece k.
    """

    ids: Int[Array, "n"]
    starts: Int[Array, "k"]
    lengths: Int[Array, "k"]
    table: Int[Array, "r v"] | None = None
    allowed: Bool[Array, "k r"] | None = None

    @classmethod
    def for_training(
        cls,
        pieces: Sequence[np.ndarray],
        table: np.ndarray | None,
        config: TrainingConfig,
    ) -> "StreamBatcher":
        """Lay all pieces end to end."""
        return lay_end_to_end(pieces, table)

    @classmethod
    def for_validation(
        cls,
        pieces: Sequence[np.ndarray],
        config: TrainingConfig,
    ) -> "StreamBatcher":
        """Lay all pieces end to end."""
        return lay_end_to_end(pieces)

    @staticmethod
    def carried(states: State) -> State:
        """Return `states`, because every stream carries its state."""
        return states

    @property
    def size(self) -> int:
        """Number of pieces."""
        return self.starts.shape[0]

    def read(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Batch:
        """Read the next `window` symbols of the streams `rows`.

        The length of a stream is rounded up to whole steps. The last stream continues
        from the end of the epoch at its beginning, so every step is full and every
        symbol is read at least once.

        The state is reset where a piece begins, and where an epoch begins, because
        every epoch orders the pieces anew. The first symbol of a piece is no target,
        because no symbol of the piece comes before it. With `cross_pieces`, pieces are
        read as one long piece: the state is reset only where an epoch begins, and every
        symbol is a target.

        A piece is transposed as a whole, by a new shift in each epoch.
        """
        width, total = config.window, self.ids.shape[0]
        steps_per_epoch = -(-total // (config.batch_size * width))
        epoch, step_of_epoch = step // steps_per_epoch, step % steps_per_epoch
        pieces_key, shifts_key = jax.random.split(order_key(config.seed))
        order = epoch_order(pieces_key, epoch, jnp.arange(self.size), self.size)
        ends = jnp.cumsum(self.lengths[order])

        # The place of each symbol in the epoch, its piece, and its place in the piece.
        firsts = (rows * steps_per_epoch + step_of_epoch) * width
        places = (firsts[:, None] + jnp.arange(width + 1)[None]) % total
        turns = jnp.searchsorted(ends, places, side="right", method="scan_unrolled")
        pieces = order[turns]
        offsets = places - ends[turns] + self.lengths[pieces]
        ids = self.ids[self.starts[pieces] + offsets]
        if self.table is not None and self.allowed is not None:
            epoch_key = jax.random.fold_in(shifts_key, epoch)
            uniform = jax.random.uniform(epoch_key, (self.size,))
            ids = self.table[draw_shifts(self.allowed, uniform)[pieces], ids]

        begins = (offsets == 0) & (not config.cross_pieces)
        resets = begins[:, :-1].at[:, 0].set(begins[:, 0] | (step_of_epoch == 0))
        return Batch(ids[:, :-1], ids[:, 1:], ~begins[:, 1:], resets)

    def totals(
        self, model: MusicLSTM, indices: Int[Array, "b"], config: TrainingConfig
    ) -> Totals:
        """Sum the losses of the pieces at `indices`, each read from the zero state.

        A piece is read to its end, `window` symbols at a time. An index past the last
        piece adds nothing.
        """
        width = config.window
        starts = self.starts.at[indices].get(mode="clip")
        targets = self.lengths.at[indices].get(mode="fill", fill_value=0) - 1

        def add(index, carry):
            totals, state = carry
            passed = index * width
            batch = gather(self.ids, starts + passed, targets - passed, width)
            predicted = predict(model, batch, state=state)
            return jax.tree.map(jnp.add, totals, predicted.totals), predicted.state

        start = Totals.zero(), model.initial_states(indices.shape[0])
        reads = (jnp.max(targets) + width - 1) // width
        return jax.lax.fori_loop(0, reads, add, start)[0]


def lay_end_to_end(
    pieces: Sequence[np.ndarray], table: np.ndarray | None = None
) -> StreamBatcher:
    """Lay pieces of ids end to end, the longest first.

    Raises:
        ValueError: no piece has two symbols or more.
    """
    # Sorting puts pieces of similar length into a validation batch, so few of its rows
    # end early.
    pieces = sorted(pieces, key=len, reverse=True)
    if not pieces or len(pieces[0]) < 2:
        raise ValueError(
            f"pieces has {len(pieces)} entries, and none has 2 symbols or more; "
            "at least one must have them"
        )
    lengths = np.array([len(piece) for piece in pieces])
    laid = StreamBatcher(
        *(
            jnp.asarray(part, jnp.int32)
            for part in (np.concatenate(pieces), np.cumsum(lengths) - lengths, lengths)
        )
    )
    if table is None:
        return laid
    allowed = np.array([(table[:, piece] >= 0).all(axis=1) for piece in pieces])
    return laid._replace(table=jnp.asarray(table), allowed=jnp.asarray(allowed))
