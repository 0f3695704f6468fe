"""Distinct-n: how many of the n-grams in a set of pieces are different, as a share.

An n-gram is a sequence of n successive symbols of a piece.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int
from scipy import sparse

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    OfCounts,
    Sample,
    SetMeasure,
)
from lstm_music_jax.evaluation.measures.ngrams import ngram_counts

# The number of resamples that are counted together; a larger number takes more memory.
_AT_ONCE = 100


def distinct(n: int = 4) -> SetMeasure:
    """The number of different n-grams of a set, divided by the number of its n-grams.

        distinct-n = |{n-grams}| / sum over pieces of (length - n + 1)

    A piece shorter than n has no n-grams. NaN for a set without n-grams. Only generated
    symbols count, and not the primer, the given beginning of a piece. The value falls
    as a set grows, so compare sets of equal size.

    References:
      Li et al. 2016, A Diversity-Promoting Objective Function for Neural Conversation
      Models, https://arxiv.org/abs/1510.03055.
    """

    def prepare(samples: Sequence[Sample]) -> OfCounts:
        grams = ngram_counts([sample.generated for sample in samples], n)
        totals = grams.sum(axis=1).astype(float)

        def of_counts(counts: np.ndarray) -> np.ndarray:
            total = counts @ totals
            total[total == 0] = np.nan
            return _distinct(grams, counts > 0) / total

        return of_counts

    return SetMeasure(
        name=f"distinct {n}-grams",
        unit="",
        source="Li et al. 2016, arXiv 1510.03055",
        direction=Direction.HUMAN,
        encodings=None,
        bounds=SHARE,
        prepare=prepare,
    )


def _distinct(
    grams: sparse.csr_array, taken: Bool[np.ndarray, "r b"]
) -> Int[np.ndarray, "r"]:
    """The number of different n-grams in the pieces of each resample.

    Most n-grams occur in one piece only. They are counted fast: each piece of a
    resample adds the number of n-grams that occur in it alone.

    Args:
      grams: the count of each n-gram in each piece, sparse [pieces, n-grams].
      taken: for each resample, whether it holds each piece.
    """
    by_gram = (grams > 0).astype(np.float64).tocsc()
    owners = np.diff(by_gram.indptr)
    alone = by_gram.indices[by_gram.indptr[:-1][owners == 1]]
    result = taken @ np.bincount(alone, minlength=taken.shape[1])
    several = by_gram[:, owners > 1]
    for start in range(0, len(taken), _AT_ONCE):
        part = several.T @ taken[start : start + _AT_ONCE].T.astype(np.float64)
        result[start : start + _AT_ONCE] += np.count_nonzero(part, axis=0)
    return result
