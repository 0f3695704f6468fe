"""The comparison's reading of held-out music, without the training."""

import compare_batching
import jax
import numpy as np
import pytest

from lstm_music_jax import Dataset, Events, MusicLSTM, Vocabulary
from tests.references import numpy_logits

VOCABULARY = Vocabulary(("a", "b", "c", "<start>"), "<start>")


def data_of(*lengths):
    rng = np.random.default_rng(0)
    pieces = (np.hstack([3, rng.integers(0, 3, n)]).astype(np.int32) for n in lengths)
    return Dataset(Events(), VOCABULARY, (), tuple(pieces), {})


def test_held_out_pieces_are_laid_end_to_end():
    data = data_of(700, 900, 500)
    runs = compare_batching.held_out_runs(data)
    assert runs.shape == (2, 1001)
    assert (runs[:, 0] == 3).all()
    music = np.hstack([piece[1:] for piece in data.validation])
    np.testing.assert_array_equal(runs[:, 1:].ravel(), music[:2000])


@pytest.mark.parametrize("lengths", [(), (400, 500)])
def test_too_little_held_out_is_an_error(lengths):
    message = f"validation holds out {sum(lengths)} symbols; one run takes 1000"
    with pytest.raises(ValueError, match=message):
        compare_batching.held_out_runs(data_of(*lengths))


def test_losses_by_place():
    model = MusicLSTM(4, (5,), key=jax.random.key(0))
    runs = np.random.default_rng(0).integers(0, 4, (3, 41), np.int32)
    logits = numpy_logits(model, runs[:, :-1])
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    wanted = -np.take_along_axis(log_probs, runs[:, 1:, None], -1)[..., 0].mean(0)
    found = compare_batching.losses_by_place(model, runs)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
