"""Streams: all pieces laid end to end, read with a state kept from step to step.

This is truncated backpropagation through time (Williams & Peng 1990). An epoch lays all
pieces end to end in its own order, and cuts the result into `batch_size` streams of
equal length. A step reads the next `window` symbols of every stream, starting with the
stream's state after the previous step.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.music.corpus.piece_ids import PieceIds
from lstm_music_jax.training.batch import Batch, as_batch, sequence_places
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.ids import Block, Resident
from lstm_music_jax.training.keys import order_key
from lstm_music_jax.training.objective import Totals, predict
from lstm_music_jax.training.shuffle import epoch_order
from lstm_music_jax.training.transpose import draw_shifts
from lstm_music_jax.types import Array, Bool, Int


class StreamBatcher(NamedTuple):
    """Makes batches of streams, which are pieces laid end to end; see `Batcher`.

    Attributes:
        ids: the symbol ids of the pieces; None until `with_ids` gives them.
        starts: position of the first symbol of each piece.
        lengths: number of symbols of each piece.
        table: row r holds, for one transposition and tempo, the id that replaces each
            id, or -1 where there is none. None if pieces are read as they are.
        allowed: `allowed[k, r]` says whether row r of the table has an id for every
            symbol of piece k.
    """

    ids: Resident | Block | None
    starts: Int[Array, "k"]
    lengths: Int[Array, "k"]
    table: Int[Array, "r v"] | None = None
    allowed: Bool[Array, "k r"] | None = None

    @classmethod
    def for_training(
        cls,
        pieces: PieceIds,
        table: np.ndarray | None,
        config: TrainingConfig,
    ) -> tuple["StreamBatcher", PieceIds]:
        """Return a batcher of the training pieces, and the pieces, longest first.

        The batcher does not hold the symbol ids yet; see `with_ids`.
        """
        pieces = longest_first(pieces)
        batcher = streams_of(pieces.lengths)
        if table is None:
            return batcher, pieces
        allowed = np.array([(table[:, piece] >= 0).all(axis=1) for piece in pieces])
        return batcher._replace(
            table=jnp.asarray(table), allowed=jnp.asarray(allowed)
        ), pieces

    @classmethod
    def for_validation(
        cls, pieces: PieceIds, config: TrainingConfig
    ) -> tuple["StreamBatcher", PieceIds]:
        """Return a batcher of the validation pieces, and the pieces, longest first.

        The batcher does not hold the symbol ids yet; see `with_ids`.
        """
        pieces = longest_first(pieces)
        return streams_of(pieces.lengths), pieces

    def with_ids(self, ids: Resident | Block) -> "StreamBatcher":
        """Return a copy of the batcher that looks symbol ids up in `ids`."""
        return self._replace(ids=ids)

    @staticmethod
    def carried(states: State) -> State:
        """Return `states`, because every stream carries its state."""
        return states

    @property
    def size(self) -> int:
        """Number of pieces."""
        return self.starts.shape[0]

    def places(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Int[Array, "b t"]:
        """Return the positions of the symbols that a step reads in the streams `rows`.

        These are the next `window` symbols, and one more as the last target. Positions
        count from the first symbol of all pieces laid end to end.
        """
        pieces, offsets, _ = self._reading(step, rows, config)
        return self.starts[pieces] + offsets

    def read(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Batch:
        """Return the next `window` symbols of some of the streams.

        `rows` are the indices of these streams, 0 to `batch_size - 1`.

        The length of a stream is rounded up to a multiple of `window`. Where a stream
        passes the end of the epoch, it continues at the beginning of the epoch. So
        every stream has the same length, and every symbol is read at least once.

        The state is reset where a piece begins, and where an epoch begins, because
        every epoch has its own order of pieces. The first symbol of a piece is not a
        target, because no symbol of the piece comes before it. With `cross_pieces`,
        pieces are read as one long piece: the state is reset only where an epoch
        begins, and every symbol is a target.

        All symbols of a piece are replaced by the same row of `table`, which is drawn
        anew in each epoch.
        """
        assert self.ids is not None
        pieces, offsets, epoch_begins = self._reading(step, rows, config)
        ids = self.ids.read(self.starts[pieces] + offsets, step, rows)
        if self.table is not None and self.allowed is not None:
            _, shifts_key = jax.random.split(order_key(config.seed))
            epoch = step // self._steps_per_epoch(config)
            epoch_key = jax.random.fold_in(shifts_key, epoch)
            uniform = jax.random.uniform(epoch_key, (self.size,))
            ids = self.table[draw_shifts(self.allowed, uniform)[pieces], ids]

        begins = (offsets == 0) & (not config.cross_pieces)
        resets = begins[:, :-1].at[:, 0].set(begins[:, 0] | epoch_begins)
        return Batch(ids[:, :-1], ids[:, 1:], ~begins[:, 1:], resets)

    def totals(
        self, model: MusicLSTM, indices: Int[Array, "b"], config: TrainingConfig
    ) -> Totals:
        """Sum the losses of the pieces with the given indices.

        Each piece is read from the zero state to its end, `window` symbols at a time.
        An index past that of the last piece adds nothing.
        """
        width, resident = config.window, self.ids
        assert isinstance(resident, Resident)
        total = resident.ids.shape[0]
        starts = self.starts.at[indices].get(mode="clip")
        targets = self.lengths.at[indices].get(mode="fill", fill_value=0) - 1

        def add(index, carry):
            totals, state = carry
            passed = index * width
            places = sequence_places(starts + passed, width, total)
            batch = as_batch(resident.at(places), targets - passed)
            predicted = predict(model, batch, state=state)
            return jax.tree.map(jnp.add, totals, predicted.totals), predicted.state

        start = Totals.zero(), model.initial_states(indices.shape[0])
        reads = (jnp.max(targets) + width - 1) // width
        return jax.lax.fori_loop(0, reads, add, start)[0]

    def _steps_per_epoch(self, config):
        return -(-jnp.sum(self.lengths) // (config.batch_size * config.window))

    def _reading(self, step, rows, config):
        """Return which symbols a step reads in the streams `rows`.

        Returns:
            The index of the piece of each symbol, `[b t]`; the position of each symbol
            in its piece, `[b t]`; and whether an epoch begins at this step.
        """
        width, steps_per_epoch = config.window, self._steps_per_epoch(config)
        epoch, step_of_epoch = step // steps_per_epoch, step % steps_per_epoch
        pieces_key, _ = jax.random.split(order_key(config.seed))
        order = epoch_order(pieces_key, epoch, jnp.arange(self.size), self.size)
        ends = jnp.cumsum(self.lengths[order])

        # Find the position of each symbol in the epoch, its piece, and its offset in
        # the piece.
        firsts = (rows * steps_per_epoch + step_of_epoch) * width
        places = (firsts[:, None] + jnp.arange(width + 1)[None]) % ends[-1]
        turns = jnp.searchsorted(ends, places, side="right", method="scan_unrolled")
        pieces = order[turns]
        offsets = places - ends[turns] + self.lengths[pieces]
        return pieces, offsets, step_of_epoch == 0


def longest_first(pieces: PieceIds) -> PieceIds:
    """Return the pieces, sorted by length, the longest first."""
    # Pieces of similar length become neighbours, so validation batches need little
    # padding.
    return pieces.take(np.argsort(-pieces.lengths, kind="stable"))


def streams_of(lengths: np.ndarray) -> StreamBatcher:
    """Return a batcher for pieces of the given lengths; it has no symbol ids yet.

    Raises:
        ValueError: no piece has two symbols or more.
    """
    if lengths.max(initial=0) < 2:
        raise ValueError(
            f"pieces has {len(lengths)} entries, and none has 2 symbols or more; "
            "at least one must"
        )
    starts = np.cumsum(lengths) - lengths
    return StreamBatcher(
        None, jnp.asarray(starts, jnp.int32), jnp.asarray(lengths, jnp.int32)
    )
