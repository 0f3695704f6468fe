"""A stop symbol ends a stream, and does not disturb the other streams."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.draws import Arithmetic, Gumbel
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import stack, sweep
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import Chain, RepetitionPenalty, Strategy, Temperature

KEY = jax.random.key(7)
STREAMS, LENGTH, STOP = 5, 24, 3
PROMPTS = jax.random.randint(jax.random.key(3), (STREAMS, 3), 5, 13)
WARM = Chain(RepetitionPenalty(1.1), Temperature(1.2))


@pytest.fixture(scope="module")
def model():
    return MusicLSTM(13, (12, 8), key=jax.random.key(0))


def first_stop(tokens):
    """Return the number of symbols before the first stop symbol of each row."""
    with_end = np.append(tokens, np.full((len(tokens), 1), STOP), axis=1)
    return np.argmax(with_end == STOP, axis=1)


@pytest.fixture(scope="module")
def plain(model):
    drawn = generate(model, PROMPTS, KEY, length=LENGTH, strategy=WARM, trace=True)
    lengths = first_stop(drawn.tokens)
    # Streams end early, late and not at all.
    assert lengths.min() < 10 < np.sort(lengths)[1:-1].max() < LENGTH == lengths.max()
    assert drawn.lengths is None
    return drawn


@pytest.fixture(scope="module")
def stopped(model):
    return generate(
        model, PROMPTS, KEY, length=LENGTH, stop=STOP, strategy=WARM, trace=True
    )


def test_a_stream_is_the_same_up_to_its_end(plain, stopped):
    lengths = first_stop(plain.tokens)
    np.testing.assert_array_equal(stopped.lengths, lengths)
    assert stopped.lengths.dtype == jnp.int32
    pairs = zip(*map(jax.tree.leaves, (stopped[:4], plain[:4])), strict=True)
    for one, other in pairs:
        for stream, length in enumerate(lengths):
            np.testing.assert_allclose(
                one[stream, : length + 1], other[stream, : length + 1], atol=1e-5
            )
    for stream, length in enumerate(lengths):
        np.testing.assert_array_equal(
            stopped.tokens[stream, : length + 1], plain.tokens[stream, : length + 1]
        )


def test_nothing_happens_after_the_end(stopped):
    after = np.arange(LENGTH) > np.asarray(stopped.lengths)[:, None]
    np.testing.assert_array_equal(stopped.tokens[after], STOP)
    for leaf in jax.tree.leaves(stopped[1:4]):
        np.testing.assert_array_equal(leaf[after], 0)


def test_a_stream_goes_on_from_its_end_when_it_is_continued_without_a_stop(
    model, plain, stopped
):
    """After its end, a stream keeps its memory, strategy state, position and noise."""
    length = LENGTH - int(stopped.lengths.min()) - 1
    more = generate(model, stopped.streams, length=length, strategy=WARM)
    for stream, end in enumerate(np.asarray(stopped.lengths) + 1):
        if end < LENGTH:
            wanted = plain.tokens[stream, end:]
            np.testing.assert_array_equal(more.tokens[stream, : LENGTH - end], wanted)


def test_an_ended_stream_stays_ended_when_it_is_continued(model, stopped):
    more = generate(model, stopped.streams, length=5, stop=STOP, strategy=WARM)
    ended = np.asarray(stopped.lengths) < LENGTH
    np.testing.assert_array_equal(more.tokens[ended], STOP)
    np.testing.assert_array_equal(more.lengths[ended], 0)
    before, after = (
        jax.tree.map(lambda leaf: leaf[ended], each.streams.state)
        for each in (stopped, more)
    )
    for one, other in zip(*map(jax.tree.leaves, (before, after)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_prompt_that_ends_with_the_stop_symbol_has_ended(model):
    prompts = PROMPTS.at[1, -1].set(STOP).at[0, 0].set(STOP)
    drawn = generate(model, prompts, KEY, length=6, stop=STOP)
    np.testing.assert_array_equal(drawn.tokens[1], STOP)
    assert drawn.lengths[1] == 0
    assert drawn.lengths[0] > 0


@pytest.mark.parametrize("context", [Carried(), SlidingWindow(4)])
@pytest.mark.parametrize("draw", [Gumbel(), Arithmetic()])
def test_devices_and_parts_do_not_matter(model, context, draw):
    settings = {"length": 12, "stop": STOP, "context": context, "draw": draw}
    prompts = jnp.tile(PROMPTS[:1], (STREAMS, 1))
    one = generate(model, prompts, KEY, devices=jax.devices()[:1], **settings)
    many = generate(model, prompts, KEY, parallel_streams=1, **settings)
    np.testing.assert_array_equal(one.tokens, many.tokens)
    np.testing.assert_array_equal(one.lengths, many.lengths)
    assert one.lengths.min() < 12


def test_a_sweep_ends_each_stream_of_each_setting(model):
    values = [0.7, 1.0, 1.6]
    settings = stack([Temperature(value) for value in values])
    swept = sweep(model, PROMPTS, KEY, settings, length=LENGTH, stop=STOP)
    assert swept.lengths.shape == (3, STREAMS)
    for row, value in enumerate(values):
        drawn = generate(
            model, PROMPTS, KEY, length=LENGTH, stop=STOP, strategy=Temperature(value)
        )
        np.testing.assert_array_equal(swept.tokens[row], drawn.tokens)
        np.testing.assert_array_equal(swept.lengths[row], drawn.lengths)


def test_another_stop_symbol_does_not_recompile(model):
    class Counted(Strategy):
        def apply(self, logits, state, key):
            traces.append(1)
            return logits, state

    traces = []
    for stop in (3, 4, 5):
        generate(model, PROMPTS, KEY, length=5, stop=stop, strategy=Counted())
    assert len(traces) == 1


def test_what_happens_after_the_end_is_not_counted(model):
    """A strategy that leaves nothing, or NaN, after the end does no harm."""

    class Spoiled(Strategy):
        def init(self, vocab_size):
            return jnp.bool_(False)

        def apply(self, logits, state, key):
            only_stop = jnp.where(jnp.arange(13) == STOP, 0.0, -jnp.inf)
            return jnp.where(state, jnp.nan, only_stop), state

        def observe(self, token, state):
            return state | (token == STOP)

    drawn = generate(model, PROMPTS, KEY, length=4, stop=STOP, strategy=Spoiled())
    np.testing.assert_array_equal(drawn.lengths, 0)
    np.testing.assert_array_equal(drawn.fallbacks, 0)
    with pytest.raises(RuntimeError, match="logits of stream 0 became NaN"):
        generate(model, PROMPTS, KEY, length=4, strategy=Spoiled())
