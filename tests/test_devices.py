"""Four devices draw what one draws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation import engine
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.draws import Gumbel
from lstm_music_jax.generation.engine import generate
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
def test_devices_draw_what_one_draws(model, streams, context):
    prompts = jax.random.randint(jax.random.key(1), (streams, 6), 0, 13)
    settings = {
        "length": 30,
        "strategy": Chain(RepetitionPenalty(1.3), Temperature(0.8), TopP(0.9)),
        "context": context,
        "at_once": 2,
    }
    one = generate(model, prompts, KEY, devices=jax.devices()[:1], **settings)
    four = generate(model, prompts, KEY, **settings)
    np.testing.assert_array_equal(one.tokens, four.tokens)
    np.testing.assert_allclose(one.log_probs, four.log_probs, atol=1e-5)


def test_every_device_draws_its_own_part(model):
    prompts = jnp.zeros((8, 2), jnp.int32)
    rows = []

    class Counted(Strategy):
        def apply(self, logits, state, key):
            jax.debug.callback(lambda _: rows.append(1), logits[0])
            return logits, state

    sampler = engine.Sampler(Counted(), Carried(), Gumbel())
    plan = engine.Plan(3, trace=False, at_once=None)
    draw = engine._on_devices(plan, tuple(jax.devices()))
    drawn = draw(model, prompts, KEY, sampler)
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
