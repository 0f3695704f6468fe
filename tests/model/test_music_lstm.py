"""The stack of layers: steps equal unrolling; dropout; errors."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.model.music_lstm import MusicLSTM
from tests.references import numpy_logits

TOKENS = jax.random.randint(jax.random.key(5), (3, 11), 0, 13)


@pytest.fixture(scope="module")
def model():
    return MusicLSTM(13, (12, 8, 6), dropout=0.4, key=jax.random.key(0))


def test_unrolling_equals_numpy(model):
    _, logits = model.unroll(TOKENS)
    np.testing.assert_allclose(logits, numpy_logits(model, TOKENS), atol=1e-5)


def test_stepping_equals_unrolling(model):
    @jax.vmap
    def step_along(tokens):
        return jax.lax.scan(model.step, model.initial_state(), tokens)

    last, logits = model.unroll(TOKENS)
    jax.tree.map(
        lambda stepped, unrolled: np.testing.assert_allclose(
            stepped, unrolled, atol=1e-5
        ),
        step_along(TOKENS),
        (last, logits),
    )


def test_unrolling_continues_from_a_state(model):
    whole_state, whole = model.unroll(TOKENS)
    state, first = model.unroll(TOKENS[:, :4])
    state, rest = model.unroll(TOKENS[:, 4:], state)
    np.testing.assert_allclose(jnp.concatenate([first, rest], 1), whole, atol=1e-5)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), state, whole_state
    )


def test_logits_do_not_depend_on_later_symbols(model):
    changed = TOKENS.at[:, 5:].set(0)
    np.testing.assert_array_equal(
        model.unroll(TOKENS)[1][:, :5], model.unroll(changed)[1][:, :5]
    )
    assert not np.array_equal(model.unroll(TOKENS)[1], model.unroll(changed)[1])


def test_dropout_drops_its_share_and_keeps_the_mean():
    model = MusicLSTM(13, (400,), dropout=0.3, key=jax.random.key(0))
    keys = jax.random.split(jax.random.key(1), 3)
    _, plain = model.unroll_hidden(TOKENS)
    _, dropped = model.unroll_hidden(TOKENS, None, keys)
    kept = np.asarray(dropped != 0)
    count = kept.size
    assert abs(kept.mean() - 0.7) < 5 * (0.21 / count) ** 0.5
    np.testing.assert_allclose(
        np.asarray(dropped)[kept], np.asarray(plain)[kept] / 0.7, rtol=1e-6
    )
    # No two streams, steps or neighbouring units share a pattern.
    spread = 5 * (0.25 / count) ** 0.5
    for a, b in (
        (kept[0], kept[1]),
        (kept[:, 0], kept[:, 1]),
        (kept[..., :-1], kept[..., 1:]),
    ):
        assert abs((a & b).mean() - 0.49) < spread * (count / a.size) ** 0.5


def test_dropout_of_a_stream_depends_only_on_its_key(model):
    keys = jax.random.split(jax.random.key(1), 3)
    _, together = model.unroll(TOKENS, None, keys)
    _, alone = model.unroll(TOKENS[1:2], None, keys[1:2])
    np.testing.assert_allclose(together[1:2], alone, atol=1e-6)


def test_the_leaves_are_the_parameters(model):
    shapes = {leaf.dtype for leaf in jax.tree.leaves(model)}
    assert shapes == {jnp.dtype("float32")}
    assert len(jax.tree.leaves(model)) == 3 * 3 + 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"vocab_size": 0}, "vocab_size is 0"),
        ({"sizes": ()}, "sizes is ()"),
        ({"sizes": (4, 0)}, "sizes is (4, 0)"),
        ({"dropout": 1.0}, "dropout is 1.0"),
    ],
)
def test_wrong_arguments_are_named(arguments, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        MusicLSTM(**{"vocab_size": 3, "key": jax.random.key(0)} | arguments)
