"""The bootstrap's parts: resamples, an interval and a p-value.

A resample of n units, such as pieces, is drawn with replacement: n units, some of them
twice or more.

The interval is the expanded percentile interval. The plain percentile interval is too
narrow, because it amounts to a variance with divisor n and to normal quantiles. With
n = 256 and Holm's correction over four measures, the plain interval has a family-wise
error of 5.2%, and the expanded one of 4.9%. The expanded interval takes the percentiles
at

    level' = Phi(-sqrt(n / (n - 1)) * t_{n-1, 1 - level/2})

and 1 - level', where level = 1 - confidence. Phi is the normal distribution function,
and t is the quantile of Student's distribution. On normal data the interval agrees with
Student's. `p_value` inverts the same formula. So an interval excludes the null value
exactly when p is below `level`, up to the resolution of the resamples. The exception is
a statistic with one value in all resamples (see `p_value`).

References:
  Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
  Hesterberg 2015, What Teachers Should Know About the Bootstrap, section 4 (expanded
  percentile interval); https://arxiv.org/abs/1411.5279.
"""

import numpy as np
from jaxtyping import Float
from scipy import special

RESAMPLES = 10_000
# With 256 pieces, these take 100 MB.
_MOST_RESAMPLES = 50_000
CONFIDENCE = 0.95


def resampled_counts(
    rng: np.random.Generator, size: int, resamples: int = RESAMPLES
) -> Float[np.ndarray, "r b"]:
    """How often each of `size` pieces is in each resample; rows sum to `size`."""
    drawn = rng.integers(size, size=(resamples, size))
    drawn += size * np.arange(resamples)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamples * size)
    return counts.reshape(resamples, size).astype(np.float64)


class Resamples:
    """Resamples of pieces, which all sets with equally many pieces share.

    The first one is no resample: it holds the pieces themselves, each of them once.

    Attributes:
      number: number of resamples, without the first one.
    """

    def __init__(self, number: int, seed: int):
        """Store the arguments; resamples are drawn later, by `counts`."""
        self.number = number
        self._seed = seed
        self._counts: dict[int, np.ndarray] = {}

    def counts(self, pieces: int) -> Float[np.ndarray, "r {pieces}"]:
        """The number of times that each resample holds each of `pieces` pieces.

        The first row is all ones: it counts each piece once.

        Sets with equally many pieces get the same counts. Where strategies are
        compared, piece i has the same given beginning and the same random numbers in
        all sets, so differences of sets become more certain. If two unrelated sets
        share the counts, that does no harm: the expected covariance of their values is
        0.
        """
        if pieces not in self._counts:
            rng = np.random.default_rng([self._seed, pieces])
            drawn = resampled_counts(rng, pieces, self.number)
            self._counts[pieces] = np.concatenate([np.ones((1, pieces)), drawn])
        return self._counts[pieces]

    def means(self, values: Float[np.ndarray, "b *m"]) -> Float[np.ndarray, "r *m"]:
        """The mean of `values` over the pieces of each resample; NaN is left out.

        It is NaN for a resample without other values.
        """
        defined = ~np.isnan(values)
        sums = self._sums(np.where(defined, values, 0.0))
        return sums / self._number(defined)

    def errors(self, values: Float[np.ndarray, "b *m"]) -> Float[np.ndarray, "r *m"]:
        """The standard error of the mean in each resample; NaN is left out.

        It is the standard deviation, with divisor n, over the square root of n, where n
        is the number of values that are not NaN. It is NaN if there are none.
        """
        defined = ~np.isnan(values)
        number = self._number(defined)
        # Squares of large values would hide the differences between them.
        centre = np.where(defined, values, 0.0).sum(axis=0) / number[0]
        centred = np.where(defined, values - centre, 0.0)
        sums = self._sums(np.stack([centred, centred**2], axis=1))
        variance = sums[:, 1] / number - (sums[:, 0] / number) ** 2
        return np.sqrt(np.maximum(variance, 0) / number)

    def _sums(self, values):
        """Return the sum of `values` over the pieces of each resample."""
        return np.tensordot(self.counts(len(values)), values, axes=1)

    def _number(self, defined):
        """Return how many defined values each resample holds; NaN for none."""
        if defined.all():
            return np.full((self.number + 1, *[1] * (defined.ndim - 1)), len(defined))
        number = self._sums(defined.astype(float))
        return np.where(number == 0, np.nan, number)


def resampled_means(
    values: Float[np.ndarray, "b *m"],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Float[np.ndarray, "r *m"]:
    """The mean of `values` over the pieces of each resample.

    `values` has a row per piece. If it has several columns, such as one per measure,
    the same resamples are used for all of them.
    """
    counts = resampled_counts(rng, len(values), resamples)
    return np.tensordot(counts, values, axes=1) / len(values)


def interval(
    resampled: Float[np.ndarray, "r *m"], units: int, confidence: float = CONFIDENCE
) -> tuple[float | np.ndarray, float | np.ndarray]:
    """Lower and upper end of the expanded percentile interval of a statistic.

    Args:
      resampled: the statistic in each resample.
      units: number of resampled units, such as pieces; 2 or more.
      confidence: confidence of the interval, in (0, 1).

    Raises:
      ValueError: `units` is below 2, or `confidence` is outside (0, 1).
    """
    check_units(units)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must be in (0, 1)")
    quantile = special.stdtrit(units - 1, (1 + confidence) / 2)
    level = special.ndtr(-quantile * np.sqrt(units / (units - 1)))
    low, high = np.quantile(resampled, [level, 1 - level], axis=0)
    return low, high


def p_value(
    resampled: Float[np.ndarray, "r *m"], units: int, null: float = 0.0
) -> float | np.ndarray:
    """Two-sided p-value of the value `null`; the inverse of `interval`.

    There are two tails: the share of resamples at or below `null`, and the share at or
    above `null`. One is added to the number of resamples in each tail, and to the
    number of all resamples, so that no tail is zero. Let z be the normal quantile of
    the smaller tail, or 0 if both tails are above 1/2, and let n be the number of
    units. The p-value is twice the probability that a Student's t with n - 1 degrees of
    freedom is below sqrt((n - 1) / n) * z. NaN where any resample is NaN or infinite.

    The smallest possible p-value depends on the number of resamples. See
    `enough_resamples`.

    If the statistic has one value in all resamples, and it is not `null`, one tail is
    empty. Then the p-value is 2^(1 - units), that of a sign test in which all units
    agree.

    Args:
      resampled: the statistic in each resample.
      units: number of resampled units, such as pieces; 2 or more.
      null: the value to test.

    Raises:
      ValueError: `units` is below 2.
    """
    check_units(units)
    below = (resampled <= null).sum(axis=0)
    above = (resampled >= null).sum(axis=0)
    tail = (np.minimum(below, above) + 1) / (len(resampled) + 1)
    # Without this line, NaN would count in neither tail, and p would be too small.
    tail = tail + 0 * resampled.sum(axis=0)
    deviation = special.ndtri(np.minimum(tail, 0.5))
    student = 2 * special.stdtr(units - 1, deviation * np.sqrt((units - 1) / units))
    # Rounding errors are no difference.
    width = np.ptp(resampled, axis=0)
    same = width <= 1e-9 * np.abs(resampled).max(axis=0)
    beyond = np.minimum(below, above) == 0
    return np.where(same & beyond, 2.0 ** (1 - units), student)[()]


def enough_resamples(level: float, units: int) -> int:
    """How many resamples `p_value` needs, so that it can be as small as `level` / 2.

    A correction for many comparisons tests each one at a low level. For example, a
    family of 76 comparisons takes 7,600 resamples of 256 pieces, or 42,000 of 34
    pieces. The result is at most 50,000. For 76 comparisons of 20 pieces this limit is
    too low: no p-value can become small enough to be significant, unless the statistic
    has one value in all resamples.

    Args:
      level: two-sided level of a single test, in (0, 1).
      units: number of resampled units, such as pieces; 2 or more.
    """
    quantile = special.stdtrit(units - 1, level / 4) * np.sqrt(units / (units - 1))
    tail = max(special.ndtr(quantile), 1 / _MOST_RESAMPLES)
    return int(np.ceil(1 / tail))


def check_units(units: int) -> None:
    """Raise ValueError if there are fewer than two units: they have no variance."""
    if units < 2:
        raise ValueError(f"units is {units}; a bootstrap needs 2 or more")
