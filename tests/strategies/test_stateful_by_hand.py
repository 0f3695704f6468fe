"""Strategies with a state, on sequences short enough to work out by hand."""

import math

import numpy as np
import pytest

from lstm_music_jax.strategies import (
    DRY,
    AdaptiveP,
    Chain,
    Forbid,
    Force,
    FrequencyPenalty,
    LookBack,
    LoopBreaker,
    Mirostat1,
    Mirostat2,
    NoRepeatNgram,
    PresencePenalty,
    SequenceBias,
    Watermark,
)
from tests.strategies.steps import INF, log, shape

FLAT = [0.0] * 4
# The sequences of transformers' own test of its sequence bias, and one more.
FROM_TRANSFORMERS = SequenceBias(
    [[1], [4], [1, 0], [0, 1, 2], [1, 3, 1, 3], [1, 3, 1, 3, 1, 3]],
    [100, 100, -100, -100, -100, -100],
)
ENDINGS = SequenceBias([[2], [1, 2], [0, 1, 2], [1, 1, 2]], [1, 2, 4, 8])
# strategy, logits, symbols seen, expected logits
CASES = {
    "FrequencyPenalty": (
        FrequencyPenalty(0.5),
        [1, 2, -INF, 3],
        (0, 0, 1, 2, 0),
        [-0.5, 1.5, -INF, 3],
    ),
    "PresencePenalty": (
        PresencePenalty(0.5),
        [1, 2, -INF, 3],
        (0, 0, 1, 2, 0),
        [0.5, 1.5, -INF, 3],
    ),
    "PresencePenalty below 0 rewards": (
        PresencePenalty(-1),
        FLAT,
        (3,),
        [0, 0, 0, 1],
    ),
    "NoRepeatNgram: 0 1 came before 2": (
        NoRepeatNgram(3),
        FLAT,
        (0, 1, 2, 0, 1),
        [0, 0, -INF, 0],
    ),
    "NoRepeatNgram: every continuation": (
        NoRepeatNgram(2),
        FLAT,
        (0, 1, 0, 2, 0),
        [0, -INF, -INF, 0],
    ),
    "NoRepeatNgram: too short yet": (NoRepeatNgram(3), FLAT, (1,), FLAT),
    "NoRepeatNgram: may overlap": (
        NoRepeatNgram(3),
        FLAT,
        (1, 1, 1),
        [0, -INF, 0, 0],
    ),
    "NoRepeatNgram: 1 forbids all": (
        NoRepeatNgram(1),
        FLAT,
        (0, 3, 0),
        [-INF, 0, 0, -INF],
    ),
    "NoRepeatNgram: just remembered": (
        NoRepeatNgram(3, memory=5),
        FLAT,
        (0, 1, 2, 0, 1),
        [0, 0, -INF, 0],
    ),
    "NoRepeatNgram: partly forgotten": (
        NoRepeatNgram(3, memory=4),
        FLAT,
        (0, 1, 2, 0, 1),
        FLAT,
    ),
    "NoRepeatNgram: 1 forgets": (
        NoRepeatNgram(1, memory=2),
        FLAT,
        (0, 3, 1),
        [0, -INF, 0, -INF],
    ),
    # The music ends in 0 1. 2 followed 0 1; 3 followed only 1, which is too short.
    "DRY": (
        DRY(2, base=3, allowed_length=2),
        FLAT,
        (1, 3, 0, 1, 2, 0, 1),
        [0, 0, -2, 0],
    ),
    "DRY: lone symbols too": (
        DRY(2, base=3, allowed_length=1),
        FLAT,
        (1, 3, 0, 1, 2, 0, 1),
        [0, 0, -6, -2],
    ),
    # The music ends in 3 0 1. 2 followed 3 0 1 once, and 0 1 later.
    "DRY: the longest match counts": (
        DRY(1, base=2, allowed_length=1),
        FLAT,
        (3, 0, 1, 2, 0, 1, 2, 3, 0, 1),
        [0, 0, -4, 0],
    ),
    "DRY: no match over a breaker": (
        DRY(1, base=2, allowed_length=1, breakers=[0]),
        FLAT,
        (3, 0, 1, 2, 3, 0, 1),
        [0, 0, -1, 0],
    ),
    "DRY: none after a breaker": (
        DRY(1, base=2, allowed_length=1, breakers=[0]),
        FLAT,
        (0, 1, 0),
        FLAT,
    ),
    "DRY: breakers go free": (
        DRY(1, base=2, allowed_length=1, breakers=[2]),
        FLAT,
        (1, 2, 1),
        FLAT,
    ),
    "DRY: memory": (
        DRY(1, base=2, allowed_length=1, memory=5),
        FLAT,
        (3, 0, 1, 2, 0, 1),
        [0, 0, -2, 0],
    ),
    "DRY: memory ends within the match": (
        DRY(1, base=2, allowed_length=1, memory=4),
        FLAT,
        (3, 0, 1, 2, 0, 1),
        [0, 0, -1, 0],
    ),
    "DRY: -inf stays": (DRY(1), [-INF, 0], (1, 1, 0, 1, 1), [-INF, 0]),
    "DRY: the power is of 50 at most": (
        DRY(1e-6, base=1.5, allowed_length=1),
        [0, 0],
        (0,) * 70,
        [-1e-6 * 1.5**49, 0],
    ),
    "DRY: multiplier 0": (DRY(0, base=1e9), [0, 0], (0,) * 70, [0, 0]),
    "Force": (Force([0, 2], [3, 1]), FLAT, (), [-INF, -INF, -INF, 0]),
    "Force: the prompt does not count": (
        Force([0], [1]),
        [2, 3, 4, 5],
        (0, 0),
        [-INF, 3, -INF, -INF],
    ),
    "Force: other notes are free": (Force([1], [1]), FLAT, (), FLAT),
    "Force: what was forbidden": (
        Chain(Forbid([1]), Force([0], [1])),
        FLAT,
        (),
        [-INF, 0, -INF, -INF],
    ),
    "LoopBreaker: two are not a loop of three": (LoopBreaker(2, 3), FLAT, (1, 1), FLAT),
    "LoopBreaker: one symbol three times": (
        LoopBreaker(2, 3, 2),
        [2, 4, -INF, 8],
        (1, 1, 1),
        [1, 2, -INF, 4],
    ),
    "LoopBreaker: period 2, not yet": (
        LoopBreaker(2, 2, 2),
        [2, 4],
        (0, 1, 0),
        [2, 4],
    ),
    "LoopBreaker: period 2": (LoopBreaker(2, 2, 2), [2, 4], (0, 1, 0, 1), [1, 2]),
    "LoopBreaker: period 2 is too long": (
        LoopBreaker(1, 2, 2),
        [2, 4],
        (0, 1, 0, 1),
        [2, 4],
    ),
    "SequenceBias: as in transformers": (
        FROM_TRANSFORMERS,
        [0] * 5,
        (0, 1, 3, 1),
        [-100, 100, 0, -100, 100],
    ),
    "SequenceBias: as in transformers, again": (
        FROM_TRANSFORMERS,
        [0] * 5,
        (0, 1, 0, 1),
        [-100, 100, -100, 0, 100],
    ),
    "SequenceBias: one symbol": (ENDINGS, FLAT, (), [0, 0, 1, 0]),
    "SequenceBias: all matching": (ENDINGS, FLAT, (0, 1), [0, 0, 7, 0]),
    "SequenceBias: other matching": (ENDINGS, FLAT, (0, 1, 1), [0, 0, 11, 0]),
    "SequenceBias: interrupted": (ENDINGS, FLAT, (0, 1, 3), [0, 0, 1, 0]),
    "SequenceBias: may overlap": (
        SequenceBias([[1, 1, 1]], [2]),
        FLAT,
        (1, 1, 1, 1),
        [0, 2, 0, 0],
    ),
    # After 0 0 1 the music ends in 0 1, which begins the second sequence.
    "SequenceBias: falls back": (
        SequenceBias([[0, 0, 0, 3], [0, 1, 2]], [1, 2]),
        FLAT,
        (0, 0, 1),
        [0, 0, 2, 0],
    ),
    "SequenceBias: the same twice": (
        SequenceBias([[1, 2], [1, 2]], [1, 2]),
        FLAT,
        (1,),
        [0, 0, 3, 0],
    ),
    "SequenceBias: forbids": (
        SequenceBias([[1, 2], [2]], [-INF, 5]),
        [0, 0, 3, 0],
        (1,),
        [0, 0, -INF, 0],
    ),
    "SequenceBias: -inf stays": (
        SequenceBias([[1, 2]], [5]),
        [0, 0, -INF, 0],
        (1,),
        [0, 0, -INF, 0],
    ),
    # One of 4 symbols is green. The scores are 2856213345, 2947049190, 4191045222 and
    # 2539980636. The last is the smallest.
    "Watermark": (Watermark(0), FLAT, (3, 0), [0, 0, 0, 2]),
    "Watermark: too early": (Watermark(0, width=3), FLAT, (3, 0), FLAT),
    "Watermark: -inf stays": (Watermark(0, gamma=0.99), [-INF] * 4, (0,), [-INF] * 4),
    # mu is 2 tau at first: 2 bits keep p of 1/4 and more.
    "Mirostat2": (
        Mirostat2(1),
        log(0.5, 0.26, 0.2, 0.04),
        (0, 3),
        log(0.5, 0.26, 0, 0),
    ),
    "Mirostat2: one always stays": (
        Mirostat2(0.01),
        log(0.4, 0.6),
        (),
        log(0, 0.6),
    ),
    # Zipf with s = 1 at v = 4: k = 2^mu / ln 4 = 2^2 / 1.386 = 2.885, rounded 3.
    "Mirostat1": (
        Mirostat1(1),
        log(12 / 25, 6 / 25, 4 / 25, 3 / 25),
        (2,),
        log(12 / 25, 6 / 25, 4 / 25, 0),
    ),
    # s = 2: k^2 = 1 * 2^2 / (1 - 1/4) = 5.33, k = 2.31, rounded 2.
    "Mirostat1: steeper": (
        Mirostat1(1),
        -2 * log(1, 2, 3, 4),
        (),
        [0, -2 * math.log(2), -INF, -INF],
    ),
    "Mirostat1: flat keeps all": (Mirostat1(0.1), FLAT, (), FLAT),
    "Mirostat1: nothing to fit": (Mirostat1(1), [1, -INF], (), [1, -INF]),
    "Mirostat1: one symbol": (Mirostat1(1), [1], (), [1]),
    "LookBack: none met yet": (LookBack(1.0, 2), [1, 2, 3], (0,), [-INF, -INF, 3]),
    # a = target, so aim = target: d = |p - 0.5| / 0.3.
    "AdaptiveP": (
        AdaptiveP(0.5),
        log(0.5, 0.2, 0.2, 0.1, 0),
        (3,),
        [5, 0, 0, 5 - 10 * (4 / 3) ** 2 / (7 / 3), -INF],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_by_hand(case):
    strategy, logits, seen, wanted = CASES[case]
    np.testing.assert_allclose(shape(strategy, logits, seen), wanted, rtol=1e-5)
