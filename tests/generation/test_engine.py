"""The engine: the drawn symbols, their noise, and the log-probabilities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation import engine
from lstm_music_jax.generation.arguments import BatchPart
from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.draws import Gumbel
from lstm_music_jax.generation.generate import CARRIED, generate
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import (
    Chain,
    Forbid,
    Greedy,
    RepetitionPenalty,
    Strategy,
    Temperature,
    TopK,
    TopP,
)
from tests.references import numpy_logits

KEY = jax.random.key(7)
PROMPTS = jax.random.randint(jax.random.key(3), (4, 6), 0, 13)


@pytest.fixture(scope="module")
def model():
    return MusicLSTM(13, (12, 8), key=jax.random.key(0))


def test_log_probs_equal_one_pass_over_the_result(model):
    strategy = Chain(Temperature(0.7), TopK(5))
    drawn = generate(model, PROMPTS, KEY, length=30, strategy=strategy)
    whole = jnp.concatenate([PROMPTS, drawn.tokens], axis=1)
    logits = jnp.float32(numpy_logits(model, whole)[:, 5:-1])
    at = drawn.tokens[..., None]
    log_probs = jnp.take_along_axis(jax.nn.log_softmax(logits), at, -1)[..., 0]
    np.testing.assert_allclose(drawn.log_probs, log_probs, atol=1e-5)

    fifth = jnp.sort(logits, axis=-1)[..., -5, None]
    shaped = jnp.where(logits >= fifth, logits / 0.7, -jnp.inf)
    shaped = jnp.take_along_axis(jax.nn.log_softmax(shaped), at, -1)[..., 0]
    np.testing.assert_allclose(drawn.strategy_log_probs, shaped, atol=1e-5)
    assert np.all(np.isfinite(drawn.strategy_log_probs))


@pytest.mark.parametrize("context", [Carried(), SlidingWindow(40)])
def test_bfloat16_weights_act_like_rounded_float32_weights(model, context):
    half = model.in_bfloat16()
    drawn = generate(half, PROMPTS, KEY, length=30, context=context)
    whole = jnp.concatenate([PROMPTS, drawn.tokens], axis=1)

    def log_probs(model):
        shaped = jax.nn.log_softmax(jnp.float32(numpy_logits(model, whole)[:, 5:-1]))
        return jnp.take_along_axis(shaped, drawn.tokens[..., None], -1)[..., 0]

    rounded = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), half)
    error = jnp.abs(drawn.log_probs - log_probs(rounded)).max()
    difference = jnp.abs(log_probs(model) - log_probs(rounded)).max()
    assert drawn.log_probs.dtype == jnp.float32
    # The operands are rounded too, and this error is about as large.
    assert 0 < error < 3 * difference < 0.03


def test_greedy_carried_is_the_argmax_of_one_pass(model):
    drawn = generate(model, PROMPTS, KEY, length=40, strategy=Greedy())
    whole = jnp.concatenate([PROMPTS, drawn.tokens], axis=1)
    logits = numpy_logits(model, whole)[:, 5:-1]
    np.testing.assert_array_equal(drawn.tokens, np.argmax(logits, -1))
    np.testing.assert_array_equal(drawn.strategy_log_probs, 0)


def test_greedy_window_is_the_argmax_of_each_window(model):
    context = SlidingWindow(4)
    drawn = generate(model, PROMPTS, KEY, length=25, strategy=Greedy(), context=context)
    whole = jnp.concatenate([PROMPTS, drawn.tokens], axis=1)
    for position in range(6, 31):
        logits = numpy_logits(model, whole[:, position - 4 : position])[:, -1]
        np.testing.assert_array_equal(whole[:, position], np.argmax(logits, -1))


def test_the_same_key_gives_the_same_symbols(model):
    first, again = (generate(model, PROMPTS, KEY, length=50) for _ in range(2))
    np.testing.assert_array_equal(first.tokens, again.tokens)
    other = generate(model, PROMPTS, jax.random.key(8), length=50)
    assert not np.array_equal(first.tokens, other.tokens)


def test_streams_of_one_prompt_differ(model):
    same = jnp.tile(PROMPTS[:1], (4, 1))
    rows = np.asarray(generate(model, same, KEY, length=50).tokens)
    assert len({row.tobytes() for row in rows}) == 4


def test_a_stream_is_the_same_in_any_batch(model):
    whole = generate(model, PROMPTS, KEY, length=50)
    for streams in (1, 2):
        part = generate(model, PROMPTS[:streams], KEY, length=50)
        np.testing.assert_array_equal(whole.tokens[:streams], part.tokens)


def test_a_part_of_a_batch_has_the_symbols_of_the_batch(model):
    prompts = jnp.tile(PROMPTS[:1], (60, 1))
    batch = generate(model, prompts, KEY, length=20)
    part = BatchPart((57, 3), 60)
    alone = generate(model, prompts[:2], KEY, length=20, part=part)
    np.testing.assert_array_equal(alone.tokens, batch.tokens[jnp.array([57, 3])])
    more = generate(model, alone.streams, length=5)
    longer = generate(model, prompts[:2], KEY, length=25, part=part)
    np.testing.assert_array_equal(more.tokens, longer.tokens[:, 20:])


@pytest.mark.parametrize("parallel_streams", [1, 3])
def test_streams_in_sequence_equal_streams_in_parallel(model, parallel_streams):
    prompts = jax.random.randint(jax.random.key(2), (7, 3), 0, 13)
    settings = {"length": 20, "strategy": Temperature(0.8), "trace": True}
    whole = generate(model, prompts, KEY, **settings, parallel_streams=7)
    parts = generate(model, prompts, KEY, **settings, parallel_streams=parallel_streams)
    np.testing.assert_array_equal(whole.tokens, parts.tokens)
    leaves = (
        jax.tree.leaves((each[:4], each.streams.state)) for each in (whole, parts)
    )
    for one, other in zip(*leaves, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


BEGIN_AND_DRAW = jax.jit(engine.begin_and_draw, static_argnums=6)


def lowered(model, prompts, length, context=CARRIED, parallel_streams=None):
    """Lower the program that `generate` compiles."""
    sampler = engine.Sampler(Temperature(0.9), context, Gumbel())
    streams = len(prompts)
    plan = engine.Plan(length, False, parallel_streams or streams)
    rest = jnp.arange(streams), jnp.int32(streams), sampler, plan
    return BEGIN_AND_DRAW.lower(model, prompts, KEY, *rest)


@pytest.mark.parametrize("context", [CARRIED, SlidingWindow(3)])
def test_there_is_one_step_per_drawn_symbol(model, context):
    """With a prompt of one symbol, all matrix products are in one loop body."""
    program = lowered(model, PROMPTS[:, :1], 5, context).as_text()
    assert program.count("stablehlo.dot_general") == 4


def test_fewer_parallel_streams_take_less_memory(model):
    prompts = jnp.zeros((4096, 1), jnp.int32)

    def size(parallel_streams):
        program = lowered(model, prompts, 20, parallel_streams=parallel_streams)
        return program.compile().memory_analysis().temp_size_in_bytes

    assert size(1024) < size(4096) / 2


def test_a_longer_generation_begins_with_a_shorter_one(model):
    long = generate(model, PROMPTS, KEY, length=50)
    short = generate(model, PROMPTS, KEY, length=20)
    np.testing.assert_array_equal(long.tokens[:, :20], short.tokens)


def test_noise_does_not_depend_on_the_strategy(model):
    """A strategy that changes nothing draws the same symbols as no strategy."""
    plain = generate(model, PROMPTS, KEY, length=50)
    kept = Chain(Temperature(1), TopK(13), TopP(1.0), RepetitionPenalty(1))
    np.testing.assert_array_equal(
        plain.tokens, generate(model, PROMPTS, KEY, length=50, strategy=kept).tokens
    )


def test_the_prompt_is_observed(model):
    """With a huge repetition penalty no symbol of the prompt is drawn again."""
    prompts = jnp.int32([[0, 1, 2, 3, 4]])
    strategy = Chain(Temperature(1e-3), RepetitionPenalty(1e6, by_sign=True))
    shifted = _Shifted(model)
    drawn = generate(shifted, prompts, KEY, length=8, strategy=strategy)
    assert sorted(np.asarray(drawn.tokens[0]).tolist()) == list(range(5, 13))


@jax.tree_util.register_pytree_node_class
class _Shifted:
    """A model whose logits are all far above zero."""

    def __init__(self, model):
        self.model = model

    def tree_flatten(self):
        return (self.model,), None

    @classmethod
    def tree_unflatten(cls, _, children):
        return cls(*children)

    def initial_state(self):
        return self.model.initial_state()

    def advance(self, state, token):
        return self.model.advance(state, token)

    def readout(self, state):
        return self.model.readout(state) + 10

    def unroll(self, tokens):
        state, logits = self.model.unroll(tokens)
        return state, logits + 10


def test_draws_follow_the_distribution():
    logits = jnp.log(jnp.float32([0.5, 0.3, 0.15, 0.05, 1e-30]))
    keys = jax.random.split(jax.random.key(0), 100_000)
    drawn = jax.vmap(lambda key: Gumbel().draw(logits, (), key)[0])(keys)
    counts = np.bincount(drawn, minlength=5)
    assert counts[4] == 0
    expected = 1e5 * np.array([0.5, 0.3, 0.15, 0.05])
    chi_square = np.sum((counts[:4] - expected) ** 2 / expected)
    assert chi_square < 16.27  # 3 degrees of freedom, p = 1e-3


def test_forbidding_everything_falls_back_to_the_model(model):
    plain = generate(model, PROMPTS, KEY, length=20)
    strategy = Forbid(range(13))
    fallen = generate(model, PROMPTS, KEY, length=20, strategy=strategy)
    np.testing.assert_array_equal(plain.tokens, fallen.tokens)
    np.testing.assert_array_equal(plain.log_probs, fallen.strategy_log_probs)


def test_changing_hyperparameters_or_weights_does_not_recompile(model):
    class Counted(Strategy):
        value: float

        def apply(self, logits, state, key):
            traces.append(1)
            return logits / self.value, state

    traces = []
    for value in (1.0, 2.0, 3.0):
        strategy = Chain(Counted(np.float32(value)), Temperature(value))
        generate(model, PROMPTS, KEY, length=5, strategy=strategy)
    generate(
        jax.tree.map(jnp.zeros_like, model), PROMPTS, KEY, length=5, strategy=strategy
    )
    assert len(traces) == 1


def test_memory_grows_only_with_the_returned_arrays(model):
    """The distribution of each symbol (13 numbers of 4 bytes here) is not stored."""

    def size(length):
        memory = lowered(model, PROMPTS, length).compile().memory_analysis()
        return memory.temp_size_in_bytes + memory.output_size_in_bytes

    # The loop returns an id and two log-probabilities per symbol, 4 bytes each. They
    # exist twice: in the order of the loop, and transposed to have streams first.
    assert (size(4000) - size(1000)) / (4 * 3000) <= 2 * 12


@pytest.mark.parametrize("context", [Carried(), SlidingWindow(3)])
def test_host_and_device_exchange_nothing_while_drawing(model, context):
    arguments = {"length": 10, "strategy": Temperature(1.0), "context": context}
    generate(model, PROMPTS, KEY, **arguments)
    strategy = jax.device_put(Temperature(1.0))
    sampler = engine.Sampler(strategy, context, Gumbel())
    indices, streams = jnp.arange(4), jnp.int32(4)
    plan = engine.Plan(10, trace=False, parallel_streams=4)
    with jax.transfer_guard("disallow"):
        BEGIN_AND_DRAW(model, PROMPTS, KEY, indices, streams, sampler, plan)


@pytest.mark.parametrize(
    ("prompts", "length", "parallel_streams", "message"),
    [
        (jnp.zeros((2, 0), jnp.int32), 5, 1, r"prompts has shape \(2, 0\)"),
        (jnp.zeros((0, 3), jnp.int32), 5, 1, r"prompts has shape \(0, 3\)"),
        (PROMPTS, 0, 1, "length is 0; it must be a whole number, 1 or more"),
        (PROMPTS, 5, 0, "parallel_streams is 0; it must be a whole number, 1 or more"),
    ],
)
def test_wrong_sizes_are_named(model, prompts, length, parallel_streams, message):
    with pytest.raises(ValueError, match=message):
        generate(model, prompts, KEY, length=length, parallel_streams=parallel_streams)
