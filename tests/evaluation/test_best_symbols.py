"""The most probable symbols before each symbol, against plain loops."""

import numpy as np
import pytest

from lstm_music_jax.evaluation.best_symbols import best_symbols
from lstm_music_jax.evaluation.teacher_forced import teacher_force
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from tests.evaluation.test_teacher_forced import MODEL, PIECES, SIZE, distributions


@pytest.mark.parametrize(
    ("context", "window"), [(Carried(), None), (SlidingWindow(3), 3)]
)
def test_the_best_symbols_by_plain_loops(context, window):
    # Pieces of one, of three and of no blocks.
    pieces = PIECES[:3]
    for piece, found in zip(
        pieces, best_symbols(MODEL, pieces, 4, context=context), strict=True
    ):
        rows = np.array(distributions(piece, window)).reshape(-1, SIZE)
        order = np.argsort(-rows, axis=1)[:, :4]
        np.testing.assert_array_equal(found.ids, order)
        expected = np.take_along_axis(rows, order, axis=1)
        np.testing.assert_allclose(found.log_probs, expected, atol=1e-5)
        surprisal = [-row[true] for row, true in zip(rows, piece[1:], strict=True)]
        np.testing.assert_allclose(found.surprisal, surprisal, atol=1e-5)


def test_the_surprisal_is_that_of_teacher_forcing():
    (forced,) = teacher_force(MODEL, [PIECES[4]])
    (found,) = best_symbols(MODEL, [PIECES[4]])
    np.testing.assert_allclose(found.surprisal, forced.trace.surprisal, atol=1e-5)


def test_wrong_arguments_of_best_symbols():
    with pytest.raises(ValueError, match="count is 0; it must be"):
        best_symbols(MODEL, PIECES, 0)
    with pytest.raises(ValueError, match="count is 0; it must be"):
        best_symbols(MODEL, [], 0)
    with pytest.raises(ValueError, match="piece 1 is empty"):
        best_symbols(MODEL, [PIECES[0], np.zeros(0, np.int32)])
    (found,) = best_symbols(MODEL, [PIECES[2]], 99)
    assert found.ids.shape == (0, SIZE)
    assert best_symbols(MODEL, []) == []
