"""Holm's correction: it raises p-values where several hypotheses are tested at once."""

import numpy as np
from jaxtyping import Float


def holm(p: Float[np.ndarray, "*batch m"]) -> Float[np.ndarray, "*batch m"]:
    """Adjust the p-values of a family of m comparisons; each row is a family.

    The i-th smallest p-value is multiplied by m - i + 1. If a smaller p-value has a
    larger result, that result is taken. Results are limited to 1. If every hypothesis
    with a result of at most 0.05 is rejected, the probability of any false rejection is
    at most 5%. This holds whatever the dependence between the comparisons.

    Example:
      >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
      [0.03, 0.06, 0.06]

    References:
      Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure.
    """
    order = np.argsort(p, axis=-1)
    factors = np.arange(p.shape[-1], 0, -1)
    ascending = np.take_along_axis(p, order, axis=-1) * factors
    adjusted = np.minimum(np.maximum.accumulate(ascending, axis=-1), 1)
    result = np.empty_like(adjusted)
    np.put_along_axis(result, order, adjusted, axis=-1)
    return result
