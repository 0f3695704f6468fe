"""Watermark: a test whether `strategies.Watermark` has marked a piece with a given key.

The strategy makes some symbols more probable, the green ones. A hash of its key and of
the last symbols of the piece says which symbols are green. A piece with more green
symbols than chance explains carries the watermark. This module computes the same green
symbols with NumPy, bit for bit. So detection needs neither a model nor JAX.
"""

import math
from operator import index
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt32
from scipy.stats import binom, hypergeom

from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample

_SECOND_ROUND = np.uint32(0x9E3779B9)


class WatermarkDetection(NamedTuple):
    """The evidence for a watermark in one piece.

    Attributes:
      p_value: the probability, over random keys, that this piece has at least as many
        green symbols if it is unmarked. It is exact: for a random key, it is alpha or
        less with a probability of at most alpha, even if the piece repeats itself. With
        one key, it may be so for a larger share of the unmarked pieces of one style,
        because these pieces have n-grams in common.
      z_score: the number of green symbols, in standard deviations above the mean of
        unmarked pieces; NaN if nothing is scored, or if all keys give equally many
        green symbols.
      green_share: the share of green symbols among those scored; NaN if nothing is
        scored.
      scored: the number of different n-grams that were scored. An n-gram is a symbol
        with the symbols before it that decide whether it is green.
    """

    p_value: float
    z_score: float
    green_share: float
    scored: int


def detect_watermark(
    ids: Int[np.ndarray, "t"],
    vocab_size: int,
    key: int,
    *,
    gamma: float = 0.25,
    width: int = 1,
    primer: int = 0,
) -> WatermarkDetection:
    """Test whether a piece carries the watermark of a key.

    An n-gram has n = width + 1 symbols. It is scored: its last symbol is green after
    the first `width` symbols, or it is not. Each different n-gram is scored once,
    because the answer is the same wherever it recurs. n-grams that differ only in the
    last symbol share one set of green symbols. So the number of green symbols in an
    unmarked piece is a sum of hypergeometric numbers, one number for each such set.
    The p-value, the mean and the variance are those of this sum. If no two n-grams
    share a set, the z-score is the paper's, (G - g T) / sqrt(T g (1 - g)) for G green
    symbols of T. Here g is gamma, rounded so that a whole number of symbols is green.

    The first `width` symbols are not scored, because they have too few symbols before
    them.

    Args:
      ids: the piece, or an excerpt of it.
      vocab_size: the number of symbols of the model that drew it.
      key: the `key` of `strategies.Watermark`.
      gamma: the `gamma` of `strategies.Watermark`: the share of all symbols that are
        green, before rounding to a whole number of symbols.
      width: the `width` of `strategies.Watermark`: how many symbols before a symbol
        decide whether it is green.
      primer: number of ids at the beginning that were given; they are not scored.

    Raises:
      ValueError: an argument is out of range.

    >>> import numpy as np
    >>> scale = np.arange(40)
    >>> detect_watermark(scale, vocab_size=40, key=1).scored
    39

    References:
      Kirchenbauer et al. 2023, A Watermark for Large Language Models,
      https://arxiv.org/abs/2301.10226.
    """
    ids = np.asarray(ids)
    _require(ids, vocab_size, key, gamma, width, primer)
    count = _green_count(gamma, vocab_size)
    start = max(primer - width, 0)
    ngrams = np.zeros((0, width + 1), ids.dtype)
    if len(ids) > start + width:
        ngrams = np.lib.stride_tricks.sliding_window_view(ids[start:], width + 1)
    ngrams = np.unique(ngrams, axis=0)
    contexts, group = np.unique(ngrams[:, :-1], axis=0, return_inverse=True)
    group = group.reshape(-1)
    tables = green_symbols(key, contexts, vocab_size, count)
    green = int(tables[group, ngrams[:, -1]].sum())
    scored, groups = len(ngrams), np.bincount(group, minlength=1)
    share = count / vocab_size
    variance = share * (1 - share) * np.sum(groups * (vocab_size - groups))
    variance /= max(vocab_size - 1, 1)
    z_score = (green - share * scored) / math.sqrt(variance) if variance else math.nan
    null = _green_distribution(groups, vocab_size, count)
    return WatermarkDetection(
        p_value=min(float(null[green:].sum()), 1.0),
        z_score=z_score,
        green_share=green / scored if scored else math.nan,
        scored=scored,
    )


def watermark(
    vocab_size: int, key: int, gamma: float = 0.25, width: int = 1
) -> PieceMeasure:
    """The measure that is the z-score of the watermark in the generated symbols.

    It is how many standard deviations the number of green symbols lies above the mean
    of unmarked pieces.

    Args:
      vocab_size: the number of symbols of the model that drew the pieces.
      key: the key of the watermark.
      gamma: the share of all symbols that are green.
      width: how many symbols before a symbol decide whether it is green.
    """

    def function(sample: Sample) -> float:
        ids, primer = sample.ids, sample.primer
        return detect_watermark(
            ids, vocab_size, key, gamma=gamma, width=width, primer=primer
        ).z_score

    return PieceMeasure(
        name="watermark",
        unit="standard deviations",
        source="Kirchenbauer et al. 2023, arXiv 2301.10226",
        direction=Direction.NONE,
        encodings=None,
        function=function,
    )


def green_symbols(
    key: int, contexts: Int[np.ndarray, "c w"], vocab_size: int, count: int
) -> Bool[np.ndarray, "c v"]:
    """Return a mask of the symbols that are green after each context.

    A context is the w symbols before a symbol. Green are the `count` symbols with the
    smallest hashes. A hash is made of the symbol, the key and the context.
    """
    first = np.broadcast_to(_mix(np.array([key], np.uint32)), len(contexts))
    for symbol in contexts.T.astype(np.uint32):
        first = _mix(first ^ symbol)
    second = _mix(first ^ _SECOND_ROUND)
    scores = _mix(np.arange(vocab_size, dtype=np.uint32) ^ first[:, None])
    scores = _mix(scores ^ second[:, None])
    return scores <= np.partition(scores, count - 1, axis=1)[:, count - 1, None]


def _mix(value: UInt32[np.ndarray, "..."]) -> UInt32[np.ndarray, "..."]:
    """Return a hash of each number: the finaliser of MurmurHash3."""
    value = (value ^ (value >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    value = (value ^ (value >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return value ^ (value >> np.uint32(16))


def _green_count(gamma: float, vocab_size: int) -> int:
    # The product is computed in float32, because the strategy stores gamma in float32.
    rounded = np.round(np.float32(gamma) * np.float32(vocab_size))
    return int(np.clip(rounded, 1, vocab_size - 1))


def _green_distribution(
    groups: Int[np.ndarray, "c"], vocab_size: int, count: int
) -> Float[np.ndarray, "scored_plus_1"]:
    """Return the probabilities that an unmarked piece has 0, 1, ... green symbols.

    The different n-grams of the piece form groups. The n-grams of a group differ only
    in the last symbol, so they share one set of `count` green symbols, of `vocab_size`
    symbols in all. `groups` holds the number of n-grams in each group. Entry g of the
    result is the probability that the last symbols of g n-grams, in all groups
    together, are green.
    """
    total = np.ones(1)
    for size, times in zip(*np.unique(groups, return_counts=True), strict=True):
        if size == 1:
            part = binom.pmf(np.arange(times + 1), times, count / vocab_size)
        else:
            one = hypergeom.pmf(np.arange(size + 1), vocab_size, count, size)
            part = _power(one, int(times))
        total = np.convolve(total, part)
    return total


def _power(one, times):
    """Return the distribution of a sum of `times` independent whole numbers.

    `one` holds the probabilities of 0, 1, ... for each of these numbers.
    """
    if times == 1:
        return one
    half = _power(one, times // 2)
    whole = np.convolve(half, half)
    return np.convolve(whole, one) if times % 2 else whole


def _require(ids, vocab_size, key, gamma, width, primer):
    """Raise ValueError for the first argument of `detect_watermark` out of its range.

    The vocabulary needs 2 symbols or more, and `width` is 1 or more. `key` is from 0 to
    2^31 - 1, `gamma` in (0, 1), and `primer` from 0 to the length of the piece. Every
    id must be one of the vocabulary.
    """
    for name, value, least, most in (
        ("vocab_size", vocab_size, 2, 2**31 - 1),
        ("key", key, 0, 2**31 - 1),
        ("width", width, 1, 2**31 - 1),
        ("primer", primer, 0, len(ids)),
    ):
        if not least <= index(value) <= most:
            raise ValueError(f"{name} is {value}; it must be in [{least}, {most}]")
    if not 0 < gamma < 1:
        raise ValueError(f"gamma is {gamma}; it must be in (0, 1)")
    wrong = ids[(ids < 0) | (ids >= vocab_size)]
    if len(wrong):
        raise ValueError(
            f"ids holds {wrong[0]}; ids must be from 0 to {vocab_size - 1}"
        )
