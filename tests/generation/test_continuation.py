"""Continuation: n symbols and then m more equal the n + m symbols of one call."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.draws import Arithmetic, Gumbel
from lstm_music_jax.generation.engine import Plan, Sampler, begin_and_draw, draw_more
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import stack, sweep
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import DRY, Chain, Mirostat2, Temperature
from lstm_music_jax.testing.runner import quickly
from tests.strategies.table import TABLE

KEY = jax.random.key(3)
STREAMS, FIRST, MORE = 3, 5, 7
CONTEXTS = (Carried(), SlidingWindow(4))
DRAWS = (Gumbel(), Arithmetic())
# Each strategy is tested with one context and one draw. The four combinations of
# context and draw alternate.
CASES = [
    (name, CONTEXTS[number % 2], DRAWS[number // 2 % 2])
    for number, name in enumerate(TABLE)
]


@pytest.fixture(scope="module")
def models():
    sizes = {vocab_size for _, vocab_size in TABLE.values()}
    return {size: MusicLSTM(size, (12, 8), key=KEY) for size in sizes}


def both_ways(model, prompts, sampler):
    """Draw in one call and in two; return the streams and notes of each way."""
    plan = partial(Plan, trace=False, parallel_streams=STREAMS)
    streams = jnp.arange(STREAMS), jnp.int32(STREAMS)
    begin = partial(begin_and_draw, model, prompts, KEY, *streams, sampler)
    whole = begin(plan(FIRST + MORE))
    state, first = begin(plan(FIRST))
    state, more = draw_more(model, state, KEY, sampler, plan(MORE))
    joined = jax.tree.map(lambda *parts: jnp.concatenate(parts, axis=1), first, more)
    return whole, (state, joined)


@pytest.mark.parametrize(
    ("name", "context", "draw"), CASES, ids=[f"{name}" for name, *_ in CASES]
)
def test_two_calls_give_the_same_as_one(models, name, context, draw):
    strategy, vocab_size = TABLE[name]
    prompts = jax.random.randint(KEY, (STREAMS, 6), 0, vocab_size)
    sampler = Sampler(strategy, context, draw)
    whole, parts = quickly(both_ways)(models[vocab_size], prompts, sampler)
    np.testing.assert_array_equal(whole[1].tokens, parts[1].tokens)
    for one, other in zip(*map(jax.tree.leaves, (whole, parts)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("draw", DRAWS)
def test_a_continuation_may_use_other_devices(models, context, draw):
    """Three streams begin on four devices, padded to four, and continue on fewer."""
    model = models[20]
    prompts = jax.random.randint(KEY, (STREAMS, 6), 0, 20)
    strategy = Chain(Mirostat2(2.0, 0.3), DRY(0.8, 1.7, 1, memory=8))
    settings = {"strategy": strategy, "context": context, "draw": draw}
    whole = generate(model, prompts, KEY, length=12, **settings)
    for count in (1, 2, 4):
        first = generate(model, prompts, KEY, length=5, **settings)
        devices = jax.devices()[:count]
        more = generate(model, first.streams, length=7, devices=devices, **settings)
        tokens = np.concatenate([first.tokens, more.tokens], axis=1)
        np.testing.assert_array_equal(whole.tokens, tokens)


def test_a_sweep_can_be_continued(models):
    model, prompts = models[20], jnp.zeros((STREAMS, 2), jnp.int32)
    settings = stack([Temperature(value) for value in (0.5, 1.0, 2.0, 3.0)])
    whole = sweep(model, prompts, KEY, settings, length=12)
    first = sweep(model, prompts, KEY, settings, length=5)
    more = sweep(model, first.streams, None, settings, length=7)
    tokens = np.concatenate([first.tokens, more.tokens], axis=2)
    np.testing.assert_array_equal(whole.tokens, tokens)


def test_a_continuation_may_use_another_temperature(models):
    """Hyperparameters may change; the structure of the states must not."""
    prompts = jnp.zeros((STREAMS, 2), jnp.int32)
    hot, cold = Chain(Temperature(2.0)), Chain(Temperature(0.1))
    first = generate(models[20], prompts, KEY, length=5, strategy=hot)
    more = generate(models[20], first.streams, length=5, strategy=cold)
    assert more.log_probs.mean() > first.log_probs.mean()


@pytest.mark.parametrize(
    ("changed", "owner"),
    [
        ({"strategy": DRY(0.8, memory=9)}, "strategy_state belongs to another strat"),
        ({"context": SlidingWindow(5)}, "memory belongs to another model or context"),
        ({"draw": Arithmetic()}, "draw_state belongs to another draw"),
        ({"key": KEY}, "key is given; with streams it must be None, because they keep"),
    ],
)
def test_a_continuation_needs_the_same_sampler(models, changed, owner):
    settings = {"strategy": DRY(0.8, memory=8), "context": SlidingWindow(4)}
    prompts = jnp.zeros((STREAMS, 2), jnp.int32)
    first = generate(models[20], prompts, KEY, length=2, **settings)
    with pytest.raises(ValueError, match=owner):
        generate(models[20], first.streams, length=2, **(settings | changed))


def test_prompts_need_a_key(models):
    with pytest.raises(ValueError, match="key is None; prompts need a key, such as"):
        generate(models[20], jnp.zeros((2, 2), jnp.int32), length=2)
