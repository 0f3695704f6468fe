"""Measures, one file each; `base.py` is the contract.

A new measure is one file, one import below and one row in a table. The tables hold the
measures that need nothing but the pieces. Measures of copying need the training pieces.
"""

from lstm_music_jax.evaluation.measures.copying import copied_share, longest_copy
from lstm_music_jax.evaluation.measures.distinct import distinct
from lstm_music_jax.evaluation.measures.first_loop import first_loop
from lstm_music_jax.evaluation.measures.longest_loop import longest_loop
from lstm_music_jax.evaluation.measures.overlap import overlap
from lstm_music_jax.evaluation.measures.repeated_ngrams import repeated_ngrams
from lstm_music_jax.evaluation.measures.self_bleu import self_bleu
from lstm_music_jax.evaluation.measures.zipf import zipf

PIECE_MEASURES = (
    repeated_ngrams(),
    longest_loop(),
    first_loop(),
    zipf(),
)
SET_MEASURES = (
    distinct(),
    overlap(),
    self_bleu(),
)

__all__ = [
    "PIECE_MEASURES",
    "SET_MEASURES",
    "copied_share",
    "distinct",
    "first_loop",
    "longest_copy",
    "longest_loop",
    "overlap",
    "repeated_ngrams",
    "self_bleu",
    "zipf",
]
