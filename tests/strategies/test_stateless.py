"""Every stateless strategy on distributions small enough to work out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.strategies import (
    allow,
    bias,
    chain,
    dynamic_temperature,
    edt,
    epsilon_cutoff,
    eta_cutoff,
    llama_cpp_order,
    quadratic_smoothing,
    tail_free,
    top_a,
    top_h,
    top_n_sigma,
    transformers_order,
    typical,
    xtc,
)
from lstm_music_jax.strategies.entropy import entropy
from tests.strategies.test_strategies import INF, KEY, log, shape

LN2 = np.log(2)
# Of entropy 1.75 ln 2, which is 7/8 of ln 4.
HALVES = log(0.5, 0.25, 0.125, 0.125)
FALLING = log(0.5, 0.3, 0.15, 0.05)
# Second differences 0, 0.14, 0.17: running sums 0, 0.45, 1 of all of it.
BENT = log(0.35, 0.3, 0.25, 0.06, 0.04)

# strategy, logits, the logits to expect
CASES = {
    "dynamic_temperature: certain": (dynamic_temperature(2, 4), [6, -INF], [3, -INF]),
    "dynamic_temperature: flat": (
        dynamic_temperature(2, 4),
        [8, 8, -INF],
        [2, 2, -INF],
    ),
    "dynamic_temperature": (dynamic_temperature(1, 9), HALVES, HALVES / 8),
    "dynamic_temperature, squared": (
        dynamic_temperature(1, 65, 2),
        HALVES,
        HALVES / 50,
    ),
    "dynamic_temperature: no range": (dynamic_temperature(2, 2), [4, -2], [2, -1]),
    "edt": (
        edt(2, 1.5 * LN2, 0.5),
        3 + log(0.25, 0.5, 0.25),
        log(0.5, 1, 0.5),
    ),
    "edt: colder": (
        edt(2, 3 * LN2, 0.5),
        log(0.25, 0.5, 0.25),
        2 * log(0.5, 1, 0.5),
    ),
    "edt: theta 0": (edt(2, 0), [3, 1, -INF], [0, -1, -INF]),
    "edt: certain": (edt(2, 0.1), [-INF, 3], [-INF, 0]),
    "edt: certain, theta 0": (edt(2, 0), [-INF, 3], [-INF, 0]),
    "edt: the coldest": (edt(2, 0.1), [50, 0], [0, -5e7]),
    "top_a": (top_a(0.4), FALLING, log(0.5, 0.3, 0.15, 0)),
    "top_a: 1": (top_a(1), log(0.5, 0.3, 0.2), log(0.5, 0.3, 0)),
    "top_a: certain": (top_a(1), [-INF, 7], [-INF, 7]),
    "top_a: 0 keeps all": (top_a(0), [0, -300, -INF], [0, -300, -INF]),
    "typical: not the most probable": (
        typical(0.2),
        HALVES,
        log(0, 0.25, 0, 0),
    ),
    "typical: crossing symbol stays": (typical(0.3), HALVES, log(0.5, 0.25, 0, 0)),
    "typical: all of equals": (typical(0.8), HALVES, HALVES),
    "typical: 1 keeps all": (typical(1), [0, -300, -INF], [0, -300, -INF]),
    "epsilon_cutoff": (epsilon_cutoff(0.2), FALLING, log(0.5, 0.3, 0, 0)),
    "epsilon_cutoff: one always stays": (
        epsilon_cutoff(0.9),
        log(0.4, 0.2, 0.4),
        log(0.4, 0, 0.4),
    ),
    # sqrt(0.25) 2^-1.75 is 0.149.
    "eta_cutoff: by entropy": (eta_cutoff(0.25), HALVES, log(0.5, 0.25, 0, 0)),
    # sqrt(0.01) 2^-1.75 is 0.030.
    "eta_cutoff: by epsilon": (
        eta_cutoff(0.01),
        log(0.5, 0.25, 0.245, 0.005),
        log(0.5, 0.25, 0.245, 0),
    ),
    "eta_cutoff: flat": (eta_cutoff(0.99), [2, 2, 2], [2, 2, 2]),
    # sigma sqrt(2)
    "top_n_sigma": (top_n_sigma(1), [3, 1, 1, -1], [3, -INF, -INF, -INF]),
    "top_n_sigma: 1.5": (top_n_sigma(1.5), [3, 1, 1, -1], [3, 1, 1, -INF]),
    "top_n_sigma: forbidden": (top_n_sigma(1), [-INF, 3, -1], [-INF, 3, -INF]),
    "top_n_sigma: just reached": (top_n_sigma(2), [-INF, 3, -1], [-INF, 3, -1]),
    "top_n_sigma: flat": (top_n_sigma(0.1), [5, 5], [5, 5]),
    # Entropies in bits: of one 0, of two 0.918, of all 1.75.
    "top_h: one": (top_h(0.5), HALVES, log(0.5, 0, 0, 0)),
    "top_h: two": (top_h(0.6), HALVES, log(0.5, 0.25, 0, 0)),
    "top_h: equals stand or fall together": (
        top_h(0.99),
        HALVES,
        log(0.5, 0.25, 0, 0),
    ),
    "top_h: equals at the top stay": (top_h(0.1), [2, 1, 2], [2, -INF, 2]),
    "top_h: forbidden": (top_h(0.6), [0, -INF, -INF], [0, -INF, -INF]),
    "top_h: 1 keeps all": (top_h(1), [0, -300, -INF], [0, -300, -INF]),
    "tail_free": (tail_free(0.6), BENT, log(0.35, 0.3, 0, 0, 0)),
    "tail_free: in any order": (
        tail_free(0.6),
        BENT[::-1],
        log(0, 0, 0, 0.3, 0.35),
    ),
    "tail_free: one always stays": (
        tail_free(0.3),
        log(0.6, 0.2, 0.15, 0.05),
        log(0.6, 0, 0, 0),
    ),
    "tail_free: all of equals": (
        tail_free(0.7),
        log(0.4, 0.1, 0.1, 0.4),
        log(0.4, 0, 0, 0.4),
    ),
    "tail_free: flat": (tail_free(0.5), [1, 1, 1, 1], [1, 1, 1, 1]),
    "tail_free: of two": (tail_free(0.01), [1, 0], [1, 0]),
    "tail_free: 1 keeps all": (tail_free(1), BENT, BENT),
    "quadratic_smoothing": (
        quadratic_smoothing(0.5),
        [2, 1, 0, -INF],
        [2, 1.5, 0, -INF],
    ),
    "quadratic_smoothing: curve 2": (
        quadratic_smoothing(0.5, 2),
        [2, 1, 0, -INF],
        [2, 1.5, -1, -INF],
    ),
    "quadratic_smoothing: curve 3": (
        quadratic_smoothing(0.5, 3),
        [2, 1, 0, -INF],
        [2, 1.5, -2, -INF],
    ),
    "xtc": (xtc(0.2, 1), FALLING, log(0, 0.3, 0.15, 0.05)),
    "xtc: never": (xtc(0.2, 0), FALLING, FALLING),
    "xtc: one viable": (xtc(0.2, 1), log(0.15, 0.7, 0.15), log(0.15, 0.7, 0.15)),
    "xtc: none viable": (xtc(0.5, 1), log(0.4, 0.3, 0.3), log(0.4, 0.3, 0.3)),
    "xtc: equals at the least": (xtc(0.25, 1), log(0.3, 0.4, 0.3), log(0.3, 0, 0.3)),
    "bias": (bias([2, 0], [1.5, -2]), [1, 2, 3, -INF], [-1, 2, 4.5, -INF]),
    "bias: of a forbidden symbol": (bias([1], [9]), [1, -INF], [1, -INF]),
    "bias: twice, and beyond": (bias([0, 0, 7], [1, 2, 3]), [1, 1], [4, 1]),
    "allow": (allow([2, 0, 2, 7]), [1, 2, 3, 4], [1, -INF, 3, -INF]),
}


@pytest.mark.parametrize("case", CASES)
def test_by_hand(case):
    strategy, logits, wanted = CASES[case]
    np.testing.assert_allclose(
        shape(strategy, logits), wanted, rtol=2e-6, atol=1e-6, err_msg=case
    )


STRATEGIES = {
    "dynamic_temperature": dynamic_temperature(0.5, 2, 1.5),
    "edt": edt(1, 0.2),
    "top_a": top_a(0.2),
    "typical": typical(0.9),
    "epsilon_cutoff": epsilon_cutoff(0.1),
    "eta_cutoff": eta_cutoff(0.1),
    "top_n_sigma": top_n_sigma(1),
    "top_h": top_h(0.4),
    "tail_free": tail_free(0.9),
    "quadratic_smoothing, parabola": quadratic_smoothing(0.3),
    "quadratic_smoothing, cubic": quadratic_smoothing(0.3, 3),
    "xtc": xtc(0.1, 0.5),
    "bias": bias([1], [2.0]),
    "allow": allow([0, 1]),
}
AWKWARD = np.array(
    [
        [0, -INF, -INF, -INF],
        [1e38, -INF, -INF, -INF],
        [7, 7, 7, 7],
        [-1e30, -1e30, -INF, -1e30],
        [1e4, 0, -1e4, -INF],
        [88, 0, 0, 0],
        [17, 0, -1e-30, 1e-40],
        [1e25, 0, -1e25, -INF],
        [1e38, 0, -1e38, -INF],
    ],
    np.float32,
)


@pytest.mark.parametrize("name", STRATEGIES)
def test_awkward_logits_give_no_nan(name):
    strategy = STRATEGIES[name]
    shaped = jax.jit(jax.vmap(lambda row: strategy.apply(row, (), KEY)[0]))(AWKWARD)
    shaped = np.asarray(shaped)
    assert shaped.dtype == np.float32
    assert not np.isnan(shaped).any()
    assert (shaped < np.inf).all()
    assert np.isfinite(shaped).any(axis=-1).all()
    assert (shaped[np.isneginf(AWKWARD)] == -np.inf).all()


def test_entropy():
    for logits, wanted in (
        (HALVES, 1.75 * LN2),
        ([2, 2, -INF, 2, 2], 2 * LN2),
        ([-INF, 1], 0),
        ([0, -20], np.exp(-20) * 21),
        ([3e38, -3e38], 0),
    ):
        found = entropy(jnp.asarray(logits, jnp.float32))
        np.testing.assert_allclose(found, wanted, rtol=2e-6)


def test_xtc_is_tossed_for_every_note():
    logits = jnp.asarray(FALLING, jnp.float32)
    apply = jax.vmap(lambda key: xtc(0.2, 0.3).apply(logits, (), key)[0])
    excluded = np.isneginf(apply(jax.random.split(KEY, 4000))[:, 0])
    assert abs(excluded.mean() - 0.3) < 0.03


def test_what_renaming_the_symbols_does_not_rename_says_so():
    assert not bias([1], [1.0]).permutation_equivariant
    assert not chain(top_h(0.5), allow([1])).permutation_equivariant
    assert chain(top_h(0.5), xtc(0.1, 0.5)).permutation_equivariant


@pytest.mark.parametrize(
    ("make", "values", "message"),
    [
        (dynamic_temperature, (0, 1), "low is 0; it must be above 0"),
        (dynamic_temperature, (1, 0.5), "high is 0.5; it must be 1 or more"),
        (dynamic_temperature, (1, 2, 0), "exponent is 0; it must be above 0"),
        (edt, (0, 1), "temperature is 0; it must be above 0"),
        (edt, (1, -0.1), "theta is -0.1; it must be 0 or more"),
        (edt, (1, 1, 1.0), r"base is 1.0; it must be in \(0, 1\)"),
        (top_a, (1.1,), r"top_a is 1.1; it must be in \[0, 1\]"),
        (typical, (0,), r"typical is 0; it must be in \(0, 1\]"),
        (epsilon_cutoff, (1,), r"epsilon_cutoff is 1; it must be in \(0, 1\)"),
        (eta_cutoff, (0,), r"eta_cutoff is 0; it must be in \(0, 1\)"),
        (top_n_sigma, (0,), "top_n_sigma is 0; it must be above 0"),
        (top_h, (1.5,), r"top_h is 1.5; it must be in \(0, 1\]"),
        (tail_free, (0,), r"tail_free is 0; it must be in \(0, 1\]"),
        (quadratic_smoothing, (0,), "factor is 0; it must be above 0"),
        (quadratic_smoothing, (1, 3.5), r"curve is 3.5; it must be in \[1, 3\]"),
        (xtc, (0.6, 1), r"threshold is 0.6; it must be in \(0, 0.5\]"),
        (xtc, (0.1, 2), r"probability is 2; it must be in \[0, 1\]"),
        (bias, ([], []), "ids is empty"),
        (bias, ([1, 2], [1.0]), r"values is \[1.0\]; it must be 2, one for each id"),
        (bias, ([-1], [1.0]), r"ids is \[-1\]; it must be 0 or more"),
        (bias, ([1], [np.inf]), r"values is \[inf\]; it must be finite numbers"),
        (allow, ([],), "ids is empty"),
        (allow, ([0, -2],), r"ids is \[0, -2\]; it must be 0 or more"),
    ],
)
def test_a_wrong_hyperparameter_is_named(make, values, message):
    with pytest.raises(ValueError, match=message):
        make(*values)


def test_transformers_order():
    """Given in another order than they are applied in."""
    preset = transformers_order(
        eta_cutoff=0.01,
        epsilon_cutoff=0.02,
        typical=0.9,
        min_p=0.1,
        top_p=0.8,
        top_k=5,
        temperature=2,
        no_repeat_ngram=3,
        repetition_penalty=1.2,
    )
    assert [type(stage).__name__ for stage in preset.stages] == [
        "RepetitionPenalty",
        "NoRepeatNgram",
        "Temperature",
        "TopK",
        "TopP",
        "MinP",
        "Typical",
        "EpsilonCutoff",
        "EtaCutoff",
    ]
    assert preset.stages[0].by_sign
    assert float(preset.stages[7].epsilon) == np.float32(0.02)


def test_llama_cpp_order():
    """Given in another order than they are applied in."""
    preset = llama_cpp_order(
        temperature=2,
        xtc=(0.1, 0.5),
        min_p=0.1,
        top_p=0.8,
        typical=0.9,
        top_k=5,
        top_n_sigma=1,
        dry={"multiplier": 0.8, "allowed_length": 3},
        presence_penalty=0.25,
        frequency_penalty=0.5,
        repetition_penalty=1.2,
    )
    assert [type(stage).__name__ for stage in preset.stages] == [
        "RepetitionPenalty",
        "FrequencyPenalty",
        "PresencePenalty",
        "Dry",
        "TopNSigma",
        "TopK",
        "Typical",
        "TopP",
        "MinP",
        "XTC",
        "Temperature",
    ]
    repetition, frequency, presence, dry, *_, xtc_, _ = preset.stages
    assert repetition.by_sign
    assert (frequency.penalty, presence.penalty) == (0.5, 0.25)
    assert (dry.multiplier, dry.allowed_length) == (np.float32(0.8), 3)
    assert (xtc_.threshold, xtc_.probability) == (np.float32(0.1), 0.5)


def test_presets_chain_only_what_is_given():
    assert llama_cpp_order().stages == transformers_order().stages == ()
    logits = log(0.6, 0.3, 0.1)
    # At temperature 2 the two most probable hold 0.81 of it, at 1 they hold 0.9.
    for preset, wanted in (
        (transformers_order(top_p=0.85, temperature=2), log(0.6, 0.3, 0.1) / 2),
        (llama_cpp_order(top_p=0.85, temperature=2), log(0.6, 0.3, 0) / 2),
    ):
        np.testing.assert_allclose(shape(preset, logits), wanted, rtol=1e-6)
