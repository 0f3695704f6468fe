"""Which windows there are, what they hold, and in which order they come."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.training.data import cut_windows, epoch_order, read_windows

PIECES = [np.arange(10, 17), np.arange(30, 33), np.arange(50, 51), np.arange(70, 75)]


def contents(windows, width):
    """Every window's inputs and counted targets, as lists."""
    count = windows.starts.shape[0]
    batch = read_windows(windows, jnp.arange(count), width)
    return [
        (inputs.tolist(), targets[counted].tolist())
        for inputs, targets, counted in zip(*map(np.asarray, batch), strict=True)
    ]


def test_every_start_of_a_piece_and_never_across():
    assert contents(cut_windows(PIECES, 4), 4)[:3] == [
        ([10, 11, 12, 13], [11, 12, 13, 14]),
        ([11, 12, 13, 14], [12, 13, 14, 15]),
        ([12, 13, 14, 15], [13, 14, 15, 16]),
    ]
    short = contents(cut_windows(PIECES, 4), 4)[3:]
    assert [(inputs[:2], targets) for inputs, targets in short] == [
        ([30, 31], [31, 32]),
        ([70, 71], [71, 72, 73, 74]),
    ]


def test_only_full_windows():
    found = contents(cut_windows(PIECES, 4, partial=False), 4)
    assert [targets[-1] for _, targets in found] == [14, 15, 16, 74]


@pytest.mark.parametrize("width", [1, 2, 3, 5, 100])
def test_a_stride_of_the_width_predicts_each_symbol_once(width):
    windows = cut_windows(PIECES, width, stride=width)
    predicted = [t for _, targets in contents(windows, width) for t in targets]
    assert predicted == [*range(11, 17), 31, 32, *range(71, 75)]


@pytest.mark.parametrize(
    ("pieces", "width", "message"),
    [
        (PIECES, 0, "window is 0"),
        ([np.arange(1)], 4, "longest of 1 pieces has 1 symbols; one of 2 or more"),
        ([], 4, "longest of 0 pieces has 0"),
    ],
)
def test_too_little_music_is_an_error(pieces, width, message):
    with pytest.raises(ValueError, match=message):
        cut_windows(pieces, width)


def test_too_little_music_for_a_full_window():
    with pytest.raises(ValueError, match="has 7 symbols; one of 8 or more is needed"):
        cut_windows(PIECES, 7, partial=False)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 1000])
def test_an_epoch_holds_each_window_once(count):
    order = jax.jit(epoch_order, static_argnums=3)
    epochs = [
        np.asarray(order(jax.random.key(1), jnp.int32(e), jnp.arange(count), count))
        for e in range(3)
    ]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(count))
    if count > 60:
        assert np.mean(epochs[0] == epochs[1]) < 0.1
        # Neighbours in the order are no neighbours in the corpus.
        steps = np.abs(np.diff(epochs[0]))
        assert abs(steps.mean() / (count / 3) - 1) < 0.25
        assert abs(np.corrcoef(epochs[0], np.arange(count))[0, 1]) < 0.35


def test_any_position_is_found_by_itself():
    key = jax.random.key(2)
    whole = epoch_order(key, jnp.int32(4), jnp.arange(50), 50)
    part = epoch_order(key, jnp.int32(4), jnp.arange(20, 30), 50)
    np.testing.assert_array_equal(whole[20:30], part)
