"""Baselines for a model's loss: n-gram models, counted on the host.

The n-grams are counted in the training pieces. These models predict every symbol of a
piece but the first, from earlier symbols of the same piece. So does the LSTM in
validation, if its objective is "all".

Counting takes one to two seconds and 100 to 200 MB per million symbols. So only some
pieces of a large corpus are counted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lstm_music_jax.model.ngram_counts import kneser_ney, witten_bell
from lstm_music_jax.music.corpus.piece_ids import PieceIds

# About the largest numbers of symbols that are counted, and that are predicted.
MOST_COUNTED, _MOST_PREDICTED = 2**20, 2**17


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

    `model/ngram_counts.py` says how they are smoothed.

    Args:
        train: symbol ids of the training pieces, below `vocab_size`. If they hold more
            than 2^20 symbols, only pieces that `evenly_chosen` returns are counted.
        validation: symbol ids of the validation pieces, which the models predict. If
            they hold more than 2^17 symbols, only evenly chosen pieces are predicted.
        vocab_size: number of symbols in the vocabulary.
    """
    train, validation = (
        evenly_chosen(train, MOST_COUNTED),
        evenly_chosen(validation, _MOST_PREDICTED),
    )
    unigram, _, trigram = witten_bell(train, vocab_size, 3).probabilities(validation)
    *_, five_gram = kneser_ney(train, vocab_size, 5).probabilities(validation)
    predicted = max(len(unigram), 1)
    return Baselines(
        *(
            float((-np.log(of_all)).sum()) / predicted
            for of_all in (unigram, trigram, five_gram)
        )
    )


def evenly_chosen(pieces: Sequence[np.ndarray], most: int) -> Sequence[np.ndarray]:
    """Return every n-th piece, so that the pieces hold about `most` symbols or fewer.

    `spacing(pieces, most)` computes n. If all pieces together hold at most `most`
    symbols, all are returned. If not, and if the pieces have similar lengths, those
    returned hold half of `most` or more.
    """
    return pieces[:: spacing(pieces, most)]


def spacing(pieces: Sequence[np.ndarray], most: int) -> int:
    """Return the n for which every n-th piece gives about `most` symbols or fewer.

    n is the number of symbols of all pieces divided by `most`, rounded up; at least 1.
    """
    return max(1, -(-PieceIds.of(pieces).total // most))
