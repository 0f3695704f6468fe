"""Training and validation data, and the interface through which steps read it.

The seed and the number of a step decide which symbols it reads. So (seed, step) is the
whole state of the data. The ids of all pieces lie on the device, end to end. If they
would take more than a gigabyte there, the ids of training pieces stay where the dataset
has them, which may be a file: before each dispatch the host looks up those that its
steps read. The batches are the same in both cases.
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

# This holds half a billion symbols.
RESIDENT_BYTES = 2**30
_MOST_SYMBOLS = 2**31 - 2**24


@runtime_checkable
class Batcher(Protocol):
    """Makes batches of a corpus, for training or validation; a PyTree of arrays."""

    @classmethod
    def for_training(
        cls,
        pieces: PieceIds,
        table: np.ndarray | None,
        config: TrainingConfig,
    ) -> "tuple[Batcher, PieceIds]":
        """Prepare for training; `table` holds the transpositions.

        Returns:
            A batcher without ids, and the pieces in the order in which `with_ids` must
            be given their ids.
        """

    @classmethod
    def for_validation(
        cls, pieces: PieceIds, config: TrainingConfig
    ) -> "tuple[Batcher, PieceIds]":
        """Prepare for validation, without transposition; see `for_training`."""

    def with_ids(self, ids: Resident | Block) -> "Batcher":
        """Return a batcher that reads these ids."""

    @staticmethod
    def carried(states: State) -> PyTree:
        """Return the states that the next step begins with, given those after a step.

        None means that the next step begins with the zero state.
        """

    @property
    def size(self) -> int:
        """Number of windows or pieces that validation reads."""

    def places(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Int[Array, "b t"]:
        """Return the places, in all pieces end to end, of what rows read at a step."""

    def read(
        self, step: Int[Array, ""], rows: Int[Array, "b"], config: TrainingConfig
    ) -> Batch:
        """Return the given rows of the batch of a step."""

    def totals(
        self, model: MusicLSTM, indices: Int[Array, "b"], config: TrainingConfig
    ) -> Totals:
        """Sum the losses of the windows or pieces at `indices`, for validation.

        An index of `size` or more adds nothing.
        """


def batcher_class(config: TrainingConfig) -> type[WindowBatcher] | type[StreamBatcher]:
    """Return the batcher that `config.batching` names."""
    return {"windows": WindowBatcher, "streams": StreamBatcher}[config.batching]


class Feed:
    """The training data of a run: gives each dispatch a batcher that has its ids."""

    def __init__(
        self,
        batcher: Batcher,
        pieces: PieceIds,
        config: TrainingConfig,
        resident_bytes: int,
    ) -> None:
        """Put the ids on the device if they take at most `resident_bytes` there."""
        self._batcher, self._pieces, self._config = batcher, pieces, config
        self._resident = _bytes(pieces) <= resident_bytes
        if self._resident:
            self._batcher = batcher.with_ids(Resident(_on_device(pieces)))
        self._places = jax.jit(self._places_of_steps)

    def batcher_at(self, step: int) -> Batcher:
        """Return a batcher for the dispatch that begins after `step` steps."""
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
    """Return the training data and the validation data; None if nothing is held out.

    Training on windows is validated on windows. Training on streams is validated on
    whole pieces, each read from the zero state.

    Args:
        dataset: the pieces.
        config: the settings of the training.
        resident_bytes: ids that would take more than this on the device are looked up
            by the host.

    Raises:
        ValueError: the pieces are too short for the settings, or too many.
    """
    table, batcher = augmentation_table(dataset, config), batcher_class(config)
    train, validation = PieceIds.of(dataset.train), PieceIds.of(dataset.validation)
    for pieces in (train, validation):
        # Places are int32 on the device, and a batch may run past the last one.
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
    """Return the id that replaces each id under each augmentation, int32 `[r, v]`.

    Returns:
        One row for each transposition and tempo, -1 where there is no such id; None if
        the settings ask for neither.

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
    """Return the dataset with a vocabulary that knows which symbols are unseen.

    These are the symbols that no training piece has, and that no transposition or tempo
    makes of a symbol that one has.
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
    """Return how often training predicts each symbol: all but the first of a piece."""
    counts = np.zeros(len(dataset.vocabulary))
    for piece in dataset.train:
        np.add.at(counts, piece[1:], 1)
    return counts
