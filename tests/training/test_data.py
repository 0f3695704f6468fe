"""Training data on the device and on the host: the same batches."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.training import data as data_module
from lstm_music_jax.training.data import training_data
from lstm_music_jax.training.ids import Block, Resident
from tests.training.conftest import TRAINING


@pytest.mark.parametrize("batching", ["windows", "streams"])
@pytest.mark.parametrize("cross_pieces", [False, True])
@pytest.mark.parametrize("transpose", [0, 3])
def test_batches_are_the_same_wherever_the_ids_lie(
    dataset, batching, cross_pieces, transpose
):
    config = dataclasses.replace(
        TRAINING, batching=batching, cross_pieces=cross_pieces, transpose=transpose
    )
    (resident, _), (streamed, _) = (
        training_data(dataset, config, resident_bytes=most) for most in (10**6, 0)
    )
    assert isinstance(resident.batcher_at(0).ids, Resident)
    assert isinstance(streamed.batcher_at(0).ids, Block)

    @jax.jit
    def read(batcher, step):
        rows = jnp.arange(4, 8)
        return batcher.read(step, rows, config)

    # Dispatches begin at any step, because a validation or a checkpoint ends them.
    for first in (0, 4, 7, 90, 1000):
        for step in (first, first + config.steps_per_dispatch - 1):
            one, other = (
                read(feed.batcher_at(first), step) for feed in (resident, streamed)
            )
            jax.tree.map(np.testing.assert_array_equal, one, other)


def test_too_many_symbols_are_an_error(dataset, monkeypatch):
    monkeypatch.setattr(data_module, "_MOST_SYMBOLS", 500)
    with pytest.raises(ValueError, match=r"656 symbols on one side; .* than 500"):
        training_data(dataset, TRAINING)
