"""Four devices draw the same symbols as one device."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation import engine, program
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.draws import Gumbel
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import stack, sweep
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import (
    Chain,
    RepetitionPenalty,
    Strategy,
    Temperature,
    TopP,
)

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def model():
    return MusicLSTM(13, (12, 8), key=KEY)


@pytest.mark.parametrize("streams", [1, 3, 8])
@pytest.mark.parametrize("context", [Carried(), SlidingWindow(5)])
def test_four_devices_draw_the_same_as_one(model, streams, context):
    prompts = jax.random.randint(jax.random.key(1), (streams, 6), 0, 13)
    settings = {
        "length": 30,
        "strategy": Chain(RepetitionPenalty(1.3), Temperature(0.8), TopP(0.9)),
        "context": context,
        "parallel_streams": 2,
    }
    one = generate(model, prompts, KEY, devices=jax.devices()[:1], **settings)
    four = generate(model, prompts, KEY, **settings)
    np.testing.assert_array_equal(one.tokens, four.tokens)
    np.testing.assert_allclose(one.log_probs, four.log_probs, atol=1e-5)


@pytest.mark.parametrize("streams", [1, 3, 8])
def test_a_sweep_on_four_devices_equals_that_on_one(model, streams):
    prompts = jax.random.randint(jax.random.key(1), (streams, 6), 0, 13)
    settings = stack([Chain(Temperature(t), TopP(0.9)) for t in (0.5, 0.8, 1.0)])
    one = sweep(model, prompts, KEY, settings, length=30, devices=jax.devices()[:1])
    four = sweep(model, prompts, KEY, settings, length=30)
    assert one.tokens.shape == (3, streams, 30)
    np.testing.assert_array_equal(one.tokens, four.tokens)
    np.testing.assert_allclose(one.log_probs, four.log_probs, atol=1e-5)


def test_a_single_device_need_not_be_the_first(model):
    last = jax.devices()[-1]
    prompts = jnp.zeros((3, 2), jnp.int32)
    there = generate(model, prompts, KEY, length=5, devices=[last])
    more = generate(model, there.streams, length=5, devices=[last])
    for drawn in (there, more):
        assert drawn.tokens.devices() == {last}
    here = generate(model, prompts, KEY, length=5, devices=jax.devices()[:1])
    np.testing.assert_array_equal(there.tokens, here.tokens)


def test_every_device_draws_its_share_of_the_streams(model):
    prompts = jnp.zeros((8, 2), jnp.int32)
    rows = []

    class Counted(Strategy):
        def apply(self, logits, state, key):
            jax.debug.callback(lambda _: rows.append(1), logits[0])
            return logits, state

    sampler = engine.Sampler(Counted(), Carried(), Gumbel())
    plan = engine.Plan(3, trace=False, parallel_streams=8)
    draw = program._program(plan, tuple(jax.devices()), begun=False, settings=False)
    given = program._Prompts(prompts, jnp.arange(8), jnp.int32(8))
    _, drawn, _, _ = draw(model, given, KEY, sampler)
    jax.effects_barrier()
    assert len(drawn.tokens.sharding.device_set) == 4
    assert len(rows) == 8 * 3


def test_changing_a_temperature_does_not_recompile(model):
    class Counted(Strategy):
        value: float

        def apply(self, logits, state, key):
            traces.append(1)
            return logits / self.value, state

    traces = []
    prompts = jnp.zeros((4, 2), jnp.int32)
    for value in (0.5, 1.0):
        strategy = Counted(np.float32(value))
        generate(model, prompts, KEY, length=7, strategy=strategy)
    assert len(traces) == 1
