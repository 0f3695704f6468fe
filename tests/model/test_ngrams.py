"""N-gram models on the device: the counted probabilities, and what is drawn from them.

The probabilities are those of `ngram_counts`, whose tests have other oracles.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chisquare

from lstm_music_jax import Carried, NGram, SlidingWindow, generate
from lstm_music_jax.model import ngram_counts
from lstm_music_jax.protocols import Model
from tests.model.random_music import music

KINDS = [("witten_bell", 1), ("witten_bell", 3), ("kneser_ney", 5), ("kneser_ney", 1)]


def log_probabilities(kind, order, train, pieces, vocab_size):
    """Return the counted log-probabilities of every symbol but each piece's first."""
    counted = getattr(ngram_counts, kind)(train, vocab_size, order)
    return np.log(counted.probabilities(pieces)[-1])


@pytest.mark.parametrize(("kind", "order"), KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_logits_are_the_counted_log_probabilities(kind, order, seed):
    """Also after contexts that training has never seen; and they sum to 1."""
    train, pieces, vocab_size = music(seed)
    # Rows of equal length compile once. Wandering symbols make unseen contexts.
    random = np.random.default_rng(seed)
    rows = [piece[:30] for piece in (*pieces, *train) if len(piece) >= 30]
    rows += [random.integers(0, vocab_size, 30) for _ in range(3)]
    model = getattr(NGram, kind)(train, vocab_size, order)
    tokens = jnp.asarray(np.stack(rows), jnp.int32)
    _, logits = jax.jit(lambda model, tokens: model.unroll(tokens))(model, tokens)
    logits = np.asarray(logits, np.float64)
    assert np.isfinite(logits).all()
    np.testing.assert_allclose(np.exp(logits).sum(-1), 1, atol=1e-5)
    found = np.take_along_axis(logits[:, :-1], np.stack(rows)[:, 1:, None], 2)
    wanted = log_probabilities(kind, order, train, rows, vocab_size)
    np.testing.assert_allclose(found.ravel(), wanted, atol=1e-5)


@pytest.fixture(scope="module")
def model():
    train, _, vocab_size = music(0)
    return NGram.kneser_ney(train, vocab_size)


def test_steps_read_like_unroll(model):
    _, (*_, piece), _ = music(0)
    piece = jnp.asarray(piece, jnp.int32)
    last, wanted = jax.jit(model.unroll)(piece[None])
    state, found = jax.lax.scan(model.step, model.initial_state(), piece)
    np.testing.assert_allclose(found, wanted[0], atol=1e-6)
    np.testing.assert_array_equal(state, last[0])


def test_the_frequencies_of_draws_are_the_probabilities(model):
    """Of two symbols in a row, in 20,000 streams."""
    train, _, size = music(0)
    start = size - 1
    count = 20_000
    prompts = jnp.full((count, 1), start, jnp.int32)
    drawn = generate(model, prompts, jax.random.key(0), length=2)
    x, y = np.divmod(np.arange(size * size), size)
    pairs = np.stack([np.full(size * size, start), x, y], axis=1)
    logs = log_probabilities("kneser_ney", 5, train, list(pairs), size).reshape(-1, 2)
    wanted = count * np.exp(logs.sum(1))
    first, second = np.asarray(drawn.tokens).T
    found = np.bincount(first * size + second, minlength=size * size)
    # The test needs five or more expected draws, so rare pairs are one class.
    rare = wanted < 5
    found, wanted = (
        np.append(values[~rare], values[rare].sum()) for values in (found, wanted)
    )
    assert chisquare(found, wanted * found.sum() / wanted.sum()).pvalue > 0.001
    np.testing.assert_allclose(
        drawn.log_probs, logs.reshape(size, size, 2)[first, second], atol=1e-5
    )


def test_devices_contexts_and_tree_maps_change_no_symbol():
    train, _, vocab_size = music(0)
    model = NGram.witten_bell(train, vocab_size)
    assert isinstance(model, Model)
    prompts = jnp.full((6, 1), vocab_size - 1, jnp.int32)
    one = jax.devices()[:1]
    key = jax.random.key(1)
    wanted = generate(model, prompts, key, length=20, devices=one).tokens
    for context, devices in ((Carried(), jax.devices()), (SlidingWindow(3), one)):
        copy = jax.tree.map(jnp.array, model)
        found = generate(
            copy, prompts, key, length=20, devices=devices, context=context
        )
        np.testing.assert_array_equal(found.tokens, wanted)


def test_a_unigram_model_has_an_empty_state():
    train, _, vocab_size = music(0)
    model = NGram.witten_bell(train, vocab_size, order=1)
    assert model.initial_state().shape == (0,)
    prompts = jnp.zeros((3, 2), jnp.int32)
    drawn = generate(model, prompts, jax.random.key(0), length=4)
    wanted = model.readout(model.initial_state())[drawn.tokens]
    np.testing.assert_allclose(drawn.log_probs, wanted, atol=1e-6)


@pytest.mark.parametrize("pieces", [[], [np.array([], int), np.array([1])]])
@pytest.mark.parametrize("kind", ["witten_bell", "kneser_ney"])
def test_without_n_grams_the_distribution_is_uniform(kind, pieces):
    model = getattr(NGram, kind)(pieces, 4, 3)
    _, logits = jax.jit(model.unroll)(jnp.array([[0, 3, 1]]))
    np.testing.assert_allclose(logits, np.log(np.full((1, 3, 4), 0.25)), rtol=1e-6)


@pytest.mark.parametrize(
    ("pieces", "vocab_size", "order", "message"),
    [
        ([], 0, 3, "vocab_size is 0; it must be at least 1"),
        ([], 4, 0, "order is 0; it must be at least 1"),
        ([np.array([0, 4])], 4, 3, "piece 0 holds the id 4; ids must be from 0 to 3"),
        ([np.array([0, -1])], 4, 3, "piece 0 holds the id -1; ids must be from 0 to 3"),
    ],
)
@pytest.mark.parametrize("kind", ["witten_bell", "kneser_ney"])
def test_wrong_arguments(kind, pieces, vocab_size, order, message):
    with pytest.raises(ValueError, match=message):
        getattr(NGram, kind)(pieces, vocab_size, order)
