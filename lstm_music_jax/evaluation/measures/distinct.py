"""Distinct-n: how many different n-grams a set has."""

from collections.abc import Sequence

import numpy as np

from lstm_music_jax.evaluation.measures.base import (
    Direction,
    OfPlaces,
    Sample,
    SetMeasure,
)
from lstm_music_jax.evaluation.measures.ngrams import ngram_counts


def distinct(n: int = 4) -> SetMeasure:
    """The number of distinct n-grams of a set over the number of its n-grams.

        distinct-n = |{n-grams}| / sum over pieces of (length - n + 1)

    Only generated symbols count. The value falls as a set grows, so compare sets of
    equal size.

    References:
      Li et al. 2016, A Diversity-Promoting Objective Function for Neural Conversation
      Models, https://arxiv.org/abs/1510.03055.
    """

    def prepare(samples: Sequence[Sample]) -> OfPlaces:
        counts = ngram_counts([sample.generated for sample in samples], n)
        totals = counts.sum(axis=1)

        def of_places(places: np.ndarray) -> float:
            total = totals[places].sum()
            if not total:
                return float("nan")
            taken = np.zeros(counts.shape[0])
            taken[places] = 1
            return float(np.count_nonzero(taken @ counts) / total)

        return of_places

    return SetMeasure(
        name=f"distinct {n}-grams",
        unit="",
        source="Li et al. 2016, arXiv 1510.03055",
        direction=Direction.HUMAN,
        encodings=None,
        prepare=prepare,
    )
