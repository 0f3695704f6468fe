"""Choosing one piece of several: the best by a measure, or the most typical one."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample
from lstm_music_jax.evaluation.measures.overlap import shared_ngrams

# The similarity of each piece (row) with each piece (column), `[b b]`.
Similarity = Callable[[Sequence[Sample]], Float[np.ndarray, "b b"]]


def best_of(
    samples: Sequence[Sample],
    score: PieceMeasure | Callable[[Sample], float],
    human: float | None = None,
) -> int:
    """Return the index of the best piece: best of n.

    Args:
      samples: the pieces, one or more.
      score: a measure, whose `direction` says which values are good, or any function
        whose largest value is the best. Pieces for which it is NaN are not chosen.
      human: for a measure whose good values are those near human ones, the value of
        human music.

    Raises:
      ValueError: there are no pieces, or the score of all of them is NaN. Or `score` is
        a measure that calls no values good. Or `human` is missing, or given for another
        score.
    """
    if not len(samples):
        raise ValueError("samples is empty; it must hold one piece or more")
    values = np.array([score(sample) for sample in samples], np.float64)
    if np.isnan(values).all():
        raise ValueError("score is NaN for all samples; it must be defined for one")
    return int(np.nanargmax(_larger_is_better(score, values, human)))


def _larger_is_better(score, values, human):
    direction = score.direction if isinstance(score, PieceMeasure) else None
    if (direction is Direction.HUMAN) != (human is not None):
        wanted = "a number" if human is None else "None"
        raise ValueError(f"human is {human}; with this score it must be {wanted}")
    if direction is Direction.NONE:
        raise ValueError(f"score is {score.name}, which calls no values good")
    if direction is Direction.HUMAN:
        return -np.abs(values - human)
    return -values if direction is Direction.LOWER else values


def minimum_bayes_risk(
    samples: Sequence[Sample],
    similarity: Similarity = shared_ngrams,
    log_weights: Float[np.ndarray, "b"] | None = None,
) -> int:
    """Return the index of the piece that is most similar to all pieces in the mean.

        argmax_i sum_j w_j similarity(i, j)

    w_j is the weight of piece j. A piece of weight 0 is not chosen. The pieces are
    samples of a distribution, so this estimates the piece with the smallest expected
    loss, if dissimilarity is the loss. The sum includes j = i: a piece is one of the
    samples, and counts in its own favour as any equal sample does.

    Args:
      samples: the pieces, one or more.
      similarity: a function that returns the similarity of each piece (row) with each
        piece (column), itself included. By default, it is the share of the 4-grams of
        the row's piece that the column's piece has too.
      log_weights: log-weights of the pieces, such as those of the members of `SMC`; by
        default all are equal.

    Raises:
      ValueError: there are no pieces, or not one weight per piece.

    References:
      Kumar & Byrne 2004, Minimum Bayes-Risk Decoding for Statistical Machine
      Translation. Eikema & Aziz 2020, https://arxiv.org/abs/2005.10283.
    """
    if not len(samples):
        raise ValueError("samples is empty; it must hold one piece or more")
    if log_weights is None:
        log_weights = np.zeros(len(samples))
    if len(log_weights) != len(samples):
        raise ValueError(
            f"log_weights has {len(log_weights)} entries; it must have one per piece, "
            f"{len(samples)}"
        )
    weights = np.exp(np.float64(log_weights) - np.max(log_weights))
    # A piece without any weight is no sample, so it is not chosen either.
    gains = np.where(weights > 0, similarity(samples) @ weights, -np.inf)
    return int(np.argmax(gains))
