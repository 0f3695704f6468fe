"""Strategies with a state, strategies with another model, and all in one scan."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.contexts import Carried, SlidingWindow
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.strategies import (
    DRY,
    AdaptiveP,
    Chain,
    Contrastive,
    Force,
    FrequencyPenalty,
    Guidance,
    LookBack,
    LoopBreaker,
    Mirostat1,
    Mirostat2,
    NoRepeatNgram,
    PresencePenalty,
)
from lstm_music_jax.strategies.feedback.mirostat_1 import zipf_exponent
from lstm_music_jax.strategies.penalties.history import empty_history, extended
from tests.strategies.numpy_references.base import softmax
from tests.strategies.steps import INF, KEY, follow, log, shape


def test_history():
    """The matches of 0 1 0 1 1 with a memory of four."""
    history = empty_history(4, 2)
    matches = []
    for token in (0, 1, 0, 1, 1):
        history = extended(history, jnp.int32(token))
        matches.append(history.matches.tolist())
    # After 0 1 0, the match before the 1 is 0. After 0 1 0 1, the match before the
    # second 0 is 0 1. After the last 1, all matches are single symbols again, and the
    # first 0 has been forgotten.
    assert matches[2:] == [[0, 0, 1, 0], [0, 0, 2, 0], [0, 1, 0, 1]]
    assert history.symbols.tolist() == [1, 0, 1, 1]


def test_loop_breaker_heats_up_in_a_loop_and_cools_down_after_it():
    notes = [([8.0, 8.0], token) for token in (1, 1, 1, 0, 0)]
    shaped, _ = follow(LoopBreaker(1, 3, 2), notes, prompt=(1, 1, 1))
    # 1 1 1 | 1 1 1 0: the loop heats four notes, and the fourth draw ends it.
    assert [row[0] for row in shaped] == [4, 2, 1, 0.5, 8]


def test_the_heat_of_loop_breaker_does_not_overflow():
    shaped, _ = follow(LoopBreaker(1, 2, 1e30), [([1.0, -INF], 0)] * 4, prompt=(0, 0))
    np.testing.assert_array_equal(shaped[-1] < 1e-20, [True, True])
    assert not np.isnan(shaped[-1]).any()


@pytest.mark.parametrize("make", [Mirostat1, Mirostat2])
def test_mirostat_follows_the_drawn_symbols_only(make):
    strategy = make(2, eta=0.5)
    notes = [(log(0.5, 0.25, 0.125, 0.125), 0), (log(0.25, 0.25, 0.25, 0.25), 1)]
    _, state = follow(strategy, notes, prompt=(3, 3, 3))
    # 4 - 0.5 (1 bit - 2) = 4.5. The second symbol has the wanted surprisal.
    np.testing.assert_allclose(state.mu, 4.5, rtol=1e-6)


@pytest.mark.parametrize("make", [Mirostat1, Mirostat2])
def test_mirostat_ignores_a_drawn_symbol_of_probability_0(make):
    _, state = follow(make(2), [([-INF, -INF], 0), ([0.0, -INF], 1)])
    assert float(state.mu) == 4


def test_mirostat_2_truncates_by_mu():
    logits = log(0.5, 0.25, 0.125, 0.125)
    # mu starts at 2 bits. A symbol of 1 bit, as wanted, leaves it; one of 2 lowers it.
    shaped, _ = follow(Mirostat2(1, eta=0.5), [(logits, 0), (logits, 1), (logits, 0)])
    kept = [(row > -INF).tolist() for row in shaped]
    assert kept[:2] == [[True, True, False, False]] * 2
    assert kept[2] == [True, False, False, False]


def test_zipf_exponent_by_numpy():
    logits = np.random.default_rng(0).normal(size=20)
    p = np.sort(np.exp(logits) / np.exp(logits).sum())[::-1][:8]
    i = np.arange(1, 8)
    t, b = np.log((i + 1) / i), np.log(p[:-1] / p[1:])
    wanted = (t @ b) / (t @ t)
    np.testing.assert_allclose(zipf_exponent(jnp.float32(logits), 8), wanted, rtol=1e-5)


def test_look_back_keeps_the_top_k_when_a_distribution_repeats():
    a, b = log(0.5, 0.3, 0.2), log(0.1, 0.2, 0.7)
    # KL(b || a) = 0.1 ln 0.2 + 0.2 ln 2/3 + 0.7 ln 3.5 = 0.635 nats
    notes = [(a, 0), (a, 1), (b, 0), (b, 0)]
    top_1, top_2 = ([True, False, False], [True, True, False])
    shaped, _ = follow(LookBack(0.63, 2), notes)
    kept = [(row > -INF).tolist() for row in shaped]
    assert kept == [top_1, top_2, [False, False, True], [False, True, True]]
    shaped, _ = follow(LookBack(0.64, 2), notes[:3])
    assert (shaped[2] > -INF).tolist() == [False, True, True]


def test_look_back_forgets():
    a, b = log(1, 0, 0), log(0, 0.4, 0.6)
    shaped, _ = follow(LookBack(1, 2, memory=2), [(a, 0), (b, 0), (a, 0)])
    assert (shaped[2] > -INF).sum() == 1  # only one is possible
    logits = log(0.6, 0.4, 0)
    shaped, _ = follow(LookBack(0, 2, memory=1), [(logits, 0), (b, 0), (logits, 0)])
    assert (shaped[2] > -INF).tolist() == [True, False, False]
    shaped, _ = follow(LookBack(0, 2, memory=2), [(logits, 0), (b, 0), (logits, 0)])
    assert (shaped[2] > -INF).tolist() == [True, True, False]


def test_adaptive_p_aims_lower_after_a_probable_symbol():
    logits = log(0.8, 0.2)
    strategy = AdaptiveP(0.5, decay=0.5)
    shaped, state = follow(strategy, [(logits, 0), (logits, 0)], prompt=(1, 1))
    # W, N = 1, 2 at first; then 0.5 + 0.8, 1 + 1: a = 0.65, aim = 0.35.
    d = np.array([0.45, 0.15]) / 0.3
    np.testing.assert_allclose(shaped[1], 5 - 10 * d * d / (1 + d), rtol=1e-5)
    np.testing.assert_allclose(state.weighted, 0.65 + 0.8, rtol=1e-6)
    np.testing.assert_allclose(state.weight, 2, rtol=1e-6)


def test_adaptive_p_survives_an_empty_distribution():
    shaped, _ = follow(AdaptiveP(0.5), [([-INF, -INF], 0), ([0.0, 0.0], 0)])
    assert np.isfinite(shaped[1]).all()


def decided(model):
    """Scale the weights up; a new model finds all symbols about equally likely."""
    return jax.tree.map(lambda leaf: 4 * leaf, model)


@pytest.fixture(scope="module")
def model():
    return decided(MusicLSTM(7, (8, 5), key=jax.random.key(1)))


@pytest.fixture(scope="module")
def amateur():
    return decided(MusicLSTM(7, (3,), key=jax.random.key(2)))


@jax.jit
def logits_after(model, symbols):
    """Return the logits of a model after each symbol of one stream."""
    return model.unroll(symbols[None])[1][0]


PROMPTS = jnp.int32([[1, 2, 3], [4, 4, 0]])
CONTEXTS = {"carried": Carried(), "window": SlidingWindow(3)}


@pytest.mark.parametrize("scale", [0, 1, 2.5])
def test_guidance_is_between_and_beyond_two_runs_of_the_model(model, scale):
    prompt, other, drawn = [1, 2, 3], [5, 6], [0, 4, 4, 2]
    c, u = (
        np.array(logits_after(model, jnp.int32([*read, *drawn])))[len(read) - 1 :]
        for read in (prompt, other)
    )
    c[:, 2] = -INF
    shaped, _ = follow(
        Guidance(scale, model, other, Carried()),
        zip(3 + c, [*drawn, 0], strict=True),
        prompt,
    )
    possible = np.arange(7) != 2
    c, u = (np.asarray(jax.nn.log_softmax(x))[:, possible] for x in (c, u))
    wanted = u + scale * (c - u)
    np.testing.assert_allclose(np.stack(shaped)[:, possible], wanted, rtol=1e-4)
    assert np.isneginf(np.stack(shaped)[:, 2]).all()


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS.keys())
def test_guidance_in_the_engine(model, context):
    """Scale 1 gives the symbols of the model; scale 0 those after the other prompt."""

    def tokens(prompts, *strategy):
        drawn = generate(
            model,
            prompts,
            KEY,
            length=12,
            strategy=Chain(*strategy),
            context=context,
        )
        return np.asarray(drawn.tokens)

    # The prompts have equal lengths, because the noise depends on the position.
    others = jnp.int32([[5, 0, 6]] * 2)
    plain, elsewhere = tokens(PROMPTS), tokens(others)
    one, zero = (
        tokens(PROMPTS, Guidance(scale, model, [5, 0, 6], context)) for scale in (1, 0)
    )
    np.testing.assert_array_equal(one, plain)
    np.testing.assert_array_equal(zero, elsewhere)
    assert (plain != elsewhere).any()


def test_contrastive_by_numpy(model, amateur):
    alpha, seen = 0.6, [1, 2, 3, 0]
    strategy = Contrastive(amateur, alpha)
    logits, others = (
        np.asarray(logits_after(each, jnp.int32(seen)))[-1] for each in (model, amateur)
    )
    p, q = (softmax(np.float64(each)) for each in (logits, others))
    kept = p >= alpha * p.max()
    wanted = np.where(kept, np.log(p) - np.log(q), -INF)
    assert 1 < kept.sum() < 7
    np.testing.assert_allclose(shape(strategy, logits, seen), wanted, rtol=1e-4)


def test_contrastive_does_not_divide_by_0(amateur):
    sure = jax.tree.map(lambda leaf: 0 * leaf, amateur)
    sure.head_bias[...] = jnp.arange(7.0) * -100
    shaped = shape(Contrastive(sure, 1e-6), [0.0] * 7, (0,))
    wanted = [math.log(1 / 7) + 69.0776 if x else math.log(1 / 7) for x in range(7)]
    np.testing.assert_allclose(shaped, wanted, rtol=1e-5)


def everything(model, amateur):
    return Chain(
        FrequencyPenalty(0.1),
        PresencePenalty(0.1),
        DRY(0.5, breakers=[0]),
        Guidance(1.2, model, [1], Carried()),
        Contrastive(amateur, 0.01),
        Mirostat1(3.0),
        Mirostat2(3.0),
        NoRepeatNgram(4, memory=8),
        LookBack(0.0, 5, memory=4),
        AdaptiveP(0.4),
        LoopBreaker(3, 2),
        Force([2, 5], [3, 0]),
    )


def test_all_run_in_one_scan_and_forced_notes_are_drawn(model, amateur):
    drawn = generate(model, PROMPTS, KEY, length=9, strategy=everything(model, amateur))
    assert drawn.tokens[:, 2].tolist() == [3, 3]
    assert drawn.tokens[:, 5].tolist() == [0, 0]
    assert np.isfinite(np.asarray(drawn.strategy_log_probs)).all()


def test_the_state_keeps_its_types(model, amateur):
    """As the carry of a scan, a state keeps shapes and dtypes and has no weak types."""
    strategy = everything(model, amateur)
    before = jax.eval_shape(lambda: strategy.init(7))
    logits, token = jnp.zeros(7), jnp.int32(0)
    _, applied = jax.eval_shape(lambda s: strategy.apply(logits, s, KEY), before)
    after = jax.eval_shape(lambda s: strategy.observe(token, s), applied)
    for state in (applied, after):
        assert jax.tree.structure(state) == jax.tree.structure(before)
        for new, old in zip(
            jax.tree.leaves(state), jax.tree.leaves(before), strict=True
        ):
            assert (new.shape, new.dtype) == (old.shape, old.dtype)
            assert not new.weak_type


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (
            FrequencyPenalty,
            (INF,),
            "penalty is inf; .* a finite number",
        ),
        (
            PresencePenalty,
            ("high",),
            "penalty is high; .* a finite number",
        ),
        (
            NoRepeatNgram,
            (0,),
            "n is 0; it must be a whole number, 1 or more",
        ),
        (NoRepeatNgram, (2.5,), "n is 2.5"),
        (
            NoRepeatNgram,
            (2, 0),
            "memory is 0; it must be a whole number, 1 or more",
        ),
        (
            Mirostat1,
            (3, 1, 9.0),
            "m is 9.0; it must be a whole number, 2 or more",
        ),
        (DRY, (-1,), "multiplier is -1; it must be 0 or more"),
        (DRY, (1, 0.9), "base is 0.9; it must be 1 or more"),
        (
            DRY,
            (1, 2, 0),
            "allowed_length is 0; it must be a whole number, 1 or more",
        ),
        (
            DRY,
            (1, 2, 2, [-3]),
            r"breakers is \[-3\]; it must be whole numbers, 0 or more each",
        ),
        (DRY, (1, 2, 2, (), 0), "memory is 0"),
        (
            LoopBreaker,
            (0, 2),
            "n is 0; it must be a whole number, 1 or more",
        ),
        (
            LoopBreaker,
            (2, 1),
            "repeats is 1; it must be a whole number, 2 or more",
        ),
        (
            LoopBreaker,
            (2, 2, 0.5),
            "factor is 0.5; it must be 1 or more",
        ),
        (Mirostat1, (0,), "tau is 0; it must be above 0 bits"),
        (Mirostat1, (3, -1), "eta is -1; it must be above 0"),
        (
            Mirostat1,
            (3, 1, 1),
            "m is 1; it must be a whole number, 2 or more",
        ),
        (Mirostat2, (-1,), "tau is -1"),
        (Mirostat2, (1, 0), "eta is 0; it must be above 0"),
        (LookBack, (-0.1, 5), "alpha is -0.1; it must be 0 nats or more"),
        (LookBack, (1, 0), "k is 0; it must be a whole number, 1 or more"),
        (
            LookBack,
            (1, 2, 0),
            "memory is 0; it must be a whole number, 1 or more",
        ),
        (AdaptiveP, (0,), r"target is 0; it must be in \(0, 1\)"),
        (AdaptiveP, (0.5, 1), r"decay is 1; it must be in \[0, 1\)"),
        (Force, ([], []), r"positions is \[\]; it must be one or more"),
        (
            Force,
            ([1, 1], [2, 3]),
            r"positions is \[1, 1\]; it must be different numbers",
        ),
        (Force, ([1], [2, 3]), r"tokens is \[2, 3\]; it must be 1 ids"),
        (Force, ([-1], [2]), r"positions is \[-1\]; .* 0 or more each"),
        (Force, ([1], [-2]), r"tokens is \[-2\]; .* 0 or more each"),
        (
            Guidance,
            (INF, None, [1], None),
            "scale is inf; .* a finite number",
        ),
        (
            Guidance,
            (1, None, [], None),
            r"prompt is \[\]; it must be one or more",
        ),
        (
            Guidance,
            (1, None, [-1], None),
            r"prompt is \[-1\]; .* 0 or more each",
        ),
        (Contrastive, (None, 0), r"alpha is 0; it must be in \(0, 1\]"),
    ],
)
def test_a_wrong_hyperparameter_is_named(make, arguments, message):
    message = message.replace(" is ", f" of {make.__name__} is ", 1)
    with pytest.raises(ValueError, match=message):
        make(*arguments)
