"""Calibration: whether the probabilities of a model agree with its accuracy.

A model predicts each symbol of a piece. The confidence at this symbol is the largest
probability that the model gave to any symbol of the vocabulary. The model was correct
if its most probable symbol is the true one, which is that of the piece. The symbols of
the pieces are put into bins by confidence. The accuracy of a bin is the share of its
symbols at which the model was correct. A model is calibrated if the accuracy of each
bin equals the mean confidence in it.

All bins hold about equally many symbols, unless many confidences are equal. With bins
of equal width, most symbols would be in one bin if the model is good. The other bins
would hold few symbols, which would add noise to the calibration error (Nixon et al.
2019).
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from lstm_music_jax.evaluation.statistics.estimate import Estimate, over_pieces
from lstm_music_jax.evaluation.statistics.ratios import mean_per_symbol
from lstm_music_jax.evaluation.statistics.resampling import (
    CONFIDENCE,
    RESAMPLES,
    resampled_means,
)


class Calibration(NamedTuple):
    """The calibration of a model on given pieces.

    `confidence` and `symbols` are arrays with one entry per bin, and so are the value
    and the interval of `accuracy`. k is the number of bins.

    Attributes:
        confidence: the mean confidence in each bin.
        accuracy: the share of symbols in each bin at which the model's most probable
            symbol is the true one, with an interval.
        symbols: the number of symbols in each bin.
        error: the expected calibration error: the mean of |confidence - accuracy| over
            bins, weighted by their number of symbols.
        noise: about the value of `error` that is expected of a perfectly calibrated
            model with the same confidences. It is computed as if symbols were
            independent and sums of them were normal. It is above 0 unless all
            confidences are 0 or 1, because the accuracy of a bin is a mean over a
            finite number of symbols.
        overconfidence: mean confidence minus accuracy, over all symbols.
    """

    confidence: Float[np.ndarray, "k"]
    accuracy: Estimate
    symbols: Int[np.ndarray, "k"]
    error: Estimate
    noise: float
    overconfidence: Estimate


def calibration(
    confidences: Sequence[Float[np.ndarray, "_"]],
    correct: Sequence[Bool[np.ndarray, "_"]],
    *,
    bins: int = 15,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Calibration:
    """Return the calibration of a model, with intervals by a bootstrap over pieces.

    `teacher_force` with the strategy `Greedy` gives both arguments, as in the example.
    `Greedy` keeps only the most probable symbol. So the kept mass, which is the model's
    probability of what a strategy keeps, is the confidence. And the model was correct
    where the true symbol is kept.

    >>> import jax
    >>> from lstm_music_jax import MusicLSTM, teacher_force
    >>> from lstm_music_jax.strategies import Greedy
    >>> model = MusicLSTM(5, (8,), key=jax.random.key(0))
    >>> pieces = [np.arange(200) % 5, np.arange(100) % 4]
    >>> forced = teacher_force(model, pieces, strategy=Greedy())
    >>> found = calibration(
    ...     [each.trace.kept_mass for each in forced], [each.kept for each in forced]
    ... )
    >>> int(found.symbols.sum())
    298

    Args:
        confidences: the confidence at each symbol, one array per piece.
        correct: whether the most probable symbol is the true one, one array per piece.
        bins: the number of bins, 1 or more. There may be fewer bins if some confidences
            are equal, or if there are few symbols.
        seed: seed of the resamples.
        resamples: number of resamples of the bootstrap.
        confidence: confidence of the intervals, in (0, 1). With one piece they are NaN.
            If any resample has no symbols in a bin, the interval of the accuracy of
            this bin is NaN.

    Raises:
        ValueError: `bins` is below 1, or there are no symbols. Or there are two pieces
            or more, and `confidence` is outside (0, 1).

    References:
        Guo et al. 2017, On Calibration of Modern Neural Networks,
        https://arxiv.org/abs/1706.04599.
        Nixon et al. 2019, Measuring Calibration in Deep Learning,
        https://arxiv.org/abs/1904.01685.
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}; it must be 1 or more")
    stated = np.concatenate([np.zeros(0), *confidences])
    right = np.concatenate([np.zeros(0, bool), *correct])
    if not len(stated):
        raise ValueError("confidences holds no symbols; it must hold one or more")
    piece = np.repeat(np.arange(len(confidences)), [len(each) for each in confidences])
    # [b k 3]: the sums of each piece and bin over 1, confidence and accuracy.
    sums = _sums(piece, _bin_of(stated, bins), stated, right)
    counts, stated_sums, right_sums = np.moveaxis(sums, -1, 0)
    total = counts.sum(axis=0)
    variance = np.bincount(_bin_of(stated, bins), stated * (1 - stated))
    options: dict[str, Any] = {
        "seed": seed,
        "resamples": resamples,
        "confidence": confidence,
    }
    return Calibration(
        stated_sums.sum(axis=0) / total,
        mean_per_symbol(right_sums, counts, **options),
        total.astype(int),
        _expected_error(sums, **options),
        float(np.sqrt(2 / np.pi) * np.sqrt(variance).sum() / len(stated)),
        mean_per_symbol(
            (stated_sums - right_sums).sum(axis=1), counts.sum(axis=1), **options
        ),
    )


def _bin_of(stated, bins):
    """Return the index of the bin of each symbol, given its confidence in `stated`.

    Equal confidences share a bin, and a bin without symbols has no index. So there may
    be fewer bins than `bins`.
    """
    edges = np.quantile(stated, np.arange(1, bins) / bins)
    return np.unique(np.searchsorted(edges, stated, "right"), return_inverse=True)[1]


def _sums(piece, bin_of, stated, right):
    shape = piece.max() + 1, bin_of.max() + 1
    cell = np.ravel_multi_index((piece, bin_of), shape)
    return np.stack(
        [
            np.bincount(cell, weights, shape[0] * shape[1]).reshape(shape)
            for weights in (np.ones(len(stated)), stated, right)
        ],
        axis=-1,
    )


def _expected_error(sums, *, seed, resamples, confidence):
    """Return the expected calibration error with its interval.

    `sums` is `[b k 3]`: for each piece and bin, the number of symbols, the sum of their
    confidences, and the number of correct ones.

    On average, the error of a resample is larger than that of the pieces themselves.
    `over_pieces` removes this bias from the interval.
    """

    def error(totals):
        gaps = np.abs(totals[..., 1] - totals[..., 2])
        return gaps.sum(axis=-1) / totals[..., 0].sum(axis=-1)

    value, units = error(sums.sum(axis=0)), len(sums)
    if units < 2:
        return Estimate(value, np.nan, np.nan, np.nan, units)
    resampled = error(resampled_means(sums, np.random.default_rng(seed), resamples))
    found = over_pieces(value, resampled, units, confidence)
    # No calibration error is below 0, so there is nothing to test against zero.
    return dataclasses.replace(found, low=max(found.low, 0.0), p=np.nan)
