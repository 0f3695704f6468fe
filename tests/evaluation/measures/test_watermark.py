"""The watermark's detector: by hand, in simulations, and beside the strategy."""

import itertools
import math
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import binom, binomtest, chisquare

from lstm_music_jax import detect_watermark
from lstm_music_jax.evaluation.measures import watermark
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.watermark import green_symbols
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import Chain, Temperature, Watermark
from lstm_music_jax.testing.runner import quickly
from tests.strategies.numpy_references.stateful import green

LARGEST_KEY = 2**31 - 1
KEYS = range(600)


@pytest.mark.parametrize("seed", range(6))
def test_strategy_detector_and_reference_agree_on_what_is_green(seed):
    rng = np.random.default_rng(seed)
    v, width = int(rng.integers(2, 400)), 1 + seed % 3
    key = LARGEST_KEY if seed == 0 else int(rng.integers(LARGEST_KEY))
    gamma = float(rng.choice([0.001, 0.1, 0.25, 0.5, 0.9, 0.999]))
    contexts = rng.integers(v, size=(5, width))
    count = min(max(round(gamma * v), 1), v - 1)
    found = green_symbols(key, contexts, v, count)
    assert (found.sum(1) == count).all()
    strategy = Watermark(key, gamma=gamma, width=width)
    for context, row in zip(contexts, found, strict=True):
        wanted = green(key, context.tolist(), v, count)
        assert set(np.flatnonzero(row)) == wanted
        drawn = strategy.green(jnp.asarray(context, jnp.int32), v)
        np.testing.assert_array_equal(drawn, row)


def test_green_symbols_never_change():
    """A mark made with an earlier version must be found with a later one."""
    found = green_symbols(7919, np.array([[5]]), 20, 5)
    assert np.flatnonzero(found).tolist() == [0, 1, 7, 12, 17]
    found = green_symbols(7919, np.array([[5, 6]]), 20, 5)
    assert np.flatnonzero(found).tolist() == [7, 8, 9, 11, 19]


def test_which_symbols_are_green_is_uniform_and_independent():
    contexts = np.array(list(itertools.product(range(200), repeat=2)))
    tables = green_symbols(3, contexts, 6, 3)
    # All 20 sets are equally likely, also given the set of the context before.
    sets = np.unique(tables @ (1 << np.arange(6)), return_inverse=True)[1]
    assert chisquare(np.bincount(sets, minlength=20)).pvalue > 1e-4
    for before in (1, 200):
        pairs = sets[before:] * 20 + sets[:-before]
        assert chisquare(np.bincount(pairs, minlength=400)).pvalue > 1e-4


def test_by_hand():
    """Symbols 0 and 1 alternate, so there are only two different n-grams."""
    ids, v = np.array([0, 1] * 30), 4
    for key in range(30):
        greens = (1 in green(key, [0], v, 1)) + (0 in green(key, [1], v, 1))
        found = detect_watermark(ids, v, key)
        # Each run is green with probability 1/4.
        p_value = [1, 7 / 16, 1 / 16][greens]
        z_score = (greens - 2 / 4) / math.sqrt(2 * 3 / 16)
        wanted = (p_value, z_score, greens / 2, 2)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_a_shared_context_shares_its_green_symbols():
    """After 0, all 3 symbols of 3 are scored, and just one of them is green."""
    found = detect_watermark(np.array([0, 0, 1, 0, 2, 0]), 3, key=5, gamma=1 / 3)
    after_0, others = 1, found.green_share * found.scored - 1
    # The runs 1 0 and 2 0 are green with probability 1/3 each.
    p_value = [1, 5 / 9, 1 / 9][round(others)]
    z_score = (after_0 + others - 5 / 3) / math.sqrt(2 * 2 / 9)
    np.testing.assert_allclose(found[:2], (p_value, z_score), rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_p_value_by_enumeration(seed):
    """Try all choices of green symbols for all contexts."""
    rng = np.random.default_rng(seed)
    v, count = 4, 1 + seed % 3
    ids = rng.integers(v - 1, size=12)
    found = detect_watermark(ids, v, seed, gamma=count / v)
    choices = list(itertools.combinations(range(v), count))
    runs = set(itertools.pairwise(ids.tolist()))
    outcomes = [
        sum(y in greens[x] for x, y in runs)
        for greens in itertools.product(choices, repeat=v)
    ]
    greens = round(found.green_share * found.scored)
    assert found.scored == len(runs)
    assert found.p_value == pytest.approx(np.mean(np.array(outcomes) >= greens))
    z_score = (greens - np.mean(outcomes)) / np.std(outcomes)
    assert found.z_score == pytest.approx(z_score)


def varied(rng):
    return rng.integers(60, size=300)


def few_symbols(rng):
    return rng.integers(7, size=200)


def loop(rng):
    return np.tile(rng.integers(60, size=16), 20)


def loops_with_slips(rng):
    ids = np.tile(rng.integers(60, size=24), 12)
    slips = rng.random(len(ids)) < 0.05
    return np.where(slips, rng.integers(60, size=len(ids)), ids)


UNMARKED = {each.__name__: each for each in (varied, few_symbols, loop)}
UNMARKED["loops_with_slips"] = loops_with_slips


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("name", UNMARKED)
def test_unmarked_pieces_are_rarely_taken_for_marked(name, width):
    """Over many keys, the p-values of one unmarked piece are those of chance."""
    ids = UNMARKED[name](np.random.default_rng(width))
    found = [detect_watermark(ids, 60, key, width=width) for key in KEYS]
    p_values = np.array([each.p_value for each in found])
    for alpha in (0.05, 0.01):
        # A p-value takes few values. Its largest within alpha is the exact rate.
        rate = p_values[p_values <= alpha].max(initial=0)
        hits = int((p_values <= alpha).sum())
        assert binomtest(hits, len(KEYS), alpha, "greater").pvalue > 1e-3
        assert not hits or binomtest(hits, len(KEYS), rate).pvalue > 1e-3
    z_scores = np.array([each.z_score for each in found])
    assert abs(z_scores.mean()) < 4 / math.sqrt(len(KEYS))
    assert abs(z_scores.var() - 1) < 5 * math.sqrt(2 / len(KEYS))


def test_scoring_each_recurrence_would_take_loops_for_marked():
    """This is why each different n-gram is scored once."""
    ids = loop(np.random.default_rng(1))
    total, wrong = len(ids) - 1, 0
    for key in KEYS:
        tables = green_symbols(key, np.arange(60)[:, None], 60, 15)
        greens = tables[ids[:-1], ids[1:]].sum()
        wrong += (greens - total / 4) / math.sqrt(total * 3 / 16) > 1.645
    assert wrong / len(KEYS) > 0.2


V, NOTES, STREAMS, GAMMA, DELTA = 308, 60, 500, 0.25, 1.0


@pytest.fixture(scope="module")
def marked():
    """Draw pieces from a uniform distribution, each with another key."""

    def piece(strategy, key):
        def note(state, key):
            shaped, state = strategy.apply(jnp.zeros(V), state, key)
            token = jax.random.categorical(key, shaped)
            return strategy.observe(token, state), token

        keys = jax.random.split(key, NOTES + 1)
        return jax.lax.scan(note, strategy.init(V), keys)[1]

    strategies = Watermark(np.arange(STREAMS), gamma=GAMMA, delta=DELTA)
    axes = jax.tree.map(lambda leaf: 0 if np.ndim(leaf) else None, strategies)
    keys = jax.random.split(jax.random.key(0), STREAMS)
    return np.asarray(quickly(jax.vmap(piece, (axes, 0)))(strategies, keys))


@pytest.mark.slow
@pytest.mark.parametrize("length", [10, 20, 60])
def test_marked_pieces_are_found_as_often_as_the_formula_says(marked, length):
    """From a uniform distribution, a share s of the drawn symbols is green.

    s = gamma e^delta / (1 - gamma + gamma e^delta), and the mean z-score is
    sqrt(T) (s - gamma) / sqrt(gamma (1 - gamma)).
    """
    share = GAMMA * math.exp(DELTA) / (1 - GAMMA + GAMMA * math.exp(DELTA))
    found = [
        detect_watermark(ids[: length + 1], V, key, gamma=GAMMA)
        for key, ids in enumerate(marked)
    ]
    wanted = math.sqrt(length) * (share - GAMMA) / math.sqrt(GAMMA * (1 - GAMMA))
    spread = math.sqrt(share * (1 - share) / (GAMMA * (1 - GAMMA)))
    mean = np.mean([each.z_score for each in found])
    assert abs(mean - wanted) < 4 * spread / math.sqrt(STREAMS)
    for alpha in (0.05, 0.001):
        least = binom.isf(alpha, length, GAMMA) + 1
        power = binom.sf(least - 1, length, share)
        hits = sum(each.p_value <= alpha for each in found)
        assert binomtest(hits, STREAMS, power).pvalue > 1e-3


def test_the_mark_of_generated_music_is_found():
    """A piece is continued, and its primer has no mark."""
    model = MusicLSTM(30, (8,), key=jax.random.key(1))
    prompts = jax.random.randint(jax.random.key(2), (3, 50), 0, 30)
    chain = Chain(Temperature(0.9), Watermark(7919, width=2))
    begun = generate(model, prompts, jax.random.key(3), length=75, strategy=chain)
    more = generate(model, begun.streams, length=75, strategy=chain)
    for row in np.concatenate([prompts, begun.tokens, more.tokens], axis=1):
        found = detect_watermark(row, 30, 7919, width=2, primer=50)
        assert found.p_value < 1e-9
        assert found.z_score > 6
        assert detect_watermark(row[:50], 30, 7919, width=2).p_value > 1e-3
        assert detect_watermark(row, 30, 7920, width=2).p_value > 1e-3


def test_another_key_finds_nothing(marked):
    p_values = [detect_watermark(ids, V, 10**6).p_value for ids in marked]
    hits = sum(p_value <= 0.05 for p_value in p_values)
    assert binomtest(hits, STREAMS, 0.05, "greater").pvalue > 1e-3


def test_a_primer_is_read_but_not_scored(marked):
    ids = marked[7]
    part = detect_watermark(ids[9:], V, 7)
    assert detect_watermark(ids, V, 7, primer=10) == part
    assert part.scored == NOTES - 9
    assert watermark(V, 7)(Sample(ids, primer=10)) == part.z_score
    wide = detect_watermark(ids, V, 7, width=3, primer=10)
    assert wide.scored == NOTES - 9
    assert detect_watermark(ids, V, 7, width=3, primer=1).scored == NOTES - 2


@pytest.mark.parametrize("ids", [[], [3]])
def test_nothing_to_score(ids):
    p_value, z_score, green_share, scored = detect_watermark(np.array(ids, int), 9, 1)
    assert (p_value, scored) == (1, 0)
    assert math.isnan(z_score)
    assert math.isnan(green_share)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vocab_size": 1}, r"vocab_size is 1; it must be in \[2, "),
        ({"key": -1}, r"key is -1; it must be in \[0, 2147483647\]"),
        ({"width": 0}, r"width is 0; it must be in \[1, "),
        ({"primer": 4}, r"primer is 4; it must be in \[0, 3\]"),
        ({"gamma": 1}, r"gamma is 1; it must be in \(0, 1\)"),
        ({"ids": np.array([1, 9])}, "ids holds 9; ids must be from 0 to 8"),
        ({"ids": np.array([-1])}, "ids holds -1; ids must be from 0 to 8"),
    ],
)
def test_a_wrong_argument_is_named(arguments, message):
    right = {"ids": np.array([1, 2, 3]), "vocab_size": 9, "key": 1}
    with pytest.raises(ValueError, match=message):
        detect_watermark(**(right | arguments))


def test_the_detector_does_not_import_jax():
    program = (
        "import sys, lstm_music_jax; lstm_music_jax.detect_watermark; "
        "print('jax' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "False\n", done.stderr
