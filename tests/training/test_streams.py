"""Streams: what they read, when states are reset, and the same on several devices."""

import dataclasses
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.devices import spread
from lstm_music_jax.music.corpus.piece_ids import PieceIds
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.data import training_data
from lstm_music_jax.training.ids import Resident
from lstm_music_jax.training.step import evaluate, initial_state, train_steps
from lstm_music_jax.training.streams import longest_first, streams_of
from tests.references import numpy_logits
from tests.training.conftest import MODEL, TRAINING
from tests.training.devices import train_on_devices

PIECES = [np.arange(10, 17), np.arange(30, 33), np.arange(50, 51), np.arange(70, 75)]
FIRSTS = {10, 30, 50, 70}
STREAMING = dataclasses.replace(TRAINING, batching="streams", steps_per_dispatch=8)
SMALL = dataclasses.replace(MODEL, sizes=(16,))


def lay_end_to_end(pieces):
    """Return the batcher of pieces that are separate arrays."""
    pieces = longest_first(PieceIds.of(pieces))
    ids = Resident(jnp.asarray(pieces.end_to_end()))
    return streams_of(pieces.lengths).with_ids(ids)


def read_steps(streams, steps, config):
    """Return inputs, targets, counted and resets of the first steps, `[step b t]`."""

    @jax.jit
    @jax.vmap
    def read(step):
        return streams.read(step, jnp.arange(config.batch_size), config)

    return [np.asarray(part) for part in read(jnp.arange(steps))]


def epochs(streams, width, *, cross_pieces=False, count=3):
    """Return inputs, targets, counted and resets of whole epochs, `[epoch b t]`."""
    config = TrainingConfig(
        batching="streams",
        batch_size=streams,
        window=width,
        cross_pieces=cross_pieces,
        seed=3,
    )
    steps = -(-16 // (streams * width))

    def end_to_end(part):
        part = part.reshape(count, steps, streams, width).swapaxes(1, 2)
        return part.reshape(count, streams, steps * width)

    read = read_steps(lay_end_to_end(PIECES), count * steps, config)
    return [end_to_end(part) for part in read]


@pytest.mark.parametrize(("streams", "width"), [(1, 16), (2, 4), (3, 2), (2, 50)])
def test_an_epoch_is_all_pieces_end_to_end(streams, width):
    inputs, targets, counted, resets = epochs(streams, width)
    orders = set()
    for epoch in range(3):
        ids = inputs[epoch].ravel()
        np.testing.assert_array_equal(np.sort(ids[:16]), np.sort(np.hstack(PIECES)))
        # The last stream continues at the beginning of the epoch.
        np.testing.assert_array_equal(ids[16:], np.resize(ids[:16], ids.size)[16:])
        np.testing.assert_array_equal(targets[epoch].ravel()[:-1], ids[1:])
        orders.add(tuple(ids[np.isin(ids, [*FIRSTS])][:4]))
        begins = np.isin(ids, [*FIRSTS])
        begins[np.arange(ids.size).reshape(streams, -1)[:, 0]] = True
        np.testing.assert_array_equal(resets[epoch].ravel(), begins)
    assert len(orders) > 1
    np.testing.assert_array_equal(counted, ~np.isin(targets, [*FIRSTS]))
    # A counted target is the next symbol of the same piece.
    np.testing.assert_array_equal(targets[counted], inputs[counted] + 1)


def test_with_cross_pieces_the_state_goes_on_across_pieces():
    _, _, counted, resets = epochs(2, 4, cross_pieces=True)
    assert counted.all()
    assert resets[:, :, 0].all()
    assert not resets[:, :, 1:].any()


@pytest.fixture(scope="module")
def data(dataset):
    feed, validation = training_data(dataset, STREAMING)
    return feed.batcher_at(0), validation


@pytest.fixture(scope="module")
def runs(data):
    """Return twelve steps, more than one epoch, on one, two and four devices."""
    return train_on_devices(SMALL, STREAMING, data[0], (8, 4))


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_several_devices_compute_what_one_computes(runs, count):
    (one, losses), (several, losses_of_several) = runs[1], runs[count]
    np.testing.assert_allclose(losses_of_several, losses, rtol=1e-5)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5),
        (several.model, several.carried),
        (one.model, one.carried),
    )
    assert losses[-1] < losses[0] - 0.1


def test_a_frozen_model_carries_its_state(data):
    """With a learning rate near 0, the losses are those of reading each stream once."""
    streams = data[0]
    config = dataclasses.replace(STREAMING, learning_rate=1e-30, batch_size=4, window=5)
    still = dataclasses.replace(SMALL, dropout=0.0)
    start = initial_state(still, config, 9)
    step = spread(partial(train_steps, config=config), jax.local_devices()[:1])
    end, metrics = step(start, streams, jnp.int32(8))

    inputs, targets, counted, resets = (
        np.hstack(part) for part in read_steps(streams, 8, config)
    )
    assert resets[:, 1:].any()
    loss, count = np.zeros(8), np.zeros(8)
    for row in range(4):
        cuts = [*np.flatnonzero(resets[row]), 40]
        for first, last in pairwise(cuts):
            logits = numpy_logits(start.model, inputs[row, first:last])
            log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
            for time in range(first, last):
                if counted[row, time]:
                    loss[time // 5] -= log_probs[time - first, targets[row, time]]
                    count[time // 5] += 1
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
            evaluate_on = spread(
                partial(evaluate, config=config), jax.local_devices()[:devices]
            )
            totals = evaluate_on(model, data[1])
            assert int(totals.targets) == count
            np.testing.assert_allclose(totals.loss / totals.targets, loss / count, 1e-5)


def test_streams_predict_every_position():
    with pytest.raises(
        ValueError, match="objective is 'last'; with streams it must be 'all'"
    ):
        TrainingConfig(batching="streams", objective="last")


@pytest.mark.parametrize("pieces", [[], [np.arange(1), np.arange(1)]])
def test_too_little_music_is_an_error(pieces):
    with pytest.raises(
        ValueError, match=f"pieces has {len(pieces)} entries, and none has 2 "
    ):
        lay_end_to_end(pieces)
