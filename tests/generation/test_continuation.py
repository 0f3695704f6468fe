"""Continuation: n symbols and then m more equal the n + m symbols of one call.

Streams that end are continued too.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.draws import Arithmetic, Gumbel
from lstm_music_jax.generation.engine import Plan, Sampler, begin, draw_more
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import stack, sweep
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import DRY, Chain, Mirostat2, Temperature
from lstm_music_jax.testing.runner import quickly
from tests.strategies.table import TABLE

KEY = jax.random.key(3)
STREAMS, PROMPT, HALF = 3, 7, 6
NEVER = np.int32(-1)
CONTEXTS = (Carried(), SlidingWindow(4))
DRAWS = (Gumbel(), Arithmetic())
# Each strategy is tested with one context and one draw. The four combinations of
# context and draw alternate.
CASES = [
    (name, CONTEXTS[number % 2], DRAWS[number // 2 % 2])
    for number, name in enumerate(TABLE)
]
# A strategy without a state keeps nothing that a continuation could lose. These two
# stand for all such strategies; XTC uses the key of each note.
WITHOUT_STATE = ("Temperature", "XTC")


def marks(name):
    strategy, vocab_size = TABLE[name]
    if jax.tree.leaves(strategy.init(vocab_size)) or name in WITHOUT_STATE:
        return ()
    return pytest.mark.very_slow


def decided(model):
    """Return the model with larger weights.

    The distributions of a new model are almost flat. XTC then removes no symbol, and
    Mirostat keeps one only.
    """
    return jax.tree.map(lambda leaf: 4 * leaf, model)


@pytest.fixture(scope="module")
def models():
    sizes = {vocab_size for _, vocab_size in TABLE.values()}
    return {size: decided(MusicLSTM(size, (12,), key=KEY)) for size in sizes}


@pytest.fixture(scope="module")
def model():
    return decided(MusicLSTM(20, (12, 8), key=KEY))


def begin_all(model, prompts, sampler):
    """Return the streams before their first draw, and what one call draws."""

    def begin_one(prompt, number):
        return begin(model, sampler, KEY, prompt, number, jnp.int32(STREAMS))

    streams = jax.vmap(begin_one)(prompts, jnp.arange(STREAMS))
    return streams, draw_notes(model, streams, sampler, 2 * HALF)


def draw_notes(model, streams, sampler, length):
    plan = Plan(length, trace=False, parallel_streams=STREAMS)
    return draw_more(model, streams, KEY, sampler, plan)


def draw_half(model, streams, sampler):
    return draw_notes(model, streams, sampler, HALF)


def both_ways(model, prompts):
    """Return a function that draws in one call and in two.

    It returns the streams and notes of each way. `sampler.stop` is an argument of the
    programs, so they are compiled once for all stops.
    """
    begin_program = quickly(begin_all)
    # Both halves run the same program, which is compiled once.
    half = quickly(draw_half)

    def draw(sampler):
        streams, whole = begin_program(model, prompts, sampler)
        state, first = half(model, streams, sampler)
        state, more = half(model, state, sampler)
        joined = jax.tree.map(lambda *parts: np.concatenate(parts, axis=1), first, more)
        return whole, (state, joined)

    return draw


@pytest.mark.parametrize(
    ("name", "context", "draw"),
    [pytest.param(*case, id=case[0], marks=marks(case[0])) for case in CASES],
)
def test_two_calls_give_the_same_as_one(models, name, context, draw):
    strategy, vocab_size = TABLE[name]
    prompts = jax.random.randint(KEY, (STREAMS, PROMPT), 0, vocab_size)
    draw_both_ways = both_ways(models[vocab_size], prompts)
    sampler = Sampler(strategy, context, draw, NEVER)
    endless = draw_both_ways(sampler)
    require_same(*endless)
    # The first stream ends within the second half, or before.
    stop = np.asarray(endless[0][1].tokens)[0, HALF + 1]
    ended = draw_both_ways(sampler._replace(stop=stop))
    require_same(*ended)
    require_ended(ended[0], endless[0], prompts, stop)


def require_same(whole, parts):
    np.testing.assert_array_equal(whole[1].tokens, parts[1].tokens)
    for one, other in zip(*map(jax.tree.leaves, (whole, parts)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def require_ended(ended, endless, prompts, stop):
    """Check that streams are the endless ones up to `stop`, and then do not change."""
    (state, notes), (endless_state, endless_notes) = ended, endless
    for stream, tokens in enumerate(np.asarray(endless_notes.tokens)):
        # A stream whose prompt ends with the symbol has ended.
        ends = np.flatnonzero(np.append(prompts[stream, -1], tokens) == stop)
        drawn = ends[0] if ends.size else 2 * HALF
        for one, other in zip(notes[:3], endless_notes[:3], strict=True):
            np.testing.assert_array_equal(one[stream, :drawn], other[stream, :drawn])
        np.testing.assert_array_equal(notes.tokens[stream, drawn:], stop)
        np.testing.assert_array_equal(notes.log_probs[stream, drawn:], 0)
        np.testing.assert_array_equal(notes.strategy_log_probs[stream, drawn:], 0)
        assert state.position[stream] == PROMPT + drawn
        if drawn == 2 * HALF:
            for one, other in zip(
                *map(jax.tree.leaves, (state, endless_state)), strict=True
            ):
                np.testing.assert_array_equal(one[stream], other[stream])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("context", "draw"), [(CONTEXTS[0], DRAWS[1]), (CONTEXTS[1], DRAWS[0])]
)
def test_a_continuation_may_use_other_devices(model, context, draw):
    """Three streams begin on four devices, padded to four, and continue on fewer."""
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


def test_a_sweep_can_be_continued(model):
    prompts = jnp.zeros((STREAMS, 2), jnp.int32)
    settings = stack([Temperature(value) for value in (0.5, 1.0, 2.0, 3.0)])
    whole = sweep(model, prompts, KEY, settings, length=12)
    first = sweep(model, prompts, KEY, settings, length=5)
    more = sweep(model, first.streams, None, settings, length=7)
    tokens = np.concatenate([first.tokens, more.tokens], axis=2)
    np.testing.assert_array_equal(whole.tokens, tokens)


def test_a_continuation_may_use_another_temperature(model):
    """Hyperparameters may change; the structure of the states must not."""
    prompts = jnp.zeros((STREAMS, 2), jnp.int32)
    hot, cold = Chain(Temperature(2.0)), Chain(Temperature(0.1))
    first = generate(model, prompts, KEY, length=5, strategy=hot)
    more = generate(model, first.streams, length=5, strategy=cold)
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
def test_a_continuation_needs_the_same_sampler(model, changed, owner):
    settings = {"strategy": DRY(0.8, memory=8), "context": SlidingWindow(4)}
    prompts = jnp.zeros((STREAMS, 2), jnp.int32)
    first = generate(model, prompts, KEY, length=2, **settings)
    with pytest.raises(ValueError, match=owner):
        generate(model, first.streams, length=2, **(settings | changed))


def test_prompts_need_a_key(model):
    with pytest.raises(ValueError, match="key is None; prompts need a key, such as"):
        generate(model, jnp.zeros((2, 2), jnp.int32), length=2)
