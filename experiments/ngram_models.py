"""N-gram models that a comparison sets beside the LSTM, and that judge its pieces."""

from collections.abc import Sequence

import numpy as np

from lstm_music_jax import NGram
from lstm_music_jax.training.baselines import MOST_COUNTED, evenly_chosen

UNIGRAM, TRIGRAM, FIVE_GRAM = "unigram", "3-gram", "5-gram"


def ngram_models(train: Sequence[np.ndarray], vocab_size: int) -> dict[str, NGram]:
    """Return n-gram models by name, the best first: 5-gram, 3-gram and unigram.

    They are those whose losses are reported in training. About a million symbols are
    counted; if `train` has more, evenly chosen pieces are taken.
    """
    counted = evenly_chosen(train, MOST_COUNTED)
    return {
        FIVE_GRAM: NGram.kneser_ney(counted, vocab_size, order=5),
        TRIGRAM: NGram.witten_bell(counted, vocab_size, order=3),
        UNIGRAM: NGram.witten_bell(counted, vocab_size, order=1),
    }
