"""How the comparison reads held-out music; nothing is trained here."""

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
    sequences = compare_batching.held_out_sequences(data)
    assert sequences.shape == (2, 1001)
    assert (sequences[:, 0] == 3).all()
    music = np.hstack([piece[1:] for piece in data.validation])
    np.testing.assert_array_equal(sequences[:, 1:].ravel(), music[:2000])


@pytest.mark.parametrize("lengths", [(), (400, 500)])
def test_too_little_held_out_is_an_error(lengths):
    message = (
        f"validation holds out {sum(lengths)} symbols; it must hold out 1000 or more"
    )
    with pytest.raises(ValueError, match=message):
        compare_batching.held_out_sequences(data_of(*lengths))


def test_losses_by_position():
    model = MusicLSTM(4, (5,), key=jax.random.key(0))
    sequences = np.random.default_rng(0).integers(0, 4, (3, 41), np.int32)
    logits = numpy_logits(model, sequences[:, :-1])
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    wanted = -np.take_along_axis(log_probs, sequences[:, 1:, None], -1)[..., 0].mean(0)
    found = compare_batching.losses_by_position(model, sequences)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
