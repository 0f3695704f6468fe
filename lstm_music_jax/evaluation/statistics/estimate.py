"""An estimate: a value with a confidence interval and a p-value.

A run is a trained model. If all pieces come from one run, the unit of the statistics is
a piece, and the interval holds for further pieces of this model. If they come from
several runs, the unit is a run. Resamples are those of a bootstrap over the pieces.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import special

from lstm_music_jax.evaluation.statistics.resampling import (
    CONFIDENCE,
    check_units,
    interval,
    p_value,
)
from lstm_music_jax.evaluation.statistics.spread import Spread


@dataclass(frozen=True)
class Estimate:
    """A value with its uncertainty.

    `value`, `low`, `high` and `p` are arrays `[m]` if several measures were given.

    Attributes:
      value: the estimate.
      low: lower end of the confidence interval.
      high: upper end of the confidence interval.
      p: two-sided p-value of the null hypothesis, which is usually that the value is 0.
      pieces: number of pieces per run; the size of the smallest set if there are
        several sets. For agreement of listeners, it is the number of units.
      runs: number of trained models that the pieces come from.
    """

    value: float | np.ndarray
    low: float | np.ndarray
    high: float | np.ndarray
    p: float | np.ndarray
    pieces: int
    runs: int = 1

    @property
    def scope(self) -> str:
        """The data behind the result, in words: "256 pieces, one model".

        With one run, the interval holds for further pieces of that model. It says
        nothing about a model trained with another seed.
        """
        models = "one model" if self.runs == 1 else f"{self.runs} models"
        return f"{self.pieces} pieces, {models}"


def estimate(
    runs: Sequence[Float[np.ndarray, "r *m"]],
    pieces: int,
    errors: Float[np.ndarray, "r *m"] | None = None,
) -> Estimate:
    """Estimate a number from its values in one run or in several.

    With one run, the interval comes from the resamples: that of `mean_over_pieces` if
    standard errors are given, and otherwise that of `over_pieces`. With several runs,
    the unit is a run (see `over_runs`).

    The p-value tests against zero. It is meant for differences. It has no meaning for a
    single distance, which is rarely below zero.

    Args:
      runs: for each run, the values in all resamples, of one measure or of several in
        columns. The first value (or row) is that of the pieces themselves. All runs
        share the resamples.
      pieces: number of pieces per run; the size of the smallest set if there are
        several sets.
      errors: for a mean over pieces, its standard error in all resamples of the only
        run.

    Raises:
      ValueError: there are fewer than 2 pieces.
    """
    if len(runs) > 1:
        return over_runs(np.stack(runs), pieces)
    if errors is not None:
        return mean_over_pieces(runs[0], errors, pieces)
    return over_pieces(runs[0][0], runs[0][1:], pieces)


def over_pieces(
    value: float | Float[np.ndarray, "*m"],
    resampled: Float[np.ndarray, "r *m"],
    pieces: int,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate a number from its values in resamples of the pieces of one model.

    A resample holds some pieces twice, so its diversity is lower than that of the set,
    and the values of the resamples may all lie below the value of the set. The interval
    is therefore formed by the deviations of the resamples from their mean, added to the
    value.

    Args:
      value: the value of the pieces themselves.
      resampled: the value in each resample.
      pieces: number of resampled pieces; 2 or more.
      confidence: confidence of the interval, in (0, 1).
    """
    centred = value + resampled - resampled.mean(axis=0)
    low, high = interval(centred, pieces, confidence)
    return Estimate(value, low, high, p_value(centred, pieces), pieces)


def mean_over_pieces(
    means: Float[np.ndarray, "r *m"], errors: Float[np.ndarray, "r *m"], pieces: int
) -> Estimate:
    """Estimate a mean over the pieces of one model.

    The interval spans two intervals: that of the percentiles (see `interval`), and that
    of the studentised bootstrap,

        value - t_{1 - level/2} * error  to  value - t_{level/2} * error

    `value` and `error` are the mean of the pieces themselves and its standard error,
    and level is 0.05. Each resample has its own mean and its own standard error, and
    gives t = (mean - value) / (its standard error). t_q is the q-quantile of these. The
    error of the pieces is used for a resample whose values are all equal, because it
    has no error of its own. The p-value is the larger one of two. That of the
    studentised bootstrap is twice the share of t beyond value / error, where one is
    added to both counts of the share. If all pieces have equal values, the interval is
    this value, and the p-value is that of the percentiles.

    Each bootstrap has a weakness. The percentiles find too much where values are
    skewed. The studentised bootstrap finds too much where most values are equal, such
    as shares of copied symbols, which are 0 for most pieces. A difference counts only
    if both find it. In simulations, a family of four measures without difference has a
    finding in this many cases, with 256 pieces and Holm's correction at 5%:

        values        normal  exponential  log-normal  mostly 0
        this one       4.1%      3.9%         5.7%       4.9%
        percentiles    4.7%      5.3%         9.5%       4.9%
        studentised    4.8%      4.8%         6.6%      12.8%
        Student's t    5.1%      6.2%        11.5%       4.5%

    The standard errors are 0.1% for exponential values and 0.2% to 0.6% for others. The
    log-normal values have a skewness of 6. Counts with a mean of 0.02 per piece, whose
    skewness is 7, give 12%. So the error exceeds 5% where values are very skewed.

    Args:
      means: the mean in all resamples. The first one is that of the pieces themselves.
      errors: the standard error of each mean.
      pieces: number of pieces; 2 or more.

    References:
      Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 12.5.
      Hall 1988, Theoretical Comparison of Bootstrap Confidence Intervals, Annals of
      Statistics 16.
    """
    check_units(pieces)
    value, error = means[0], errors[0]
    # Rounding must not decide on which side of zero a resample is.
    means = np.where(np.abs(means) <= 1e-9 * np.abs(means).max(axis=0), 0, means)
    # A resample whose values are all equal says nothing about its error.
    known = errors[1:] > 1e-9 * error
    with np.errstate(invalid="ignore", divide="ignore"):
        t = (means[1:] - value) / np.where(known, errors[1:], error)
        of_pieces = value / error
        tail = (1 - CONFIDENCE) / 2
        low, high = value - error * np.quantile(t, [1 - tail, tail], axis=0)
    ends = interval(means[1:], pieces)
    beyond = np.minimum((t <= of_pieces).sum(axis=0), (t >= of_pieces).sum(axis=0))
    p, plain = 2 * (beyond + 1) / (len(t) + 1), p_value(means[1:], pieces)
    # If all pieces have equal values, there is no error. Rounding makes a small one.
    equal = error <= 1e-9 * np.abs(value)
    return Estimate(
        value,
        np.where(equal, value, np.minimum(ends[0], low))[()],
        np.where(equal, value, np.maximum(ends[1], high))[()],
        np.where(equal, plain, np.minimum(np.maximum(plain, p), 1))[()],
        pieces,
    )


def over_runs(values: Float[np.ndarray, "k r *m"], pieces: int) -> Estimate:
    """Estimate the mean over all models that training could produce.

    A run is a trained model, and its value is one observation. For k runs of n pieces,
    the interval is

        mean +- sqrt(t_{k-1}^2 * own + t_{n-1}^2 * shared)

    t is the quantile of Student's distribution. `own` is the part of the variance that
    shows in the spread of the runs, and `shared` is the part that all runs have in
    common (see `Spread`). If `shared` is 0, this is Student's interval over the values
    of the runs. If all runs have equal values, as those of human pieces, the unit is a
    piece, and value, interval and p-value are those of `over_pieces` for one run.

    The interval covers the truth in 95% of all cases or more (Banerjee 1961). Student's
    interval over the runs covers too little where runs share something. In simulations
    with 100 pieces of standard deviation 1, the two have this coverage, depending on
    the number of runs, the standard deviation between models, and the correlation
    between runs of pieces with the same number:

        runs           2     2     3     3     3     5     5     5
        between        0     0     0     0    0.1    0    0.1   0.1
        correlation   0.5    1     0    0.5   0.5   0.5   0.5    1
        this one      99%   96%   96%   98%   98%   96%   96%   97%
        Student's     91%    0%   96%   84%   92%   67%   85%   67%

    Another alternative, a nested bootstrap, resamples runs and then pieces within runs.
    It does not widen the interval when there are few runs. With 256 pieces of standard
    deviation 1 and 0.5 between models, its percentile intervals cover 75% with 3 runs.

    Intervals are wide with two or three runs, because so few say little about the
    spread of models.

    Args:
      values: for each run, the values in all resamples, as in `estimate`; 2 runs or
        more.
      pieces: number of pieces per run.

    References:
      Banerjee 1961, On Confidence Interval for Two-Means Problem Based on Separate
      Estimates of Variances and Tabulated Values of t-Table, Sankhya A 23.
      Owen 2007, The Pigeonhole Bootstrap, https://arxiv.org/abs/0712.1111 (variances of
      data with two crossed factors).
    """
    check_units(pieces)
    runs, value = len(values), values[:, 0].mean(axis=0)
    if all(np.array_equal(values[0], each, equal_nan=True) for each in values):
        found = over_pieces(value, values[0, 1:], pieces)
        return dataclasses.replace(found, runs=runs)
    spread = Spread.of(values, pieces)
    tail = (1 + CONFIDENCE) / 2
    reach = spread.reach(lambda freedom: special.stdtrit(freedom, tail))
    p = spread.p_value(value)
    return Estimate(value, value - reach, value + reach, p, pieces, runs)
