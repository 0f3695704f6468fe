"""Contiguous streams: what they read, when they begin anew, and any device count."""

import dataclasses
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.devices import spread
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.data import lay_pieces, training_data
from lstm_music_jax.training.step import evaluate, initial_state, train_steps
from lstm_music_jax.training.streams import read_streams
from tests.references import numpy_logits
from tests.training.conftest import MODEL, TRAINING
from tests.training.devices import train_on_devices

PIECES = [np.arange(10, 17), np.arange(30, 33), np.arange(50, 51), np.arange(70, 75)]
FIRSTS = {10, 30, 50, 70}
STREAMING = dataclasses.replace(TRAINING, batching="streams", steps_a_dispatch=8)
SMALL = dataclasses.replace(MODEL, sizes=(16,))


def read_steps(pieces, steps, streams, width, *, crossing=False, key):
    """Inputs, targets, counted and resets of the first steps, `[step b t]` each."""

    @jax.jit
    @jax.vmap
    def read(step):
        batch, resets = read_streams(
            pieces,
            step,
            jnp.arange(streams),
            streams=streams,
            width=width,
            crossing=crossing,
            key=key,
        )
        return (*batch, resets)

    return [np.asarray(part) for part in read(jnp.arange(steps))]


def epochs(streams, width, *, crossing=False, count=3):
    """What three epochs hold, `[epoch b t]`."""
    pieces, key = lay_pieces(PIECES), jax.random.key(3)
    steps = -(-16 // (streams * width))

    def end_to_end(part):
        part = part.reshape(count, steps, streams, width).swapaxes(1, 2)
        return part.reshape(count, streams, steps * width)

    read = read_steps(pieces, count * steps, streams, width, crossing=crossing, key=key)
    return [end_to_end(part) for part in read]


@pytest.mark.parametrize(("streams", "width"), [(1, 16), (2, 4), (3, 2), (2, 50)])
def test_an_epoch_is_all_pieces_end_to_end(streams, width):
    inputs, targets, counted, resets = epochs(streams, width)
    orders = set()
    for epoch in range(3):
        line = inputs[epoch].ravel()
        np.testing.assert_array_equal(np.sort(line[:16]), np.sort(np.hstack(PIECES)))
        # The last stream goes on at the beginning.
        np.testing.assert_array_equal(line[16:], np.resize(line[:16], line.size)[16:])
        np.testing.assert_array_equal(targets[epoch].ravel()[:-1], line[1:])
        orders.add(tuple(line[np.isin(line, [*FIRSTS])][:4]))
        cut = np.arange(line.size).reshape(streams, -1)[:, 0]
        begins = np.isin(line, [*FIRSTS])
        begins[cut] = True
        np.testing.assert_array_equal(resets[epoch].ravel(), begins)
    assert len(orders) > 1
    np.testing.assert_array_equal(counted, ~np.isin(targets, [*FIRSTS]))
    # Whatever is predicted follows on within its piece.
    np.testing.assert_array_equal(targets[counted], inputs[counted] + 1)


def test_crossing_streams_go_on_across_pieces():
    _, _, counted, resets = epochs(2, 4, crossing=True)
    assert counted.all()
    assert resets[:, :, 0].all()
    assert not resets[:, :, 1:].any()


@pytest.fixture(scope="module")
def data(dataset):
    return training_data(dataset, STREAMING)


@pytest.fixture(scope="module")
def runs(data):
    """Twelve steps, over more than one epoch, on one, two and four devices."""
    return train_on_devices(SMALL, STREAMING, data[0], (8, 4))


@pytest.mark.parametrize("count", [2, 4])
def test_several_devices_do_what_one_does(runs, count):
    (one, losses), (several, losses_of_several) = runs[1], runs[count]
    np.testing.assert_allclose(losses_of_several, losses, rtol=1e-5)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5),
        (several.model, several.carried),
        (one.model, one.carried),
    )
    assert losses[-1] < losses[0] - 0.1


def test_a_frozen_model_carries_its_state(data):
    """With a learning rate near 0, steps are one long reading of each stream."""
    pieces = data[0]
    config = dataclasses.replace(STREAMING, learning_rate=1e-30, batch_size=4, window=5)
    still = dataclasses.replace(SMALL, dropout=0.0)
    begin = initial_state(still, config, 9)
    step = spread(partial(train_steps, config=config), jax.local_devices()[:1])
    end, metrics = step(begin, pieces, jnp.int32(8))

    key = jax.random.split(jax.random.fold_in(jax.random.key(config.seed), 1))[0]
    inputs, targets, counted, resets = (
        np.hstack(part) for part in read_steps(pieces, 8, 4, 5, key=key)
    )
    assert resets[:, 1:].any()
    loss, count = np.zeros(8), np.zeros(8)
    for row in range(4):
        cuts = [*np.flatnonzero(resets[row]), 40]
        for first, last in pairwise(cuts):
            logits = numpy_logits(begin.model, inputs[row, first:last])
            log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
            for at in range(first, last):
                if counted[row, at]:
                    loss[at // 5] -= log_probs[at - first, targets[row, at]]
                    count[at // 5] += 1
    np.testing.assert_allclose(metrics.loss, loss / count, rtol=1e-5)
    assert jax.tree.leaves(end.carried)[0].shape == (4, 16)


def test_validation_reads_whole_pieces(dataset, data):
    model = initial_state(SMALL, STREAMING, 9).model
    loss, count = 0.0, 0
    for piece in dataset.validation:
        logits = numpy_logits(model, piece[:-1])
        log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        loss -= np.take_along_axis(log_probs, piece[1:, None], -1).sum()
        count += len(piece) - 1
    for devices in (1, 4):
        for batch_size in (4, 64):
            config = dataclasses.replace(STREAMING, batch_size=batch_size)
            run = spread(
                partial(evaluate, config=config), jax.local_devices()[:devices]
            )
            totals = run(model, data[1])
            assert int(totals.count) == count
            np.testing.assert_allclose(totals.loss / totals.count, loss / count, 1e-5)


def test_streams_predict_every_position():
    with pytest.raises(ValueError, match="objective is 'last'; streams predict every"):
        TrainingConfig(batching="streams", objective="last")


@pytest.mark.parametrize("pieces", [[], [np.arange(1), np.arange(1)]])
def test_too_little_music_is_an_error(pieces):
    with pytest.raises(ValueError, match=f"none of {len(pieces)} pieces has 2 symbols"):
        lay_pieces(pieces)
