"""Every strategy on distributions small enough to work out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.strategies import (
    chain,
    forbid,
    greedy,
    min_p,
    repetition_penalty,
    temperature,
    top_k,
    top_p,
)

KEY = jax.random.key(0)
INF = np.inf


def shape(strategy, logits, seen=()):
    """Apply a strategy after it has been told of the symbols seen."""
    logits = jnp.asarray(logits, jnp.float32)
    state = strategy.init(len(logits))
    for token in seen:
        state = strategy.observe(jnp.int32(token), state)
    return np.asarray(strategy.apply(logits, state, KEY)[0])


def log(*probabilities):
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


# strategy, logits, symbols seen, the logits to expect
CASES = {
    "greedy": (greedy(), [1, 3, 2], (), [-INF, 3, -INF]),
    "greedy: first of equals": (greedy(), [3, 1, 3], (), [3, -INF, -INF]),
    "temperature": (temperature(2), [1, -3, -INF], (), [0.5, -1.5, -INF]),
    "top_k": (top_k(2), [1, 4, 2, 3], (), [-INF, 4, -INF, 3]),
    "top_k: all of equals": (top_k(2), [1, 3, 1, 1], (), [1, 3, 1, 1]),
    "top_k: more than there are": (top_k(9), [1, 3], (), [1, 3]),
    "top_k: -0 is 0": (top_k(1), [0.0, -0.0, -1], (), [0, 0, -INF]),
    "top_p: crossing symbol stays": (
        top_p(0.6),
        log(0.5, 0.125, 0.25, 0.125),
        (),
        log(0.5, 0, 0.25, 0),
    ),
    "top_p: reached exactly": (
        top_p(0.5),
        log(0.5, 0.25, 0.25),
        (),
        log(0.5, 0, 0),
    ),
    "top_p: one always stays": (top_p(1e-6), log(0.4, 0.6), (), log(0, 0.6)),
    "top_p: 1 keeps all": (top_p(1.0), log(0.9, 1e-9, 0.1), (), log(0.9, 1e-9, 0.1)),
    "min_p": (min_p(0.3), log(0.5, 0.2, 0.1, 0.2), (), log(0.5, 0.2, 0, 0.2)),
    "min_p: unnormalised": (min_p(0.5), [10.0, 9.5, 9.0], (), [10.0, 9.5, -INF]),
    "repetition_penalty": (
        repetition_penalty(2),
        [4, -4, 2, -2],
        (0, 1, 0),
        [2, -2, 2, -2],
    ),
    "repetition_penalty by sign": (
        repetition_penalty(2, by_sign=True),
        [4, -4, 2, -2],
        (0, 1, 0),
        [2, -8, 2, -2],
    ),
    "forbid": (forbid([2, 0]), [1, 2, 3], (), [-INF, 2, -INF]),
    "empty chain": (chain(), [1, 2, 3], (), [1, 2, 3]),
    "chain: penalty, then k": (
        chain(repetition_penalty(4), top_k(1)),
        [4, 3, 2],
        (0,),
        [-INF, 3, -INF],
    ),
    "chain: k, then penalty": (
        chain(top_k(1), repetition_penalty(4)),
        [4, 3, 2],
        (0,),
        [1, -INF, -INF],
    ),
    "chain: p at another temperature": (
        chain(temperature(0.5), top_p(0.75)),
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
        (temperature, 0, r"temperature is 0; it must be above 0 \(0: greedy\)"),
        (temperature, float("nan"), "temperature is nan"),
        (temperature, "warm", "temperature is warm"),
        (temperature, 1e-50, "temperature is 1e-50; it must be above 0"),
        (temperature, 1e39, r"temperature is 1e\+39; it must be above 0"),
        (top_k, 0, "top_k is 0; it must be 1 or more"),
        (top_k, 1.5, "top_k is 1.5"),
        (top_p, 1.5, r"top_p is 1.5; it must be in \(0, 1\]"),
        (top_p, 0.0, "top_p is 0.0"),
        (min_p, -0.1, r"min_p is -0.1; it must be in \(0, 1\]"),
        (repetition_penalty, 0, "repetition_penalty is 0; it must be above 0"),
        (forbid, [], "ids is empty"),
        (forbid, [-1], r"ids is \[-1\]; it must be 0 or more"),
    ],
)
def test_a_wrong_hyperparameter_is_named(make, value, message):
    with pytest.raises(ValueError, match=message):
        make(value)


def test_changing_a_hyperparameter_does_not_recompile():
    traces = []

    @jax.jit
    def apply(strategy, logits):
        traces.append(1)
        state = strategy.init(logits.shape[0])
        return strategy.apply(logits, state, jax.random.key(0))[0]

    logits = jnp.arange(5.0)
    for value in (1, 2.5, 3):
        apply(chain(temperature(value), top_k(int(value)), top_p(1 / value)), logits)
    assert len(traces) == 1


def test_stacked_leaves_are_a_sweep():
    logits = jnp.asarray(log(0.5, 0.3, 0.2), jnp.float32)
    stacked = top_p(np.array([0.4, 0.6, 0.9]))
    swept = jax.vmap(lambda strategy: strategy.apply(logits, (), KEY)[0])(stacked)
    for row, p in zip(swept, (0.4, 0.6, 0.9), strict=True):
        np.testing.assert_array_equal(row, shape(top_p(p), logits))
