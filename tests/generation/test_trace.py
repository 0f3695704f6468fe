"""The trace: its fields equal those that NumPy computes from the model's logits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.generate import generate
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import Allow, Chain, Forbid, Temperature, TopK, TopP
from tests.references import numpy_logits

KEY = jax.random.key(7)
PROMPTS = jax.random.randint(jax.random.key(3), (3, 6), 0, 13)


@pytest.fixture(scope="module")
def model():
    model = MusicLSTM(13, (12, 8), key=jax.random.key(0))
    model.head_kernel[...] = 4 * model.head_kernel[...]
    return model


def softmax(logits):
    exp = np.exp(logits - logits.max(-1, keepdims=True))
    return exp / exp.sum(-1, keepdims=True)


def entropy(p):
    return -np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0), -1)


def test_every_field_equals_numpy(model):
    strategy = Chain(TopK(8), Temperature(0.6), TopP(0.8))
    drawn = generate(model, PROMPTS, KEY, length=40, strategy=strategy, trace=True)
    whole = jnp.concatenate([PROMPTS, drawn.tokens], axis=1)
    logits = numpy_logits(model, whole)[:, 5:-1]
    p = softmax(logits)
    ordered = np.sort(p)[..., ::-1]
    at = np.asarray(drawn.tokens)[..., None]
    chosen = np.take_along_axis(p, at, -1)

    first = np.where(p >= ordered[..., 7, None], logits, -np.inf)
    sharp = softmax(first / 0.6)
    order = np.argsort(-sharp, axis=-1)
    before = np.cumsum(np.take_along_axis(sharp, order, -1), -1)
    count = 1 + (before < 0.8).sum(-1)
    threshold = np.take_along_axis(np.sort(sharp)[..., ::-1], count[..., None] - 1, -1)
    last = np.where(sharp >= threshold, sharp, 0)
    last = last / last.sum(-1, keepdims=True)

    eighth = ordered[..., :8].sum(-1)
    kept_mass = np.where(last > 0, p, 0).sum(-1)
    wanted = {
        "model_entropy": entropy(p),
        "strategy_entropy": entropy(last),
        "kept_mass": kept_mass,
        "kept_count": count,
        "surprisal": -np.log(chosen[..., 0]),
        "rank": (p > chosen).sum(-1),
        "margin": np.log(ordered[..., 0] / ordered[..., 1]),
        "empty_support": np.zeros((3, 40), bool),
        "stage_kept_mass": np.stack([eighth, eighth, kept_mass], -1),
    }
    for name, value in wanted.items():
        found = getattr(drawn.trace, name)
        np.testing.assert_allclose(found, value, atol=2e-5, rtol=1e-4, err_msg=name)


def test_tracing_changes_no_symbol_and_is_off_by_default(model):
    plain = generate(model, PROMPTS, KEY, length=20, strategy=TopP(0.8))
    traced = generate(model, PROMPTS, KEY, length=20, strategy=TopP(0.8), trace=True)
    assert plain.trace is None
    np.testing.assert_array_equal(plain.tokens, traced.tokens)
    np.testing.assert_allclose(traced.trace.surprisal, -plain.log_probs, rtol=1e-6)
    assert traced.trace.stage_kept_mass.shape == (3, 20, 0)


def test_a_stage_that_forbids_every_symbol_is_ignored(model):
    """The symbols that earlier stages forbid stay forbidden."""
    strategy = Chain(Forbid([0, 1]), Temperature(0.5), Allow([0, 1]), TopK(5))
    drawn = generate(model, PROMPTS, KEY, length=9, strategy=strategy, trace=True)
    trace = drawn.trace
    passed_over = np.broadcast_to([False, False, True, False], (3, 9, 4))
    np.testing.assert_array_equal(trace.stage_passed_over, passed_over)
    assert np.all(trace.empty_support)
    np.testing.assert_array_equal(trace.kept_count, 5)
    np.testing.assert_array_equal(drawn.fallbacks, [9, 9, 9])
    assert not np.isin(drawn.tokens, [0, 1]).any()
    without = Chain(Forbid([0, 1]), Temperature(0.5), Temperature(1), TopK(5))
    same = generate(model, PROMPTS, KEY, length=9, strategy=without)
    np.testing.assert_array_equal(drawn.tokens, same.tokens)
    np.testing.assert_array_equal(same.fallbacks, [0, 0, 0])


def test_a_strategy_that_leaves_nothing_is_recorded(model):
    strategy = Forbid(range(13))
    drawn = generate(model, PROMPTS, KEY, length=9, strategy=strategy, trace=True)
    trace = drawn.trace
    assert np.all(trace.empty_support)
    np.testing.assert_array_equal(trace.kept_count, 13)
    np.testing.assert_allclose(trace.strategy_entropy, trace.model_entropy, rtol=1e-6)
    np.testing.assert_array_equal(drawn.fallbacks, [9, 9, 9])
