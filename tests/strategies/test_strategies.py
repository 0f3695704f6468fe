"""The most common strategies on distributions small enough to work out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.strategies import (
    Chain,
    DynamicTemperature,
    Forbid,
    Greedy,
    LoopBreaker,
    MinP,
    RepetitionPenalty,
    SequenceBias,
    Temperature,
    TopK,
    TopP,
)

KEY = jax.random.key(0)
INF = np.inf


def shape(strategy, logits, seen=()):
    """Return the shaped logits after the strategy has observed the symbols seen."""
    logits = jnp.asarray(logits, jnp.float32)
    state = strategy.init(len(logits))
    for token in seen:
        state = strategy.observe(jnp.int32(token), state)
    return np.asarray(strategy.apply(logits, state, KEY)[0])


def log(*probabilities):
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


# strategy, logits, symbols seen, expected logits
CASES = {
    "Greedy": (Greedy(), [1, 3, 2], (), [-INF, 3, -INF]),
    "Greedy: first of equals": (Greedy(), [3, 1, 3], (), [3, -INF, -INF]),
    "Temperature": (Temperature(2), [1, -3, -INF], (), [0.5, -1.5, -INF]),
    "TopK": (TopK(2), [1, 4, 2, 3], (), [-INF, 4, -INF, 3]),
    "TopK: all of equals": (TopK(2), [1, 3, 1, 1], (), [1, 3, 1, 1]),
    "TopK: more than there are": (TopK(9), [1, 3], (), [1, 3]),
    "TopK: -0 is 0": (TopK(1), [0.0, -0.0, -1], (), [0, 0, -INF]),
    "TopP: crossing symbol stays": (
        TopP(0.6),
        log(0.5, 0.125, 0.25, 0.125),
        (),
        log(0.5, 0, 0.25, 0),
    ),
    "TopP: reached exactly": (
        TopP(0.5),
        log(0.5, 0.25, 0.25),
        (),
        log(0.5, 0, 0),
    ),
    "TopP: one always stays": (TopP(1e-6), log(0.4, 0.6), (), log(0, 0.6)),
    "TopP: 1 keeps all": (TopP(1.0), log(0.9, 1e-9, 0.1), (), log(0.9, 1e-9, 0.1)),
    "MinP": (MinP(0.3), log(0.5, 0.2, 0.1, 0.2), (), log(0.5, 0.2, 0, 0.2)),
    "MinP: unnormalised": (MinP(0.5), [10.0, 9.5, 9.0], (), [10.0, 9.5, -INF]),
    "RepetitionPenalty": (
        RepetitionPenalty(2),
        [4, -4, 2, -2],
        (0, 1, 0),
        [2, -2, 2, -2],
    ),
    "RepetitionPenalty by sign": (
        RepetitionPenalty(2, by_sign=True),
        [4, -4, 2, -2],
        (0, 1, 0),
        [2, -8, 2, -2],
    ),
    "Forbid": (Forbid([2, 0]), [1, 2, 3], (), [-INF, 2, -INF]),
    "empty chain": (Chain(), [1, 2, 3], (), [1, 2, 3]),
    "Chain: penalty, then k": (
        Chain(RepetitionPenalty(4), TopK(1)),
        [4, 3, 2],
        (0,),
        [-INF, 3, -INF],
    ),
    "Chain: k, then penalty": (
        Chain(TopK(1), RepetitionPenalty(4)),
        [4, 3, 2],
        (0,),
        [1, -INF, -INF],
    ),
    "Chain: p at another temperature": (
        Chain(Temperature(0.5), TopP(0.75)),
        log(0.6, 0.3, 0.1),
        (),
        2 * log(0.6, 0, 0),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_by_hand(case):
    strategy, logits, seen, wanted = CASES[case]
    np.testing.assert_allclose(shape(strategy, logits, seen), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "value", "message"),
    [
        (
            Temperature,
            0,
            r"value is 0; it must be 1e-06 or more \(0: Greedy\)",
        ),
        (Temperature, float("nan"), "value is nan"),
        (Temperature, "warm", "value is warm"),
        (Temperature, 1e-50, "value is 1e-50; it must be 1e-06 or more"),
        (Temperature, 1e-38, "value is 1e-38; it must be 1e-06 or more"),
        (DynamicTemperature, (1e-38, 1), "low is 1e-38; it must be 1e-06 or more"),
        (Temperature, 1e39, r"value is 1e\+39; it must be 1e-06 or more"),
        (TopK, 0, "k is 0; it must be a whole number, 1 or more"),
        (TopK, 1.5, "k is 1.5"),
        (TopP, 1.5, r"p is 1.5; it must be in \(0, 1\]"),
        (TopP, 0.0, "p is 0.0"),
        (MinP, -0.1, r"p is -0.1; it must be in \(0, 1\]"),
        (RepetitionPenalty, 0, "penalty is 0; it must be above 0"),
        (Forbid, [], r"ids is \[\]; it must be one or more"),
        (TopK, 2**32 + 5, r"k is 4294967301; .* in \[1, 2147483647\]"),
        (
            SequenceBias,
            ([[1, 2**32]], [0.5]),
            r"sequences is \[\[1, 4294967296\]\]; .* in \[0, 2147483647\] each",
        ),
        (LoopBreaker, (2**32 + 8, 2, 1.5), r"n is 4294967304; .* in \[1, 2147483647\]"),
        (TopK, True, "k is True; it must be a whole number, 1 or more"),
        (
            Forbid,
            [2**32],
            r"ids is \[4294967296\]; .* in \[0, 2147483647\] each",
        ),
        (
            Forbid,
            [[1], [2, 3]],
            r"ids is \[\[1\], \[2, 3\]\]; it must be one or more",
        ),
        (Forbid, 3, "ids is 3; it must be one or more whole numbers"),
        (Forbid, [-1], r"ids is \[-1\]; .* 0 or more each"),
    ],
)
def test_a_wrong_hyperparameter_is_named(make, value, message):
    message = message.replace(" is ", f" of {make.__name__} is ", 1)
    with pytest.raises(ValueError, match=message):
        make(*value) if isinstance(value, tuple) else make(value)


def test_changing_a_hyperparameter_does_not_recompile():
    traces = []

    @jax.jit
    def apply(strategy, logits):
        traces.append(1)
        state = strategy.init(logits.shape[0])
        return strategy.apply(logits, state, jax.random.key(0))[0]

    logits = jnp.arange(5.0)
    for value in (1, 2.5, 3):
        apply(Chain(Temperature(value), TopK(int(value)), TopP(1 / value)), logits)
    assert len(traces) == 1


def test_stacked_leaves_are_a_sweep():
    logits = jnp.asarray(log(0.5, 0.3, 0.2), jnp.float32)
    stacked = TopP(np.array([0.4, 0.6, 0.9]))
    swept = jax.vmap(lambda strategy: strategy.apply(logits, (), KEY)[0])(stacked)
    for row, p in zip(swept, (0.4, 0.6, 0.9), strict=True):
        np.testing.assert_array_equal(row, shape(TopP(p), logits))
