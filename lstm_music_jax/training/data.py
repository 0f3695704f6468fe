"""Training and validation data on the device, and the interface of batchers.

The ids of all pieces lie on the device in one array. A step computes the indices of the
symbols that it reads from the seed and the step's number. So (seed, step) is the whole
state of the data, and nothing is streamed from the host.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from lstm_music_jax.model.music_lstm import MusicLSTM, State
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.transposition import transposition_table
from lstm_music_jax.training.batch import Batch
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.objective import Totals
from lstm_music_jax.training.streams import StreamBatcher
from lstm_music_jax.training.windows import WindowBatcher
from lstm_music_jax.types import Array, Int, PyTree


@runtime_checkable
class Batcher(Protocol):
    """A corpus on the device, with methods that form batches; a PyTree of arrays."""

    @classmethod
    def for_training(
        cls,
        pieces: Sequence[np.ndarray],
        table: np.ndarray | None,
        config: TrainingConfig,
    ) -> "Batcher":
        """Prepare pieces of ids for training; `table` holds the transpositions."""

    @classmethod
    def for_validation(
        cls, pieces: Sequence[np.ndarray], config: TrainingConfig
    ) -> "Batcher":
        """Prepare pieces of ids for validation, without transposition."""

    @staticmethod
    def carried(states: State) -> PyTree:
        """Return the states that the next step begins with, given those after a step.

        None means that the next step begins with the zero state.
        """

    @property
    def size(self) -> int:
        """Number of windows or pieces that validation reads."""

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


def training_data(
    dataset: Dataset, config: TrainingConfig
) -> tuple[Batcher, Batcher | None]:
    """Return the training data, and the validation data or None if none is held out.

    Training on windows is validated on windows. Training on streams is validated on
    whole pieces, each read from the zero state.

    Raises:
        ValueError: the pieces are too short for the settings.
    """
    table, batcher = None, batcher_class(config)
    if config.transpose:
        table = transposition_table(
            dataset.vocabulary, dataset.encoding, config.transpose
        )
    train = batcher.for_training(dataset.train, table, config)
    if not dataset.validation:
        return train, None
    return train, batcher.for_validation(dataset.validation, config)
