"""Power: the smallest true difference that a test is likely to detect."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy import special

from lstm_music_jax.evaluation.statistics.spread import Spread


def detectable(
    runs: Sequence[Float[np.ndarray, "r *m"]],
    pieces: int,
    *,
    power: float = 0.8,
    level: float = 0.05,
) -> float | np.ndarray:
    """The smallest true difference that a test finds with probability `power`.

    The test asks whether the difference is 0; its p-value is that of `estimate`. The
    smallest true difference is about

        (t_{n-1, 1 - level/2} + t_{n-1, power}) * standard error

    n is the number of pieces, and t is the quantile of Student's distribution. With
    several runs, which are trained models, this is computed for each part of the
    variance, and the squares are added, as in `over_runs`. For a family of m
    comparisons under Holm's correction, `level` = 0.05 / m gives the difference that is
    found whatever the other comparisons show. The result has the unit of the measure.

    Args:
      runs: for each run, the difference in all resamples, of one measure or of several
        in columns. The first one is that of the pieces themselves.
      pieces: number of pieces per run; 2 or more.
      power: probability of finding the difference, in (0, 1).
      level: two-sided level of the test, in (0, 1).

    Raises:
      ValueError: `power` or `level` is outside (0, 1).
    """
    for name, value in (("power", power), ("level", level)):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}; it must be in (0, 1)")

    def quantile(freedom):
        return special.stdtrit(freedom, [1 - level / 2, power]).sum()

    if len(runs) > 1:
        return Spread.of(np.stack(runs), pieces).reach(quantile)
    error = runs[0][1:].std(axis=0) * np.sqrt(pieces / (pieces - 1))
    return quantile(pieces - 1) * error
