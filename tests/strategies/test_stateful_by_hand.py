"""Strategies with a memory, on sequences short enough to follow by hand."""

import math

import numpy as np
import pytest

from lstm_music_jax.strategies import (
    adaptive_p,
    chain,
    dry,
    forbid,
    force,
    frequency_penalty,
    look_back,
    loop_breaker,
    mirostat_1,
    mirostat_2,
    no_repeat_ngram,
    presence_penalty,
)
from tests.strategies.steps import INF, log, shape

FLAT = [0.0] * 4
# strategy, logits, symbols seen, the logits to expect
CASES = {
    "frequency_penalty": (
        frequency_penalty(0.5),
        [1, 2, -INF, 3],
        (0, 0, 1, 2, 0),
        [-0.5, 1.5, -INF, 3],
    ),
    "presence_penalty": (
        presence_penalty(0.5),
        [1, 2, -INF, 3],
        (0, 0, 1, 2, 0),
        [0.5, 1.5, -INF, 3],
    ),
    "presence_penalty below 0 rewards": (
        presence_penalty(-1),
        FLAT,
        (3,),
        [0, 0, 0, 1],
    ),
    "no_repeat_ngram: 0 1 came before 2": (
        no_repeat_ngram(3),
        FLAT,
        (0, 1, 2, 0, 1),
        [0, 0, -INF, 0],
    ),
    "no_repeat_ngram: every continuation": (
        no_repeat_ngram(2),
        FLAT,
        (0, 1, 0, 2, 0),
        [0, -INF, -INF, 0],
    ),
    "no_repeat_ngram: too short yet": (no_repeat_ngram(3), FLAT, (1,), FLAT),
    "no_repeat_ngram: may overlap": (
        no_repeat_ngram(3),
        FLAT,
        (1, 1, 1),
        [0, -INF, 0, 0],
    ),
    "no_repeat_ngram: 1 forbids all": (
        no_repeat_ngram(1),
        FLAT,
        (0, 3, 0),
        [-INF, 0, 0, -INF],
    ),
    "no_repeat_ngram: just remembered": (
        no_repeat_ngram(3, memory=5),
        FLAT,
        (0, 1, 2, 0, 1),
        [0, 0, -INF, 0],
    ),
    "no_repeat_ngram: partly forgotten": (
        no_repeat_ngram(3, memory=4),
        FLAT,
        (0, 1, 2, 0, 1),
        FLAT,
    ),
    "no_repeat_ngram: 1 forgets": (
        no_repeat_ngram(1, memory=2),
        FLAT,
        (0, 3, 1),
        [0, -INF, 0, -INF],
    ),
    # Ends in 0 1; 0 1 was followed by 2, and a lone 1 by 3: too short.
    "dry": (
        dry(2, base=3, allowed_length=2),
        FLAT,
        (1, 3, 0, 1, 2, 0, 1),
        [0, 0, -2, 0],
    ),
    "dry: lone symbols too": (
        dry(2, base=3, allowed_length=1),
        FLAT,
        (1, 3, 0, 1, 2, 0, 1),
        [0, 0, -6, -2],
    ),
    # Ends in 3 0 1; 3 0 1 was followed by 2 once, 0 1 by 2 later.
    "dry: the longest match counts": (
        dry(1, base=2, allowed_length=1),
        FLAT,
        (3, 0, 1, 2, 0, 1, 2, 3, 0, 1),
        [0, 0, -4, 0],
    ),
    "dry: no match over a breaker": (
        dry(1, base=2, allowed_length=1, breakers=[0]),
        FLAT,
        (3, 0, 1, 2, 3, 0, 1),
        [0, 0, -1, 0],
    ),
    "dry: none after a breaker": (
        dry(1, base=2, allowed_length=1, breakers=[0]),
        FLAT,
        (0, 1, 0),
        FLAT,
    ),
    "dry: breakers go free": (
        dry(1, base=2, allowed_length=1, breakers=[2]),
        FLAT,
        (1, 2, 1),
        FLAT,
    ),
    "dry: memory": (
        dry(1, base=2, allowed_length=1, memory=5),
        FLAT,
        (3, 0, 1, 2, 0, 1),
        [0, 0, -2, 0],
    ),
    "dry: memory ends within the match": (
        dry(1, base=2, allowed_length=1, memory=4),
        FLAT,
        (3, 0, 1, 2, 0, 1),
        [0, 0, -1, 0],
    ),
    "dry: -inf stays": (dry(1), [-INF, 0], (1, 1, 0, 1, 1), [-INF, 0]),
    "dry: the power is of 50 at most": (
        dry(1e-6, base=1.5, allowed_length=1),
        [0, 0],
        (0,) * 70,
        [-1e-6 * 1.5**49, 0],
    ),
    "dry: multiplier 0": (dry(0, base=1e9), [0, 0], (0,) * 70, [0, 0]),
    "force": (force([0, 2], [3, 1]), FLAT, (), [-INF, -INF, -INF, 0]),
    "force: the prompt does not count": (
        force([0], [1]),
        [2, 3, 4, 5],
        (0, 0),
        [-INF, 3, -INF, -INF],
    ),
    "force: other notes are free": (force([1], [1]), FLAT, (), FLAT),
    "force: what was forbidden": (
        chain(forbid([1]), force([0], [1])),
        FLAT,
        (),
        [-INF, 0, -INF, -INF],
    ),
    "loop_breaker: two are no loop of three": (loop_breaker(2, 3), FLAT, (1, 1), FLAT),
    "loop_breaker: one symbol three times": (
        loop_breaker(2, 3, 2),
        [2, 4, -INF, 8],
        (1, 1, 1),
        [1, 2, -INF, 4],
    ),
    "loop_breaker: period 2, not yet": (
        loop_breaker(2, 2, 2),
        [2, 4],
        (0, 1, 0),
        [2, 4],
    ),
    "loop_breaker: period 2": (loop_breaker(2, 2, 2), [2, 4], (0, 1, 0, 1), [1, 2]),
    "loop_breaker: period 2 is too long": (
        loop_breaker(1, 2, 2),
        [2, 4],
        (0, 1, 0, 1),
        [2, 4],
    ),
    # mu is 2 tau at first: 2 bits keep p of 1/4 and more.
    "mirostat_2": (
        mirostat_2(1),
        log(0.5, 0.26, 0.2, 0.04),
        (0, 3),
        log(0.5, 0.26, 0, 0),
    ),
    "mirostat_2: one always stays": (
        mirostat_2(0.01),
        log(0.4, 0.6),
        (),
        log(0, 0.6),
    ),
    # Zipf with s = 1 at v = 4: k = 2^mu / ln 4 = 2^2 / 1.386 = 2.885, rounded 3.
    "mirostat_1": (
        mirostat_1(1),
        log(12 / 25, 6 / 25, 4 / 25, 3 / 25),
        (2,),
        log(12 / 25, 6 / 25, 4 / 25, 0),
    ),
    # s = 2: k^2 = 1 * 2^2 / (1 - 1/4) = 5.33, k = 2.31, rounded 2.
    "mirostat_1: steeper": (
        mirostat_1(1),
        -2 * log(1, 2, 3, 4),
        (),
        [0, -2 * math.log(2), -INF, -INF],
    ),
    "mirostat_1: flat keeps all": (mirostat_1(0.1), FLAT, (), FLAT),
    "mirostat_1: nothing to fit": (mirostat_1(1), [1, -INF], (), [1, -INF]),
    "mirostat_1: one symbol": (mirostat_1(1), [1], (), [1]),
    "look_back: none met yet": (look_back(1.0, 2), [1, 2, 3], (0,), [-INF, -INF, 3]),
    # a = target, so aim = target: d = |p - 0.5| / 0.3.
    "adaptive_p": (
        adaptive_p(0.5),
        log(0.5, 0.2, 0.2, 0.1, 0),
        (3,),
        [5, 0, 0, 5 - 10 * (4 / 3) ** 2 / (7 / 3), -INF],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_by_hand(case):
    strategy, logits, seen, wanted = CASES[case]
    np.testing.assert_allclose(shape(strategy, logits, seen), wanted, rtol=1e-5)
