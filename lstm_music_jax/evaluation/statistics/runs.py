"""Paired comparison over several trained models: the unit is a run."""

import numpy as np
from jaxtyping import Float
from scipy import stats

from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.pieces import paired_difference
from lstm_music_jax.evaluation.statistics.resampling import CONFIDENCE, RESAMPLES


def paired_difference_over_runs(
    ours: Float[np.ndarray, "k b *m"],
    theirs: Float[np.ndarray, "k b *m"],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate the mean difference for models that might have been trained.

    The mean difference of each run is one observation, and the interval is Student's:

        value +- t_{k-1} * std(means of the runs) / sqrt(k)

    The spread of these means holds both the variance between runs and that of the
    pieces within them. Resampling runs and then pieces within runs, the nested
    bootstrap, counts the pieces twice and knows nothing of how few runs there are. Its
    95% percentile intervals cover, in simulations with 256 pieces of standard deviation
    1, depending on the standard deviation between runs:

        between runs      0    0.05   0.1   0.5
        3 runs          97.5%   94%   88%   75%
        5 runs            99%   97%   92%   83%
        10 runs           99%   97%   95%   91%

    Student's intervals cover 95% in each case. They are wide with three runs, because
    three runs say little about the spread of models.

    With one run this is `paired_difference`, and the result's `scope` says that it
    speaks of one model. To speak of these very models and no others, average over runs
    first and use `paired_difference`.

    Args:
      ours: a measure of each piece of each run, or several measures in columns.
      theirs: the same for the other strategy.
      seed: of the resamples; used with one run only.
      resamples: number of resamples; used with one run only.
      confidence: of the interval, in (0, 1).
    """
    if len(ours) == 1:
        return paired_difference(
            ours[0], theirs[0], seed=seed, resamples=resamples, confidence=confidence
        )
    means = (ours - theirs).mean(axis=1)
    runs = len(means)
    value = means.mean(axis=0)
    error = means.std(axis=0, ddof=1) / np.sqrt(runs)
    reach = stats.t.ppf((1 + confidence) / 2, runs - 1) * error
    # Where runs agree exactly, a value of 0 is certain, and so is any other value.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(value == 0, 0.0, np.abs(value) / error)
    p = 2 * stats.t.sf(ratio, runs - 1)
    return Estimate(value, value - reach, value + reach, p, ours.shape[1], runs)
