"""Sweeps: each row equals a generation with its settings, in one program for all."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.fields import Number, number, table
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import grid, stack, sweep
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import (
    Chain,
    RepetitionPenalty,
    Strategy,
    Temperature,
    TopK,
    TopP,
)

KEY = jax.random.key(7)
PROMPTS = jax.random.randint(jax.random.key(3), (4, 6), 0, 13)


@pytest.fixture(scope="module")
def model():
    return MusicLSTM(13, (12, 8), key=jax.random.key(0))


def test_a_row_equals_a_generation_with_its_settings(model):
    settings, strategies = grid(
        lambda t, k: Chain(RepetitionPenalty(1.1), Temperature(t), TopK(k)),
        t=[0.5, 1.0, 2.0],
        k=[3, 9],
    )
    swept = sweep(model, PROMPTS, KEY, strategies, length=25, trace=True)
    assert swept.tokens.shape == (6, 4, 25)
    assert swept.trace.stage_kept_mass.shape == (6, 4, 25, 3)
    for row, setting in enumerate(settings):
        alone = generate(
            model,
            PROMPTS,
            KEY,
            length=25,
            strategy=Chain(
                RepetitionPenalty(1.1), Temperature(setting["t"]), TopK(setting["k"])
            ),
        )
        np.testing.assert_array_equal(swept.tokens[row], alone.tokens)
        np.testing.assert_allclose(swept.log_probs[row], alone.log_probs, atol=1e-5)


def test_arrays_as_hyperparameters(model):
    swept = sweep(model, PROMPTS, KEY, Temperature(np.array([0.5, 1.5])), length=9)
    alone = generate(model, PROMPTS, KEY, length=9, strategy=Temperature(1.5))
    np.testing.assert_array_equal(swept.tokens[1], alone.tokens)


class Preference(Strategy):
    """Adds `weight` times a row of the table to the logits."""

    permutation_equivariant = False
    weight: Number = number()
    rows: jax.Array = table()

    def init(self, vocab_size):
        return jnp.int32(0)

    def apply(self, logits, state, key):
        return logits + self.weight * self.rows[state], state

    def observe(self, token, state):
        return token.astype(jnp.int32)


def test_a_table_is_shared_by_all_settings(model):
    rows = jax.random.normal(jax.random.key(5), (13, 13))
    settings = [Chain(Preference(weight, rows), TopK(9)) for weight in (0.5, 3)]
    stacked = stack(settings)
    assert stacked.stages[0].rows is rows
    swept = sweep(model, PROMPTS, KEY, stacked, length=6)
    more = sweep(model, swept.streams, None, stacked, length=3)
    for row, strategy in enumerate(settings):
        alone = generate(model, PROMPTS, KEY, length=9, strategy=strategy)
        np.testing.assert_array_equal(swept.tokens[row], alone.tokens[:, :6])
        np.testing.assert_array_equal(more.tokens[row], alone.tokens[:, 6:])


def test_settings_that_differ_in_their_tables_are_refused():
    rows = jax.random.normal(jax.random.key(5), (13, 13))
    assert stack([Preference(1, rows), Preference(2, rows + 0)]).weight.tolist() == [
        1,
        2,
    ]
    for other in (2 * rows, rows[:12]):
        with pytest.raises(ValueError, match="strategies differ in their tables"):
            stack([Preference(1, rows), Preference(2, other)])


def test_one_program_for_all_settings(model):
    class Counted(Strategy):
        value: float

        def apply(self, logits, state, key):
            traces.append(1)
            return logits / self.value, state

    traces = []
    for values in ([0.5, 1.0, 2.0], [3.0, 4.0, 5.0]):
        strategies = stack([Counted(np.float32(value)) for value in values])
        sweep(model, PROMPTS, KEY, strategies, length=5)
    assert len(traces) == 1


def test_settings_that_cannot_be_stacked_are_refused(model):
    with pytest.raises(ValueError, match="strategies is empty"):
        stack([])
    with pytest.raises(ValueError, match="differ in more than their hyperparameters"):
        stack([TopK(1), TopP(0.5)])
    unequal = Chain(Temperature([1.0, 2.0]), TopK([3, 4, 5]))
    with pytest.raises(ValueError, match="must have the same leading axis, the set"):
        sweep(model, PROMPTS, KEY, unequal, length=5)
    with pytest.raises(ValueError, match=r"k of TopK has shape \(\); in a sweep it "):
        sweep(model, PROMPTS, KEY, Chain(Temperature([1.0, 2.0]), TopK(3)), length=5)
