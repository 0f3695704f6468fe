"""Writes a run folder from a model of Keras.

A run folder holds the files of a trained model: its settings, its vocabulary and its
parameters. Generation reads such a folder, and training can continue from it.
"""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from flax import nnx

from lstm_music_jax.keras.model import KerasModel
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.training.checkpoints import Checkpoints
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.run_folder import (
    RunFolder,
    RunState,
    initial_run_state,
)
from lstm_music_jax.training.settings import owner_of_checkpoints
from lstm_music_jax.training.tally import Tally
from lstm_music_jax.types import Array


def import_keras(folder: str | Path, weights: KerasModel, dataset: Dataset) -> None:
    """Write a run folder with the model of Keras, for generation or further training.

    Args:
        folder: a new or empty folder.
        weights: the model that `read_keras` has read.
        dataset: the pieces that the model was trained on. Their vocabulary, their
            encoding and where they came from are written to the folder. The vocabulary
            must have the symbols of the model, in the same order. Only their number can
            be checked.

    Raises:
        ValueError: the folder is not empty, a file is in its place, or the vocabulary
            has another size than the model.
    """
    run_folder = RunFolder(Path(folder))
    run_folder.require_new()
    vocab_size = len(dataset.vocabulary)
    if vocab_size != weights.vocab_size:
        raise ValueError(
            f"symbols has {vocab_size} distinct ones, and weights has a head over "
            f"{weights.vocab_size}; symbols must be those that weights was trained on"
        )
    model_config = ModelConfig(weights.sizes, weights.dropout, weights.gates)
    training = TrainingConfig(
        window=weights.window or TrainingConfig.window,
        objective="all" if weights.every_position else "last",
    )
    state = initial_run_state(model_config, training, vocab_size).state
    model = _with_weights(state.model, weights)
    run_state = RunState(state._replace(model=model), best=model)
    run_folder.describe(model_config, training, dataset)
    belongs_to = owner_of_checkpoints(model_config, training, dataset)
    with (
        Checkpoints(run_folder.checkpoints("best"), belongs_to) as best,
        Checkpoints(run_folder.checkpoints("last"), belongs_to) as last,
    ):
        best.save(0, model)
        last.save(0, run_state, Tally().as_json())


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
