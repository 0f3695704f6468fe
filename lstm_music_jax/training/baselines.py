"""What a model must beat: unigram and interpolated 3-gram predictions, on the host."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Baselines(NamedTuple):
    """Cross-entropies on the validation pieces, nats a symbol."""

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

    with n counts, d(c) the number of distinct symbols seen after context c, c' the
    context shortened by its oldest symbol, down to the uniform distribution. As the
    models they are compared with, they predict all symbols of a piece but the first,
    with up to two symbols of the piece before each as the context.
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
                seen, after = counts[order].get(context, (0, {}))
                if seen:
                    novel = len(after)
                    probability = (after[ids[position]] + novel * probability) / (
                        seen + novel
                    )
                if order == 0:
                    unigram -= math.log(probability)
            trigram -= math.log(probability)
            total += 1
    return Baselines(unigram / max(total, 1), trigram / max(total, 1))


def _count(pieces, order):
    following = defaultdict(Counter)
    for piece in pieces:
        ids = piece.tolist()
        for position in range(max(order, 1), len(ids)):
            following[tuple(ids[position - order : position])][ids[position]] += 1
    return {context: (after.total(), after) for context, after in following.items()}
