"""Baselines for a model's loss: unigram and interpolated 3-gram, on the host."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Baselines(NamedTuple):
    """Cross-entropies on the validation pieces, in nats per symbol."""

    unigram: float
    trigram: float


def ngram_cross_entropies(
    train: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    vocab_size: int,
) -> Baselines:
    """Return the cross-entropies of a unigram and an interpolated 3-gram model.

    Both are interpolated by Witten & Bell's rule (1991, method C),

        p(x | c) = (n(c x) + d(c) p(x | c')) / (n(c) + d(c)),

    where n counts occurrences, d(c) is the number of distinct symbols seen after
    context c, and c' is the context without its oldest symbol. The shortest
    distribution of all is uniform. Like the models that they are compared with, the
    baselines predict every symbol of a piece but the first. The context is up to two
    symbols of the same piece.
    """
    counts = [_count(train, order) for order in range(3)]
    unigram = trigram = 0.0
    total = 0
    for piece in validation:
        ids = piece.tolist()
        for position in range(1, len(ids)):
            probability = 1.0 / vocab_size
            for order in range(min(2, position) + 1):
                context = tuple(ids[position - order : position])
                seen, following = counts[order].get(context, (0, {}))
                if seen:
                    distinct = len(following)
                    probability = (
                        following[ids[position]] + distinct * probability
                    ) / (seen + distinct)
                if order == 0:
                    unigram -= math.log(probability)
            trigram -= math.log(probability)
            total += 1
    return Baselines(unigram / max(total, 1), trigram / max(total, 1))


def _count(pieces, order):
    """Return for each context its count, and the counts of the symbols after it."""
    counts = defaultdict(Counter)
    for piece in pieces:
        ids = piece.tolist()
        for position in range(max(order, 1), len(ids)):
            counts[tuple(ids[position - order : position])][ids[position]] += 1
    return {
        context: (following.total(), following) for context, following in counts.items()
    }
