"""Contrastive search against one in NumPy and float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.decoders.contrastive_search import ContrastiveSearch
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.model.music_lstm import MusicLSTM
from tests.references import layer_parameters, numpy_logits, numpy_lstm

KEY = jax.random.key(0)
V, LENGTH = 7, 12
PROMPTS = jnp.array([[2, 5, 1], [0, 0, 6]], jnp.int32)


@pytest.fixture(scope="module")
def model():
    return jax.tree.map(lambda leaf: 3 * leaf, MusicLSTM(V, (6, 5), key=KEY))


def read(model, tokens, window):
    """Return the hidden state, of length 1, and the log-probabilities after tokens."""
    tokens = np.asarray(tokens[-window:])
    hidden = np.eye(V)[tokens]
    for layer in model.layers:
        zero = np.zeros(layer.size)
        _, _, hidden = numpy_lstm(hidden, *layer_parameters(layer), zero, zero)
    logits = numpy_logits(model, tokens)[-1]
    direction = hidden[-1] / np.linalg.norm(hidden[-1])
    return direction, logits - np.log(np.exp(logits).sum())


def numpy_search(model, prompt, members, alpha, memory, window):
    """Return the symbols that contrastive search draws, and how many are not greedy."""
    tokens, surprising = [int(token) for token in prompt], 0
    for _ in range(LENGTH):
        begins = [read(model, tokens[: end + 1], window) for end in range(len(tokens))]
        earlier = np.array([direction for direction, _ in begins[-memory:]])
        log_probs = begins[-1][1]
        candidates = np.argsort(-log_probs)[:members]
        after = [read(model, [*tokens, x], window)[0] for x in candidates]
        likeness = np.max(np.array(after) @ earlier.T, axis=1)
        scores = (1 - alpha) * np.exp(log_probs[candidates]) - alpha * likeness
        surprising += np.argmax(scores) > 0
        tokens.append(int(candidates[np.argmax(scores)]))
    return tokens[len(prompt) :], surprising


@pytest.mark.parametrize(
    ("members", "alpha", "memory", "context"),
    [(4, 0.8, 512, Carried()), (3, 0.85, 4, Carried()), (4, 0.8, 9, SlidingWindow(4))],
)
def test_the_symbols_equal_those_in_numpy(model, members, alpha, memory, context):
    drawn = generate(
        model,
        PROMPTS,
        KEY,
        length=LENGTH + 1,
        context=context,
        decoder=ContrastiveSearch(members, alpha, memory),
        devices=jax.devices()[:1],
    )
    window = getattr(context, "window", 1000)
    np.testing.assert_array_equal(drawn.members.picked, 0)
    for row, prompt in enumerate(PROMPTS):
        wanted, surprising = numpy_search(model, prompt, members, alpha, memory, window)
        assert surprising > 0
        for member in range(members):
            np.testing.assert_array_equal(drawn.tokens[row, member, :-1], wanted)
        last = drawn.tokens[row, :, -1]
        assert len(set(last.tolist())) == members


def test_a_continuation_gives_the_same_symbols(model):
    settings = {"decoder": ContrastiveSearch(4, 0.8), "devices": jax.devices()[:1]}
    whole = generate(model, PROMPTS, KEY, length=8, **settings)
    first = generate(model, PROMPTS, KEY, length=4, **settings)
    more = generate(model, first.streams, length=4, **settings)
    rows = np.asarray(more.members.origins)[:, :, None]
    joined = np.take_along_axis(np.asarray(first.tokens), rows, axis=1)
    joined = np.concatenate([joined, more.tokens], axis=2)
    np.testing.assert_array_equal(joined, whole.tokens)


def test_more_members_than_symbols_and_prompts_of_one_symbol(model):
    settings = {"length": 5, "devices": jax.devices()[:1]}
    prompts = PROMPTS[:, :1]
    many = generate(model, prompts, KEY, decoder=ContrastiveSearch(9, 0.5), **settings)
    np.testing.assert_array_equal(many.members.log_weights[:, V:], -np.inf)
    all_symbols = ContrastiveSearch(V, 0.5)
    fit = generate(model, prompts, KEY, decoder=all_symbols, **settings)
    np.testing.assert_array_equal(many.tokens[:, :V], fit.tokens)
