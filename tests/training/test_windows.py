"""Windows: where they start, and which symbols they hold."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.music.corpus.piece_ids import PieceIds
from lstm_music_jax.training.windows import WindowBatcher, cut_windows
from tests.training.conftest import TRAINING

PIECES = [np.arange(10, 17), np.arange(30, 33), np.arange(50, 51), np.arange(70, 75)]


def contents(windows, width):
    """Return every window's inputs and counted targets, as lists."""
    batch = windows.at(jnp.arange(windows.size), width)
    arrays = map(np.asarray, (batch.inputs, batch.targets, batch.counted))
    return [
        (inputs.tolist(), targets[counted].tolist())
        for inputs, targets, counted in zip(*arrays, strict=True)
    ]


def test_a_window_starts_at_every_symbol_and_none_crosses_pieces():
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


@pytest.mark.parametrize("width", [2, 4, 9])
def test_with_tails_the_last_symbol_is_a_target_as_often_as_others(width):
    found = contents(cut_windows(PIECES, width, tails=True), width)
    counts = np.bincount([t for _, targets in found for t in targets])
    for piece in PIECES:
        # The n-th symbol after the first can be reached from n starts.
        reachable = np.minimum(width, np.arange(1, len(piece)))
        np.testing.assert_array_equal(counts[piece[1:]], reachable)


def test_windows_have_tails_where_pieces_have_an_end():
    """With an objective only at the last position, only full windows count."""
    lengths = np.array([40, 30])
    ids = np.zeros(lengths.sum(), np.int32)
    plain = PieceIds(ids, [0, 40], lengths)
    ending = PieceIds(ids, [0, 40], lengths - 1, after=0)
    last = dataclasses.replace(TRAINING, objective="last")

    def windows(pieces, config):
        return WindowBatcher.for_training(pieces, None, config)[0].size

    tails = 2 * (TRAINING.window - 1)
    assert windows(ending, TRAINING) == windows(plain, TRAINING) + tails
    assert windows(ending, last) == windows(plain, last)


def test_only_full_windows():
    found = contents(cut_windows(PIECES, 4, partial=False), 4)
    assert [targets[-1] for _, targets in found] == [14, 15, 16, 74]


@pytest.mark.parametrize("width", [1, 2, 3, 5, 100])
def test_a_stride_of_the_width_predicts_each_symbol_once(width):
    windows = cut_windows(PIECES, width, stride=width)
    predicted = [t for _, targets in contents(windows, width) for t in targets]
    assert predicted == [*range(11, 17), 31, 32, *range(71, 75)]


@pytest.mark.parametrize(("width", "stride"), [(2, 3), (1, 4), (3, 2), (4, 5)])
@pytest.mark.parametrize("tails", [False, True])
def test_with_any_stride_a_window_has_a_target(width, stride, tails):
    found = contents(cut_windows(PIECES, width, stride=stride, tails=tails), width)
    starts = [inputs[0] for inputs, _ in found]
    assert all(targets for _, targets in found)
    if tails:
        assert starts == [n for p in PIECES for n in p[:-1:stride]]


def test_an_index_past_the_last_window_counts_nothing():
    windows = cut_windows(PIECES, 4)
    batch = windows.at(jnp.array([0, windows.size, windows.size + 7]), 4)
    np.testing.assert_array_equal(batch.counted.sum(axis=1), [4, 0, 0])


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
