"""Baselines for a model's loss: n-gram models, counted on the host.

The n-grams are counted in the training pieces. Like the LSTM, these models predict
every symbol of a piece but the first, from earlier symbols of the same piece.

Counting takes ten seconds and 300 MB per million symbols. So only some pieces of a
large corpus are counted.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lstm_music_jax.music.corpus.piece_ids import PieceIds

# The largest numbers of symbols: those that are counted, and those that are predicted.
_MOST_COUNTED, _MOST_PREDICTED = 2**20, 2**17


class Baselines(NamedTuple):
    """Cross-entropies on the validation pieces, in nats per symbol.

    Attributes:
        unigram: unigram model with Witten-Bell smoothing.
        trigram: interpolated 3-gram model with Witten-Bell smoothing.
        five_gram: interpolated 5-gram model with modified Kneser-Ney smoothing.
    """

    unigram: float
    trigram: float
    five_gram: float


def ngram_cross_entropies(
    train: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    vocab_size: int,
) -> Baselines:
    """Return the cross-entropies of a unigram, a 3-gram and a 5-gram model.

    The first two are smoothed by Witten & Bell's rule (1991, method C),

        p(x | c) = (n(c x) + d(c) p(x | c')) / (n(c) + d(c)),

    where n counts occurrences, d(c) is the number of distinct symbols seen after
    context c, and c' is the context without its oldest symbol. The recursion ends with
    the uniform distribution. The context is up to two symbols of the same piece.
    `kneser_ney_probabilities` is the 5-gram model.

    Args:
        train: symbol ids of the training pieces, below `vocab_size`. In a larger
            corpus, the n-grams of about a million symbols are counted. They are those
            of every s-th piece.
        validation: symbol ids of the validation pieces, which the models predict. If
            there are more, about a hundred thousand symbols are chosen in the same way.
        vocab_size: number of symbols in the vocabulary.
    """
    train, validation = (
        evenly_chosen(train, _MOST_COUNTED),
        evenly_chosen(validation, _MOST_PREDICTED),
    )
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
    total = max(total, 1)
    five_gram = -np.log(kneser_ney_probabilities(train, validation, vocab_size)).sum()
    return Baselines(unigram / total, trigram / total, float(five_gram) / total)


def evenly_chosen(pieces: Sequence[np.ndarray], most: int) -> Sequence[np.ndarray]:
    """Return every s-th piece: about `most` symbols, or all if there are fewer.

    s is the number of symbols divided by `most`, rounded up.
    """
    return pieces[:: max(1, -(-PieceIds.of(pieces).total // most))]


def kneser_ney_probabilities(
    train: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    vocab_size: int,
    *,
    order: int = 5,
) -> np.ndarray:
    """Return the probability that a 5-gram model gives to each symbol of `validation`.

    The first symbol of a piece is not predicted. With another `order`, the n-grams have
    that many symbols.

    The model is an interpolated n-gram with modified Kneser-Ney smoothing,

        p(x | c) = (n(c x) - D(n(c x)) + g(c) p(x | c')) / n(c).

    c' is the context c without its oldest symbol, n(c) is the sum of n(c x) over x, and
    g(c) is the sum of D(n(c x)) over x, so that the probabilities sum to 1. In the
    longest context, n counts occurrences. In a shorter context, n counts the distinct
    symbols that come before c x; a mark before each piece counts as a symbol. The
    recursion ends with the uniform distribution. If context c was never seen,
    p(x | c) = p(x | c').

    The discount D is 0 for a count of 0. Each order has one discount for each of the
    counts 1, 2, and 3 or more; see `_discounts`.

    On the held-out chorales (`Events`, a tenth of the symbols, split seed 0) the
    perplexity is 10.72 with order 3, 7.79 with order 5 and 7.11 with order 8.

    Args:
        train: symbol ids of the pieces whose n-grams are counted, below `vocab_size`.
        validation: symbol ids of the pieces that are predicted.
        vocab_size: number of symbols in the vocabulary.
        order: number of symbols in the longest n-gram, the predicted one included.

    References:
        Chen & Goodman (1998), An Empirical Study of Smoothing Techniques for Language
        Modeling, TR-10-98, Harvard University, section 3.
    """
    grams = [_windows(pieces, order, vocab_size) for pieces in (train, validation)]
    count = len(grams[0])
    newest_first = np.concatenate(grams).T[::-1]
    # numbers[k] numbers the distinct (k + 1)-grams of training and validation together.
    numbers: list[np.ndarray] = []
    contexts = [np.zeros(newest_first.shape[1], np.int64)]
    for symbol in newest_first:
        numbers.append(_number(symbol, numbers[-1] if numbers else contexts[0]))
    for symbol in newest_first[1:]:
        contexts.append(_number(symbol, contexts[-1]))

    probability = np.full(newest_first.shape[1] - count, 1 / vocab_size)
    for length, (gram, context) in enumerate(zip(numbers, contexts, strict=True), 1):
        counted = np.arange(count)
        if length < order:
            # Count each distinct n-gram of one symbol more once, however often it
            # occurs.
            counted = np.unique(numbers[length][:count], return_index=True)[1]
        seen = np.bincount(gram[counted], minlength=gram.max(initial=-1) + 1)
        kept = seen - _discounts(seen)[np.minimum(seen, 3)]
        context_of = np.zeros_like(seen)
        context_of[gram] = context
        total, kept_total = (
            np.bincount(context_of, values, context.max(initial=-1) + 1)
            for values in (seen, kept)
        )
        gram, context = gram[count:], context[count:]
        freed = (total - kept_total)[context] * probability
        probability = np.divide(
            kept[gram] + freed,
            total[context],
            out=probability,
            where=total[context] > 0,
        )
    return probability


def _windows(pieces, order, mark):
    """Return one n-gram per symbol, `[n order]`: the symbol and those before it.

    The first symbol of a piece has none.

    Where an n-gram reaches back beyond the start of its piece, it holds `mark`.
    """
    marks = np.full(order - 1, mark)
    windows = [np.empty((0, order), np.int64)]
    for piece in pieces:
        if len(piece) > 1:
            marked = np.concatenate([marks, piece])
            windows.append(np.lib.stride_tricks.sliding_window_view(marked, order)[1:])
    return np.concatenate(windows)


def _number(symbols, others):
    """Return a number for each pair (symbol, other), equal for equal pairs."""
    pairs = symbols * (others.max(initial=0) + 1) + others
    return np.unique(pairs, return_inverse=True)[1]


def _discounts(counts):
    """Return four discounts: those of the counts 0, 1, 2, and 3 or more.

    n[r] is the number of n-grams that occur r times, and Y = n[1] / (n[1] + 2 n[2]).
    The discount of count r is r - (r + 1) Y n[r + 1] / n[r]. If the corpus is too small
    for this estimate, the discounts are those of KenLM: 0.5, 1 and 1.5
    (`lmplz --discount_fallback`).
    """
    n = [np.count_nonzero(counts == r) for r in range(5)]
    if min(n[1:4]):
        y = n[1] / (n[1] + 2 * n[2])
        estimates = [r - (r + 1) * y * n[r + 1] / n[r] for r in (1, 2, 3)]
        if min(estimates) > 0:
            return np.array([0.0, *estimates])
    return np.array([0.0, 0.5, 1.0, 1.5])


def _count(pieces, order):
    """Return how often each context of `order` symbols occurs, and what follows it.

    The result maps a context to its count and to the counts of the symbols after it.
    """
    counts = defaultdict(Counter)
    for piece in pieces:
        ids = piece.tolist()
        for position in range(max(order, 1), len(ids)):
            counts[tuple(ids[position - order : position])][ids[position]] += 1
    return {
        context: (following.total(), following) for context, following in counts.items()
    }
