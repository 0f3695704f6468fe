"""Training and validation data, and the interface of the batchers that read it.

A batcher makes the batches of symbols that training steps read. The seed and the number
of a step decide which symbols it reads. So (seed, step) is the whole state of the data.

The symbol ids of all pieces lie on the device, end to end. If those of the training
pieces would take more than a gigabyte there, they stay where the dataset has them,
which may be a file. Training steps are taken in dispatches, which are compiled calls of
several steps. Before each dispatch, the host looks up the ids that its steps read. The
batches are the same in both cases.
"""

from dataclasses import replace
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.corpus.piece_ids import PieceIds
from lstm_music_jax.music.stretching import combined, stretch_table
from lstm_music_jax.music.transposition import transposition_table
from lstm_music_jax.training.batch import Batch
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.ids import Block, Resident
from lstm_music_jax.training.objective import Totals
from lstm_music_jax.training.streams import StreamBatcher
from lstm_music_jax.training.windows import WindowBatcher
from lstm_music_jax.types import Array, Float, Int, PyTree

# This holds half a billion symbols of two bytes.
RESIDENT_BYTES = 2**30
_MOST_SYMBOLS = 2**31 - 2**24


@runtime_checkable
class Batcher(Protocol):
    """Makes the batches that training or validation reads.

    A batcher is itself a PyTree of arrays. It knows where each piece begins when all
    pieces are laid end to end. From the number of a step, and from the seed in the
    settings, it computes the positions of the symbols that the step reads. It then
    takes their ids from an array on the device. A `Resident` holds the ids of all
    pieces. A `Block` holds the ids that the next steps read, which the host has looked
    up.
    """

    @classmethod
    def for_training(
        cls,
        pieces: PieceIds,
        table: np.ndarray | None,
        config: TrainingConfig,
    ) -> "tuple[Batcher, PieceIds]":
        """Return a batcher for the training pieces, and the pieces in its order.

        The batcher does not hold the symbol ids yet. `with_ids` gives it the ids of the
        returned pieces, laid end to end in the returned order.

        Args:
            pieces: symbol ids of the training pieces.
            table: one row per transposition and tempo: the id that replaces each id, or
                -1 where there is none. None if pieces are read as they are.
            config: the settings of the training.
        """

    @classmethod
    def for_validation(
        cls, pieces: PieceIds, config: TrainingConfig
    ) -> "tuple[Batcher, PieceIds]":
        """Return a batcher for the validation pieces, and the pieces in its order.

        The batcher reads the pieces as they are, without transposition. Like that of
        `for_training`, it does not hold the symbol ids yet.
        """

    def with_ids(self, ids: Resident | Block) -> "Batcher":
        """Return a copy of the batcher that reads symbol ids from `ids`.

        These are the ids of all pieces, or those that a few steps read.
        """

    @staticmethod
    def carried(states: State) -> PyTree:
        """Return the LSTM states that the next training step begins with.

        The result is None if every step begins with the zero state.

        Args:
            states: the LSTM states at the end of this step.
        """

    @property
    def size(self) -> int:
        """Number of windows of a `WindowBatcher`, or of pieces of a `StreamBatcher`."""

    def places(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Int[Array, "b t"]:
        """Return the positions of the symbols that a training step reads.

        Positions count from the first symbol of all pieces laid end to end.

        Args:
            step: number of the training step, from 0.
            rows: indices of the rows of the batch to read, 0 to `batch_size - 1`.
            config: the settings of the training.
        """

    def read(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Batch:
        """Return some rows of the batch that a training step reads.

        Args:
            step: number of the training step, from 0.
            rows: indices of the rows of the batch to return, 0 to `batch_size - 1`.
            config: the settings of the training.
        """

    def totals(
        self, model: MusicLSTM, indices: Int[Array, "b"], config: TrainingConfig
    ) -> Totals:
        """Sum the validation losses of some windows, or of some pieces.

        Args:
            model: the model to validate.
            indices: indices of the windows of a `WindowBatcher`, or of the pieces of a
                `StreamBatcher`, from 0. An index of `size` or more adds nothing.
            config: the settings of the training.
        """


def batcher_class(config: TrainingConfig) -> type[WindowBatcher] | type[StreamBatcher]:
    """Return the class of batchers that `config.batching` names."""
    return {"windows": WindowBatcher, "streams": StreamBatcher}[config.batching]


class Feed:
    """The training data of a run: makes the batcher of each dispatch.

    A dispatch is one compiled call that takes several training steps.
    """

    def __init__(
        self,
        batcher: Batcher,
        pieces: PieceIds,
        config: TrainingConfig,
        resident_bytes: int,
    ) -> None:
        """Put the symbol ids on the device if they take at most `resident_bytes`.

        Otherwise the host looks up the ids for each dispatch.

        Args:
            batcher: the batcher that `for_training` returned.
            pieces: the pieces that it returned with the batcher.
            config: the settings of the training.
            resident_bytes: the largest number of bytes to put on the device.
        """
        self._batcher, self._pieces, self._config = batcher, pieces, config
        self._resident = _bytes(pieces) <= resident_bytes
        if self._resident:
            self._batcher = batcher.with_ids(Resident(_on_device(pieces)))
        self._places = jax.jit(self._places_of_steps)

    def batcher_at(self, step: int) -> Batcher:
        """Return the batcher for the compiled call that takes the next steps.

        The batcher holds the symbol ids that these steps read.

        Args:
            step: the number of steps that were taken before.
        """
        if self._resident:
            return self._batcher
        places = np.asarray(self._places(self._batcher, jnp.int32(step)))
        block = Block(jnp.asarray(self._pieces.at(places)), jnp.int32(step))
        return self._batcher.with_ids(block)

    def _places_of_steps(self, batcher, first):
        steps = first + jnp.arange(self._config.steps_per_dispatch)
        rows = jnp.arange(self._config.batch_size)
        return jax.vmap(lambda step: batcher.places(step, rows, self._config))(steps)


def training_data(
    dataset: Dataset,
    config: TrainingConfig,
    *,
    resident_bytes: int = RESIDENT_BYTES,
) -> tuple[Feed, Batcher | None]:
    """Return the training data and the validation data of a run.

    The validation data is None if no pieces are held out.

    If training reads windows, validation reads windows too. If training reads streams,
    validation reads whole pieces, each from the zero state.

    Args:
        dataset: the pieces.
        config: the settings of the training.
        resident_bytes: if the training ids would take more bytes than this on the
            device, they are looked up by the host.

    Raises:
        ValueError: the pieces are too short for the settings, they have too many
            symbols, or their encoding does not allow the settings.
    """
    table, batcher = augmentation_table(dataset, config), batcher_class(config)
    train, validation = PieceIds.of(dataset.train), PieceIds.of(dataset.validation)
    for pieces in (train, validation):
        # Positions are int32 on the device, and a batch may compute some past the last
        # one.
        if pieces.total >= _MOST_SYMBOLS:
            raise ValueError(
                f"dataset has {pieces.total:,} symbols on one side; it must have fewer "
                f"than {_MOST_SYMBOLS:,}"
            )
    held_in, ordered = batcher.for_training(train, table, config)
    feed = Feed(held_in, ordered, config, resident_bytes)
    if not len(validation):
        return feed, None
    held_out, ordered = batcher.for_validation(validation, config)
    return feed, held_out.with_ids(Resident(_on_device(ordered)))


def augmentation_table(dataset: Dataset, config: TrainingConfig) -> np.ndarray | None:
    """Return a table that transposes symbol ids or changes their tempo.

    The settings `transpose` and `stretch` say by how much; to stretch is to change the
    tempo.

    Returns:
        int32 `[r v]`: for each pair of transposition and tempo, a row with the id that
        replaces each id, or -1 where the vocabulary lacks the symbol. None if the
        settings ask for neither transposition nor stretching.

    Raises:
        ValueError: the encoding does not allow the settings.
    """
    vocabulary, encoding = dataset.vocabulary, dataset.encoding
    if not config.transpose and not config.stretch:
        return None
    table = transposition_table(vocabulary, encoding, config.transpose)
    if not config.stretch:
        return table
    return combined(table, stretch_table(vocabulary, encoding, config.stretch))


def _on_device(pieces: PieceIds) -> jax.Array:
    return jnp.asarray(pieces.end_to_end(pieces.dtype))


def _bytes(pieces: PieceIds) -> int:
    return pieces.total * np.dtype(pieces.dtype).itemsize


def with_unseen(dataset: Dataset, config: TrainingConfig) -> Dataset:
    """Return the dataset with a vocabulary whose `unseen` lists the unseen symbols.

    A symbol is unseen if no training piece has it, and if no row of
    `augmentation_table` turns a symbol of a training piece into it. So training never
    reads it. The start and the end symbol are never unseen.
    """
    vocabulary = dataset.vocabulary
    seen = np.zeros(len(vocabulary), bool)
    seen[vocabulary.marker_ids] = True
    for piece in dataset.train:
        seen[piece] = True
    table = augmentation_table(dataset, config)
    if table is not None:
        reached = table[:, seen]
        seen[reached[reached >= 0]] = True
    unseen = tuple(vocabulary.symbols_of(np.flatnonzero(~seen)))
    return replace(dataset, vocabulary=replace(vocabulary, unseen=unseen))


def target_counts(dataset: Dataset) -> Float[np.ndarray, "v"]:
    """Return how often each symbol occurs in the training pieces as a target.

    Every symbol of a piece counts as a target, except its first. Settings by which
    training predicts other symbols make no difference.
    """
    counts = np.zeros(len(dataset.vocabulary))
    for piece in dataset.train:
        np.add.at(counts, piece[1:], 1)
    return counts
