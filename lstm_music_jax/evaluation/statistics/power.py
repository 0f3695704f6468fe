"""Power: the smallest true difference that a test is likely to detect."""

import numpy as np
from jaxtyping import Float
from scipy import special

from lstm_music_jax.evaluation.statistics.resampling import check_units


def smallest_detectable_difference(
    ours: Float[np.ndarray, "b *m"],
    theirs: Float[np.ndarray, "b *m"],
    *,
    power: float = 0.8,
    level: float = 0.05,
) -> float | np.ndarray:
    """The true difference of two means that a test finds with probability `power`.

        (t_{n-1, 1 - level/2} + t_{n-1, power}) * std(ours - theirs) / sqrt(n)

    For a family of m comparisons under Holm's correction, `level` = 0.05 / m gives the
    difference that is found whatever the other comparisons show. With several runs,
    pass the mean of each run in place of the pieces. The result has the unit of the
    measure.

    Args:
      ours: a measure of each piece.
      theirs: the same for the other strategy, in the same order of pieces.
      power: probability of finding the difference, in (0, 1).
      level: two-sided level of the test, in (0, 1).
    """
    differences = ours - theirs
    units = len(differences)
    check_units(units)
    error = differences.std(axis=0, ddof=1) / np.sqrt(units)
    return detectable(error, units, power=power, level=level)


def detectable(
    error: float | np.ndarray, units: int, *, power: float = 0.8, level: float = 0.05
) -> float | np.ndarray:
    """The smallest detectable difference, given the standard error of its estimate.

    Args:
      error: standard error of the estimated difference.
      units: number of pieces, or of runs, from which the estimate is made.
      power: as in `smallest_detectable_difference`.
      level: as in `smallest_detectable_difference`.
    """
    for name, value in (("power", power), ("level", level)):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}; it must be in (0, 1)")
    return special.stdtrit(units - 1, [1 - level / 2, power]).sum() * error
