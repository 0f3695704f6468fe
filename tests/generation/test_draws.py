"""The two draws: Gumbel noise and arithmetic sampling.

Gumbel noise has the right distribution, and is independent along streams, notes and
symbols. In arithmetic sampling each stream is an exact sample, and a batch covers the
distribution evenly.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2, gumbel_r, kstest

from lstm_music_jax.generation.arguments import BatchPart
from lstm_music_jax.generation.draws import Arithmetic, gumbel
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.generation.sweep import stack, sweep
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import Temperature

PROBABILITIES = np.array([0.35, 0.0, 0.25, 0.3, 0.1, 0.0])
LOGITS = jnp.log(jnp.float32(PROBABILITIES))
DRAW = Arithmetic()


@pytest.fixture(scope="module")
def noise():
    """Return noise of 200 streams, 100 notes, 308 symbols, with the engine's keys."""

    def of_note(stream, position):
        key = jax.random.fold_in(jax.random.key(3), stream)
        _, draw_key = jax.random.split(key)
        return gumbel(jax.random.fold_in(draw_key, position), 308)

    of_notes = jax.vmap(jax.vmap(of_note, (None, 0)), (0, None))
    return np.asarray(jax.jit(of_notes)(jnp.arange(200), jnp.arange(100)))


@pytest.mark.slow
def test_noise_is_gumbel(noise):
    assert kstest(noise.ravel(), gumbel_r.cdf).pvalue > 1e-4
    # 16 million numbers fall on 2^23 points. With this seed both extremes occur.
    keys = jax.random.split(jax.random.key(3), 2000)
    many = jax.jit(jax.vmap(lambda key: gumbel(key, 8192)))(keys)
    assert many.min() == pytest.approx(-np.log(24 * np.log(2)), rel=1e-6)
    assert many.max() == pytest.approx(24 * np.log(2), rel=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2], ids=["streams", "notes", "symbols"])
@pytest.mark.parametrize("lag", [1, 2, 7, 64])
def test_noise_is_independent_along_every_axis(noise, axis, lag):
    """Pairs of numbers `lag` apart fall evenly into a grid of 16 x 16 quantiles."""
    place = np.int32(16 * gumbel_r.cdf(noise))
    size = noise.shape[axis]
    first = np.take(place, range(size - lag), axis).ravel()
    second = np.take(place, range(lag, size), axis).ravel()
    counts = np.bincount(16 * first + second, minlength=256)
    wanted = len(first) / 256
    chi_square = np.sum((counts - wanted) ** 2) / wanted
    # There is also a lower bound, because the numbers of a faulty generator may be too
    # even, for example if they are a permutation.
    assert 1e-5 < chi2.cdf(chi_square, 255) < 1 - 1e-5


def test_equal_logits_are_drawn_equally_often(noise):
    counts = np.bincount(np.argmax(noise, -1).ravel(), minlength=308)
    wanted = counts.sum() / 308
    chi_square = np.sum((counts - wanted) ** 2) / wanted
    assert 1e-5 < chi2.cdf(chi_square, 307) < 1 - 1e-5


@jax.jit
def draw_many(key, indices, streams):
    """Draw 40 symbols of each stream in `indices`, all from the same distribution."""

    def one(index):
        def advance(state, position):
            noise = jax.random.fold_in(jax.random.fold_in(key, index), position)
            token, state = DRAW.draw(LOGITS, state, noise)
            return state, token

        state = DRAW.init(key, index, streams)
        return jax.lax.scan(advance, state, jnp.arange(40))[1]

    return jax.vmap(one)(indices)


@pytest.mark.parametrize("streams", [7, 64, 1000])
def test_the_first_symbols_are_spread_evenly(streams):
    drawn = draw_many(jax.random.key(1), jnp.arange(streams), jnp.int32(streams))
    counts = np.bincount(drawn[:, 0], minlength=6)
    assert np.all(np.abs(counts - streams * PROBABILITIES) < 1 + 1e-3)


def test_the_first_pairs_are_spread_evenly_too():
    """Pairs of symbols occur in proportion to their probabilities."""
    drawn = np.asarray(draw_many(jax.random.key(1), jnp.arange(1000), jnp.int32(1000)))
    pairs = np.bincount(drawn[:, 0] * 6 + drawn[:, 1], minlength=36)
    wanted = 1000 * np.outer(PROBABILITIES, PROBABILITIES).ravel()
    # With independent draws the differences would be 7 and more.
    assert np.all(np.abs(pairs - wanted) < 1 + 1e-2)


def test_a_stream_alone_is_an_exact_sample():
    """With many keys, one stream has the right frequencies at every position."""
    keys = jax.random.split(jax.random.key(2), 20_000)
    drawn = np.asarray(
        jax.vmap(lambda key: draw_many(key, jnp.arange(1), jnp.int32(1))[0])(keys)
    )
    possible = PROBABILITIES > 0
    wanted = 20_000 * PROBABILITIES[possible]
    for position in (0, 1, 5, 9, 10, 20, 39):
        counts = np.bincount(drawn[:, position], minlength=6)
        assert counts[~possible].sum() == 0
        chi_square = np.sum((counts[possible] - wanted) ** 2 / wanted)
        assert chi_square < 21.1  # 3 degrees of freedom, p = 1e-4
    # Neighbouring positions are independent.
    for position in range(0, 39, 3):
        pairs = np.bincount(
            drawn[:, position] * 6 + drawn[:, position + 1], minlength=36
        )
        wanted_pairs = 20_000 * np.outer(PROBABILITIES, PROBABILITIES).ravel()
        real = wanted_pairs > 0
        chi_square = np.sum(
            (pairs[real] - wanted_pairs[real]) ** 2 / wanted_pairs[real]
        )
        assert chi_square < 44.3  # 15 degrees of freedom, p = 1e-4


RARE = np.array([1e-5, 1e-4, 1e-3, 0.3, 0.2, 0.49889])


@pytest.mark.slow
@pytest.mark.parametrize("streams", [1, 50])
def test_symbols_after_a_rare_one_have_the_right_frequencies(streams):
    """About 300 of three million keys first draw the symbol of probability 1e-4."""
    rates = np.stack([RARE, np.full(6, 1 / 6), RARE])
    logits = jnp.log(jnp.float32(rates))

    def three(key):
        def advance(state, position):
            note_key = jax.random.fold_in(key, position)
            token, state = DRAW.draw(logits[position], state, note_key)
            return state, token

        state = DRAW.init(jax.random.fold_in(key, 9), jnp.int32(0), jnp.int32(streams))
        return jax.lax.scan(advance, state, jnp.arange(3))[1]

    keys = jax.random.split(jax.random.key(4), 3_000_000)
    drawn = np.asarray(jax.jit(jax.vmap(three))(keys))
    for first, second in ((0, 1), (1, 2), (0, 2)):
        wanted = len(keys) * np.outer(rates[first], rates[second]).ravel()
        often = wanted > 20
        pairs = np.bincount(6 * drawn[:, first] + drawn[:, second], minlength=36)
        chi_square = np.sum((pairs - wanted)[often] ** 2 / wanted[often])
        assert chi2.cdf(chi_square, often.sum()) < 1 - 1e-4


@pytest.mark.parametrize("stream", [0, 3, 7])
def test_each_stream_of_a_batch_is_an_exact_sample(stream):
    """No stream is restricted to a part of the distribution."""
    keys = jax.random.split(jax.random.key(2), 20_000)
    drawn = np.asarray(
        jax.vmap(lambda key: draw_many(key, jnp.array([stream]), jnp.int32(8))[0])(keys)
    )
    possible = PROBABILITIES > 0
    wanted = 20_000 * PROBABILITIES[possible]
    for position in (0, 1, 2, 5):
        counts = np.bincount(drawn[:, position], minlength=6)[possible]
        chi_square = np.sum((counts - wanted) ** 2 / wanted)
        assert chi_square < 21.1  # 3 degrees of freedom, p = 1e-4


@pytest.mark.slow
def test_symbols_do_not_depend_on_how_streams_are_batched():
    """Rounding differences of the logits must not change the symbols."""
    model = MusicLSTM(40, (64, 32), key=jax.random.key(0))
    model.head_kernel[...] = 4 * model.head_kernel[...]
    prompts = jnp.tile(jnp.int32([[1, 2, 3]]), (9, 1))
    settings = {"key": jax.random.key(5), "length": 200, "draw": DRAW}
    whole = generate(model, prompts, devices=jax.devices()[:1], **settings)
    for parallel_streams in (1, 2, 5):
        parts = generate(
            model,
            prompts,
            parallel_streams=parallel_streams,
            devices=jax.devices()[:1],
            **settings,
        )
        np.testing.assert_array_equal(whole.tokens, parts.tokens)
    np.testing.assert_array_equal(
        whole.tokens, generate(model, prompts, **settings).tokens
    )
    swept = sweep(model, prompts, strategies=stack([Temperature(1.0)] * 3), **settings)
    for tokens in swept.tokens:
        np.testing.assert_array_equal(whole.tokens, tokens)


@pytest.mark.slow
def test_generate_with_arithmetic_draws():
    model = MusicLSTM(13, (12, 8), key=jax.random.key(0))
    prompts = jnp.tile(jnp.int32([[1, 2, 3]]), (64, 1))
    drawn = generate(model, prompts, jax.random.key(5), length=200, draw=DRAW)
    p = np.exp(np.asarray(jax.nn.log_softmax(model.unroll(prompts[:1])[1][0, -1])))
    counts = np.bincount(drawn.tokens[:, 0], minlength=13)
    assert np.all(np.abs(counts - 64 * p) < 1 + 1e-3)
    assert np.all(np.isfinite(drawn.log_probs))
    assert len(np.unique(np.asarray(drawn.tokens), axis=0)) == 64


@pytest.mark.slow
def test_a_part_of_a_batch_keeps_its_points():
    """The points depend on the size of the whole batch, which the part names."""
    model = MusicLSTM(13, (8,), key=jax.random.key(0))
    prompts = jnp.zeros((40, 1), jnp.int32)
    options = {"length": 6, "draw": Arithmetic()}
    batch = generate(model, prompts, jax.random.key(1), **options)
    numbers = np.array([31, 7, 8])
    part = BatchPart(numbers.tolist(), 40)
    alone = generate(model, prompts[:3], jax.random.key(1), part=part, **options)
    np.testing.assert_array_equal(alone.tokens, batch.tokens[numbers])
