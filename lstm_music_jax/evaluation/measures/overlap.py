"""n-gram overlap: the share of n-grams that the pieces of a set have in common.

An n-gram is a sequence of n successive symbols of a piece.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    OfCounts,
    Sample,
    SetMeasure,
)
from lstm_music_jax.evaluation.measures.ngrams import ngram_counts
from lstm_music_jax.evaluation.measures.pairs import mean_over_pairs


def overlap(n: int = 4) -> SetMeasure:
    """The mean share of the n-grams of a piece that another piece has too.

        mean over i != j of (n-grams of i that occur in j) / (n-grams of i)

    An n-gram that occurs twice in piece i counts twice. The primer, the given beginning
    of a piece, does not count. The share is 0 for a piece i without n-grams. NaN for a
    set of one piece.

    References:
      Broder 1997, On the Resemblance and Containment of Documents (containment).
    """

    def prepare(samples: Sequence[Sample]) -> OfCounts:
        shares = shared_ngrams(samples, n)
        np.fill_diagonal(shares, 0)
        return lambda counts: mean_over_pairs(shares, counts)

    return SetMeasure(
        name=f"shared {n}-grams",
        unit="",
        source="Broder 1997 (containment)",
        direction=Direction.HUMAN,
        encodings=None,
        bounds=SHARE,
        more="shares more passages between its pieces",
        less="shares fewer passages between its pieces",
        prepare=prepare,
    )


def shared_ngrams(samples: Sequence[Sample], n: int = 4) -> Float[np.ndarray, "b b"]:
    """The share of the n-grams of each piece (row) that each piece (column) has too.

    The primer does not count. The share is 0 for a piece without n-grams.
    """
    grams = ngram_counts([sample.generated for sample in samples], n)
    present = (grams > 0).astype(np.int64)
    shared = (grams @ present.T).toarray()
    return shared / np.maximum(grams.sum(axis=1), 1)[:, None]
