"""A model that Keras has saved, made into a run folder."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from flax import nnx

from lstm_music_jax.keras.files import KerasModel
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.training.checkpoints import Checkpoints
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.run import Progress, RunFolder, fresh_progress, identity
from lstm_music_jax.training.tally import Tally
from lstm_music_jax.types import Array


def import_keras(folder: str | Path, weights: KerasModel, dataset: Dataset) -> None:
    """Write a run folder that generates with the weights, and can be trained on.

    Args:
        folder: new or empty.
        weights: what `read_keras` gave.
        dataset: its vocabulary must be the one that the weights were trained on, in
            the same order; only its size can be checked.

    Raises:
        ValueError: a folder that is not empty, or a vocabulary of another size.
    """
    files = RunFolder(Path(folder))
    files.require_new()
    size = len(dataset.vocabulary)
    if size != weights.vocab_size:
        raise ValueError(
            f"symbols has {size} distinct ones, and the head of weights tells "
            f"{weights.vocab_size} apart; they must be those it was trained on"
        )
    config = ModelConfig(weights.sizes, weights.dropout, weights.gates)
    training = TrainingConfig(
        window=weights.window or TrainingConfig.window,
        objective="all" if weights.every_position else "last",
    )
    progress = fresh_progress(config, training, size)
    model = _with_weights(progress.state.model, weights)
    progress = Progress(progress.state._replace(model=model), best=model)
    files.describe(config, training, dataset)
    belongs_to = identity(config, training, dataset, fixed=False)
    with (
        Checkpoints(files.checkpoints("best"), belongs_to) as best,
        Checkpoints(files.checkpoints("last"), belongs_to) as last,
    ):
        best.save(0, progress.best)
        last.save(0, progress, Tally().as_json())


def _with_weights(model: MusicLSTM, weights: KerasModel) -> MusicLSTM:
    for layer, arrays in zip(model.layers, weights.layers, strict=True):
        for name, array in arrays._asdict().items():
            _replace(getattr(layer, name), array)
    _replace(model.head_kernel, weights.head_kernel)
    _replace(model.head_bias, weights.head_bias)
    return model


def _replace(parameter: nnx.Param[Array], array: np.ndarray) -> None:
    assert parameter[...].shape == array.shape
    parameter[...] = jnp.asarray(array)
