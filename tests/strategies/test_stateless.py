"""Every stateless strategy on distributions small enough to work out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.strategies import (
    DRY,
    EDT,
    XTC,
    Allow,
    Bias,
    Chain,
    DynamicTemperature,
    EpsilonCutoff,
    EtaCutoff,
    FrequencyPenalty,
    LlamaCppOrder,
    MinP,
    NoRepeatNgram,
    PresencePenalty,
    QuadraticSmoothing,
    RepetitionPenalty,
    TailFree,
    Temperature,
    TopA,
    TopH,
    TopK,
    TopNSigma,
    TopP,
    TransformersOrder,
    Typical,
)
from lstm_music_jax.strategies.entropy import entropy
from tests.strategies.test_strategies import INF, KEY, log, shape

LN2 = np.log(2)
# The entropy is 1.75 ln 2, which is 7/8 of ln 4.
HALVES = log(0.5, 0.25, 0.125, 0.125)
FALLING = log(0.5, 0.3, 0.15, 0.05)
# The second differences are 0, 0.14, 0.17; their running shares are 0, 0.45, 1.
BENT = log(0.35, 0.3, 0.25, 0.06, 0.04)

# strategy, logits, expected logits
CASES = {
    "DynamicTemperature: certain": (DynamicTemperature(2, 4), [6, -INF], [3, -INF]),
    "DynamicTemperature: flat": (
        DynamicTemperature(2, 4),
        [8, 8, -INF],
        [2, 2, -INF],
    ),
    "DynamicTemperature": (DynamicTemperature(1, 9), HALVES, HALVES / 8),
    "DynamicTemperature, squared": (
        DynamicTemperature(1, 65, 2),
        HALVES,
        HALVES / 50,
    ),
    "DynamicTemperature: no range": (DynamicTemperature(2, 2), [4, -2], [2, -1]),
    "EDT": (
        EDT(2, 1.5 * LN2, 0.5),
        3 + log(0.25, 0.5, 0.25),
        log(0.5, 1, 0.5),
    ),
    "EDT: colder": (
        EDT(2, 3 * LN2, 0.5),
        log(0.25, 0.5, 0.25),
        2 * log(0.5, 1, 0.5),
    ),
    "EDT: theta 0": (EDT(2, 0), [3, 1, -INF], [0, -1, -INF]),
    "EDT: certain": (EDT(2, 0.1), [-INF, 3], [-INF, 0]),
    "EDT: certain, theta 0": (EDT(2, 0), [-INF, 3], [-INF, 0]),
    "EDT: the coldest": (EDT(2, 0.1), [50, 0], [0, -5e7]),
    "TopA": (TopA(0.4), FALLING, log(0.5, 0.3, 0.15, 0)),
    "TopA: 1": (TopA(1), log(0.5, 0.3, 0.2), log(0.5, 0.3, 0)),
    "TopA: certain": (TopA(1), [-INF, 7], [-INF, 7]),
    "TopA: 0 keeps all": (TopA(0), [0, -300, -INF], [0, -300, -INF]),
    "Typical: not the most probable": (
        Typical(0.2),
        HALVES,
        log(0, 0.25, 0, 0),
    ),
    "Typical: crossing symbol stays": (Typical(0.3), HALVES, log(0.5, 0.25, 0, 0)),
    "Typical: all of equals": (Typical(0.8), HALVES, HALVES),
    "Typical: 1 keeps all": (Typical(1), [0, -300, -INF], [0, -300, -INF]),
    "EpsilonCutoff": (EpsilonCutoff(0.2), FALLING, log(0.5, 0.3, 0, 0)),
    "EpsilonCutoff: one always stays": (
        EpsilonCutoff(0.9),
        log(0.4, 0.2, 0.4),
        log(0.4, 0, 0.4),
    ),
    # sqrt(0.25) 2^-1.75 is 0.149.
    "EtaCutoff: by entropy": (EtaCutoff(0.25), HALVES, log(0.5, 0.25, 0, 0)),
    # sqrt(0.01) 2^-1.75 is 0.030.
    "EtaCutoff: by epsilon": (
        EtaCutoff(0.01),
        log(0.5, 0.25, 0.245, 0.005),
        log(0.5, 0.25, 0.245, 0),
    ),
    "EtaCutoff: flat": (EtaCutoff(0.99), [2, 2, 2], [2, 2, 2]),
    # sigma is sqrt(2).
    "TopNSigma": (TopNSigma(1), [3, 1, 1, -1], [3, -INF, -INF, -INF]),
    "TopNSigma: 1.5": (TopNSigma(1.5), [3, 1, 1, -1], [3, 1, 1, -INF]),
    "TopNSigma: forbidden": (TopNSigma(1), [-INF, 3, -1], [-INF, 3, -INF]),
    "TopNSigma: just reached": (TopNSigma(2), [-INF, 3, -1], [-INF, 3, -1]),
    "TopNSigma: flat": (TopNSigma(0.1), [5, 5], [5, 5]),
    # Entropies in bits: 0 for one symbol, 0.918 for two, 1.75 for all.
    "TopH: one": (TopH(0.5), HALVES, log(0.5, 0, 0, 0)),
    "TopH: two": (TopH(0.6), HALVES, log(0.5, 0.25, 0, 0)),
    "TopH: equals stand or fall together": (
        TopH(0.99),
        HALVES,
        log(0.5, 0.25, 0, 0),
    ),
    "TopH: equals at the top stay": (TopH(0.1), [2, 1, 2], [2, -INF, 2]),
    "TopH: forbidden": (TopH(0.6), [0, -INF, -INF], [0, -INF, -INF]),
    "TopH: 1 keeps all": (TopH(1), [0, -300, -INF], [0, -300, -INF]),
    "TailFree": (TailFree(0.6), BENT, log(0.35, 0.3, 0, 0, 0)),
    "TailFree: in any order": (
        TailFree(0.6),
        BENT[::-1],
        log(0, 0, 0, 0.3, 0.35),
    ),
    "TailFree: one always stays": (
        TailFree(0.3),
        log(0.6, 0.2, 0.15, 0.05),
        log(0.6, 0, 0, 0),
    ),
    "TailFree: all of equals": (
        TailFree(0.7),
        log(0.4, 0.1, 0.1, 0.4),
        log(0.4, 0, 0, 0.4),
    ),
    "TailFree: flat": (TailFree(0.5), [1, 1, 1, 1], [1, 1, 1, 1]),
    "TailFree: of two": (TailFree(0.01), [1, 0], [1, 0]),
    "TailFree: 1 keeps all": (TailFree(1), BENT, BENT),
    "QuadraticSmoothing": (
        QuadraticSmoothing(0.5),
        [2, 1, 0, -INF],
        [2, 1.5, 0, -INF],
    ),
    "QuadraticSmoothing: curve 2": (
        QuadraticSmoothing(0.5, 2),
        [2, 1, 0, -INF],
        [2, 1.5, -1, -INF],
    ),
    "QuadraticSmoothing: curve 3": (
        QuadraticSmoothing(0.5, 3),
        [2, 1, 0, -INF],
        [2, 1.5, -2, -INF],
    ),
    "XTC": (XTC(0.2, 1), FALLING, log(0, 0.3, 0.15, 0.05)),
    "XTC: never": (XTC(0.2, 0), FALLING, FALLING),
    "XTC: one viable": (XTC(0.2, 1), log(0.15, 0.7, 0.15), log(0.15, 0.7, 0.15)),
    "XTC: none viable": (XTC(0.5, 1), log(0.4, 0.3, 0.3), log(0.4, 0.3, 0.3)),
    "XTC: equals at the least": (XTC(0.25, 1), log(0.3, 0.4, 0.3), log(0.3, 0, 0.3)),
    "Bias": (Bias([2, 0], [1.5, -2]), [1, 2, 3, -INF], [-1, 2, 4.5, -INF]),
    "Bias: of a forbidden symbol": (Bias([1], [9]), [1, -INF], [1, -INF]),
    "Bias: twice, and beyond": (Bias([0, 0, 7], [1, 2, 3]), [1, 1], [4, 1]),
    "Allow": (Allow([2, 0, 2, 7]), [1, 2, 3, 4], [1, -INF, 3, -INF]),
}


@pytest.mark.parametrize("case", CASES)
def test_by_hand(case):
    strategy, logits, wanted = CASES[case]
    np.testing.assert_allclose(
        shape(strategy, logits), wanted, rtol=2e-6, atol=1e-6, err_msg=case
    )


STRATEGIES = {
    "DynamicTemperature": DynamicTemperature(0.5, 2, 1.5),
    "EDT": EDT(1, 0.2),
    "TopA": TopA(0.2),
    "Typical": Typical(0.9),
    "EpsilonCutoff": EpsilonCutoff(0.1),
    "EtaCutoff": EtaCutoff(0.1),
    "TopNSigma": TopNSigma(1),
    "TopH": TopH(0.4),
    "TailFree": TailFree(0.9),
    "QuadraticSmoothing, parabola": QuadraticSmoothing(0.3),
    "QuadraticSmoothing, cubic": QuadraticSmoothing(0.3, 3),
    "XTC": XTC(0.1, 0.5),
    "Bias": Bias([1], [2.0]),
    "Allow": Allow([0, 1]),
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
    apply = jax.vmap(lambda key: XTC(0.2, 0.3).apply(logits, (), key)[0])
    excluded = np.isneginf(apply(jax.random.split(KEY, 4000))[:, 0])
    assert abs(excluded.mean() - 0.3) < 0.03


def test_strategies_that_name_ids_are_not_permutation_equivariant():
    assert not Bias([1], [1.0]).permutation_equivariant
    assert not Chain(TopH(0.5), Allow([1])).permutation_equivariant
    assert Chain(TopH(0.5), XTC(0.1, 0.5)).permutation_equivariant


@pytest.mark.parametrize(
    ("make", "values", "message"),
    [
        (
            DynamicTemperature,
            (0, 1),
            "low is 0; it must be 1e-06 or more",
        ),
        (
            DynamicTemperature,
            (1, 0.5),
            "high is 0.5; it must be 1.0 or more",
        ),
        (
            DynamicTemperature,
            (1, 2, 0),
            "exponent is 0; it must be above 0",
        ),
        (EDT, (0, 1), "temperature is 0; it must be above 0"),
        (EDT, (1, -0.1), "theta is -0.1; it must be 0 or more"),
        (EDT, (1, 1, 1.0), r"base is 1.0; it must be in \(0, 1\)"),
        (TopA, (1.1,), r"a is 1.1; it must be in \[0, 1\]"),
        (Typical, (0,), r"mass is 0; it must be in \(0, 1\]"),
        (EpsilonCutoff, (1,), r"epsilon is 1; it must be in \(0, 1\)"),
        (EtaCutoff, (0,), r"epsilon is 0; it must be in \(0, 1\)"),
        (TopNSigma, (0,), "n is 0; it must be above 0"),
        (TopH, (1.5,), r"alpha is 1.5; it must be in \(0, 1\]"),
        (TailFree, (0,), r"z is 0; it must be in \(0, 1\]"),
        (
            QuadraticSmoothing,
            (0,),
            "factor is 0; it must be above 0",
        ),
        (
            QuadraticSmoothing,
            (1, 3.5),
            r"curve is 3.5; it must be in \[1, 3\]",
        ),
        (XTC, (0.6, 1), r"threshold is 0.6; it must be in \(0, 0.5\]"),
        (XTC, (0.1, 2), r"probability is 2; it must be in \[0, 1\]"),
        (Bias, ([], []), r"ids is \[\]; it must be one or more"),
        (
            Bias,
            ([1, 2], [1.0]),
            r"values is \[1.0\]; it must be 2 numbers, one for each id",
        ),
        (Bias, ([-1], [1.0]), r"ids is \[-1\]; .* 0 or more each"),
        (
            Bias,
            ([1], [np.inf]),
            r"values is \[inf\]; it must be one or more finite numbers",
        ),
        (Allow, ([],), r"ids is \[\]; it must be one or more"),
        (Allow, ([0, -2],), r"ids is \[0, -2\]; .* 0 or more each"),
    ],
)
def test_a_wrong_hyperparameter_is_named(make, values, message):
    message = message.replace(" is ", f" of {make.__name__} is ", 1)
    with pytest.raises(ValueError, match=message):
        make(*values)


def test_transformers_order():
    """The order of the arguments does not matter."""
    preset = TransformersOrder(
        EtaCutoff(0.01),
        EpsilonCutoff(0.02),
        Typical(0.9),
        MinP(0.1),
        TopP(0.8),
        TopK(5),
        Temperature(2),
        NoRepeatNgram(3),
        RepetitionPenalty(1.2),
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
    """The order of the arguments does not matter."""
    preset = LlamaCppOrder(
        Temperature(2),
        XTC(0.1, 0.5),
        MinP(0.1),
        TopP(0.8),
        Typical(0.9),
        TopK(5),
        TopNSigma(1),
        DRY(0.8, allowed_length=3),
        PresencePenalty(0.25),
        FrequencyPenalty(0.5),
        RepetitionPenalty(1.2),
    )
    assert [type(stage).__name__ for stage in preset.stages] == [
        "RepetitionPenalty",
        "FrequencyPenalty",
        "PresencePenalty",
        "DRY",
        "TopNSigma",
        "TopK",
        "Typical",
        "TopP",
        "MinP",
        "XTC",
        "Temperature",
    ]
    repetition, frequency, presence, dry, *_, xtc, _ = preset.stages
    assert repetition.by_sign
    assert (frequency.penalty, presence.penalty) == (0.5, 0.25)
    assert (dry.multiplier, dry.allowed_length) == (np.float32(0.8), 3)
    assert (xtc.threshold, xtc.probability) == (np.float32(0.1), 0.5)


def test_presets_chain_only_what_is_given():
    assert LlamaCppOrder().stages == TransformersOrder().stages == ()
    logits = log(0.6, 0.3, 0.1)
    # The two most probable symbols have mass 0.81 at temperature 2, and 0.9 at 1.
    for preset, wanted in (
        (TransformersOrder(TopP(0.85), Temperature(2)), log(0.6, 0.3, 0.1) / 2),
        (LlamaCppOrder(TopP(0.85), Temperature(2)), log(0.6, 0.3, 0) / 2),
    ):
        np.testing.assert_allclose(shape(preset, logits), wanted, rtol=1e-6)


def test_a_preset_takes_each_of_its_classes_once():
    with pytest.raises(ValueError, match=r"stages of TransformersOrder is \[XTC\("):
        TransformersOrder(XTC(0.1, 0.5))
    with pytest.raises(ValueError, match="at most one each of RepetitionPenalty"):
        LlamaCppOrder(TopP(0.9), TopP(0.8))
