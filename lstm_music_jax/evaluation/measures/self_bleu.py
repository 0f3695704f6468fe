"""Self-BLEU: the likeness of each piece to all other pieces of a set."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    OfCounts,
    Sample,
    SetMeasure,
)
from lstm_music_jax.evaluation.measures.ngrams import ngram_counts
from lstm_music_jax.evaluation.measures.pairs import shares

_SMOOTHING = 0.1


def self_bleu(n: int = 4) -> SetMeasure:
    """The mean over all pieces of the BLEU of a piece; the others are its references.

    A high value means that the pieces are alike. BLEU is the geometric mean of the
    clipped precisions of 1-grams to n-grams, times the brevity penalty. If the clipped
    precision of k-grams is zero, it is replaced by 0.1 divided by the number of k-grams
    of the piece, or by 0.1 if it has none (Chen & Cherry 2014, method 1), as Texygen
    does. If no symbol is shared, BLEU is 0.

    Only generated symbols count, and not the primer, the given beginning of a piece. In
    a resample, each piece keeps the BLEU that it has in the whole set. Otherwise a copy
    of the piece itself would be its best reference.

    References:
      Zhu et al. 2018, Texygen, https://arxiv.org/abs/1802.01886.
      Papineni et al. 2002, BLEU: a Method for Automatic Evaluation of Machine
      Translation.
    """

    def prepare(samples: Sequence[Sample]) -> OfCounts:
        scores = bleu_of_each([sample.generated for sample in samples], n)
        return lambda counts: shares(counts) @ scores

    return SetMeasure(
        name=f"Self-BLEU-{n}",
        unit="",
        source="Zhu et al. 2018, arXiv 1802.01886",
        direction=Direction.HUMAN,
        encodings=None,
        bounds=SHARE,
        prepare=prepare,
    )


def bleu_of_each(
    pieces: Sequence[Int[np.ndarray, "_"]], n: int = 4
) -> Float[np.ndarray, "b"]:
    """The BLEU-n of each piece, with all other pieces as references.

    BLEU-n is a number in [0, 1]. It is larger, the more of the piece's k-grams (k from
    1 to n) also occur in other pieces. `pieces` holds the symbol ids of each piece.

    Raises:
      ValueError: there are fewer than 2 pieces.
    """
    if len(pieces) < 2:
        raise ValueError(f"pieces holds {len(pieces)}; Self-BLEU needs 2 or more")
    logs = np.zeros(len(pieces))
    for order in range(1, n + 1):
        counts = ngram_counts(pieces, order)
        matches = _clipped(counts)
        if order == 1:
            alike = matches > 0
        totals = np.maximum(counts.sum(axis=1), 1)
        logs += np.log(np.where(matches > 0, matches, _SMOOTHING) / totals) / n
    return np.where(alike, np.exp(logs + _brevity(pieces)), 0.0)


def _clipped(counts: sparse.csr_array) -> Int[np.ndarray, "b"]:
    """The numerator of BLEU's clipped precision, for each piece.

    It is the number of n-grams of the piece that other pieces have too. Each occurrence
    in the piece counts, up to the largest number of occurrences in any single other
    piece. `counts` is the count of each n-gram in each piece, [pieces, n-grams].
    """
    by_gram = counts.tocsc()
    owners, values = by_gram.indices, by_gram.data
    gram = np.repeat(np.arange(counts.shape[1]), np.diff(by_gram.indptr))
    # For each n-gram, sort its counts, the largest first.
    order = np.lexsort((-values, gram))
    owners, values = owners[order], values[order]
    first = by_gram.indptr[:-1]
    second = np.zeros(len(first), values.dtype)
    several = np.diff(by_gram.indptr) > 1
    second[several] = values[first[several] + 1]
    limit = values[first][gram]
    is_largest = np.zeros(len(values), bool)
    is_largest[first] = True
    limit = np.where(is_largest, second[gram], limit)
    clipped = np.minimum(values, limit)
    return np.bincount(owners, clipped, minlength=counts.shape[0]).astype(np.int64)


def _brevity(pieces: Sequence[Int[np.ndarray, "_"]]) -> Float[np.ndarray, "b"]:
    """The logarithm of each piece's brevity penalty.

    The penalty is for a piece that is shorter than the other piece whose length is the
    closest: exp(1 - closest length / length). For all other pieces, and for an empty
    piece, it is 1, so the logarithm is 0.
    """
    lengths = np.array([len(piece) for piece in pieces])
    result = np.zeros(len(pieces))
    for place, length in enumerate(lengths):
        others = np.delete(lengths, place)
        # If two lengths are equally close, the shorter one is taken.
        closest = min(others, key=lambda other: (abs(other - length), other))
        if 0 < length < closest:
            result[place] = 1 - closest / length
    return result
