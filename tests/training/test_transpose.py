"""Transposition: one valid shift per window, or per piece of a stream."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.vocabulary import START, Vocabulary
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.data import training_data
from lstm_music_jax.training.transpose import draw_shifts, transpose_windows

LOW, HIGH = 50, 70
# Ids are in order of pitch, so a transposed id is the id plus the semitones.
PITCHES = tuple(f"pitch_{pitch}" for pitch in range(LOW, HIGH))
VOCABULARY = Vocabulary((*PITCHES, "shift_6", START), START)
SHIFT, BEGIN = 20, 21


@pytest.fixture(scope="module")
def dataset():
    """Return a dataset whose pieces have ten adjacent pitches each, and time shifts."""
    rng = np.random.default_rng(0)
    pieces = []
    for number in range(12):
        pitches = number % 11 + rng.integers(0, 10, 15)
        symbols = np.stack([pitches, np.full(15, SHIFT)], 1).ravel()
        pieces.append(np.array([BEGIN, *symbols], np.int32))
    return Dataset(Events(), VOCABULARY, tuple(pieces), (pieces[0],), {})


def test_allowed_shifts_are_equally_likely():
    allowed = jnp.array([[True, False, True, True], [False, True, False, False]])
    uniform = jnp.linspace(0, 1, 300, endpoint=False)
    uniform = jnp.concatenate([uniform, jnp.float32([1 - 2**-24, 1])])
    for row, wanted in ((0, {0: 100, 2: 100, 3: 102}), (1, {1: 302})):
        rows = draw_shifts(jnp.tile(allowed[row], (302, 1)), uniform)
        values, counts = np.unique(rows, return_counts=True)
        assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == wanted


def shifts_of(before, after, counted):
    """Return each row's transposition; symbols without a pitch must be unchanged."""
    found = []
    for old, new, read in zip(before, after, counted, strict=True):
        old, new = old[read], new[read]
        sounds = old < SHIFT
        np.testing.assert_array_equal(new[~sounds], old[~sounds])
        moved = np.unique(new[sounds] - old[sounds])
        assert moved.size <= 1
        assert ((new[sounds] >= 0) & (new[sounds] < SHIFT)).all()
        found.append(int(moved[0]) if moved.size else 0)
    return np.array(found)


def test_a_window_is_transposed_as_a_whole(dataset):
    config = TrainingConfig(transpose=6, window=8)
    feed, validation = training_data(dataset, config)
    windows = feed.batcher_at(0)
    assert windows.table.shape == (13, 22)
    assert validation.table is None
    count = windows.size
    batch = windows.at(jnp.arange(count), 8)
    move = jax.jit(transpose_windows)
    seen = [set() for _ in range(count)]
    before = np.hstack([batch.inputs, batch.targets[:, -1:]])
    counted = np.hstack([batch.counted[:, :1], batch.counted])
    for uniform in np.linspace(0, 0.999, 30, dtype=np.float32):
        moved = move(batch, windows.table, jnp.full(count, uniform))
        np.testing.assert_array_equal(moved.inputs[:, 1:], moved.targets[:, :-1])
        after = np.hstack([moved.inputs, moved.targets[:, -1:]])
        for row, shift in enumerate(shifts_of(before, after, counted)):
            seen[row].add(shift)
    for row in range(count):
        pitches = before[row][counted[row] & (before[row] < SHIFT)]
        lowest, highest = max(-6, -pitches.min()), min(6, 19 - pitches.max())
        assert seen[row] == set(range(lowest, highest + 1))


def test_a_piece_of_a_stream_is_transposed_as_a_whole_and_anew_each_epoch(dataset):
    config = TrainingConfig(
        transpose=6, batching="streams", batch_size=2, window=10, seed=1
    )
    feed, validation = training_data(dataset, config)
    streams = feed.batcher_at(0)
    assert validation.table is None
    steps = -(-12 * 31 // (2 * 10))

    @jax.jit
    def epochs(streams):
        def read(step):
            return streams.read(step, jnp.arange(2), config).inputs

        read_all = jax.vmap(read)(jnp.arange(3 * steps))
        return read_all.reshape(3, steps, 2, 10).swapaxes(1, 2).reshape(3, -1)

    plain = np.asarray(epochs(streams._replace(table=None, allowed=None)))
    moved = np.asarray(epochs(streams))
    drawn = []
    for before, after in zip(plain, moved, strict=True):
        before, after = (ids[: 12 * 31].reshape(12, 31) for ids in (before, after))
        assert (before[:, 0] == BEGIN).all()
        shifts = shifts_of(before, after, np.ones_like(before, bool))
        by_piece = np.argsort([row.tobytes() for row in before])
        drawn.append(shifts[by_piece])
    assert len({tuple(shifts) for shifts in drawn}) == 3
    assert len(np.unique(drawn)) > 5


def test_without_transposition_there_is_no_table(dataset):
    for batching in ("windows", "streams"):
        config = TrainingConfig(batching=batching)
        train, _ = training_data(dataset, config)
        assert train.batcher_at(0).table is None
        moved, _ = training_data(dataset, dataclasses.replace(config, transpose=1))
        assert moved.batcher_at(0).table.shape == (3, 22)
