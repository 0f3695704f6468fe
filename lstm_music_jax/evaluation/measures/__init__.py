"""Measures, one per file. Start with `base.py`, the contract.

A new measure is one file, one import below, and one entry in one of the tuples below.
`PIECE_MEASURES`, `SET_MEASURES` and `DISTANCE_MEASURES` hold the measures that are
computed from the pieces alone. `CHORALE_MEASURES` are those of four-part writing.
`TRACE_MEASURES` read the trace of a piece, which holds figures of each generated
symbol, such as the surprisal. Some measures are in no tuple, because they need other
data: measures of copying need the training pieces, `excess_surprisal` needs the loss of
the model, and the measure of a watermark needs its key.

The modules of this package may import one another, and the packages `automata`,
`music` and `types` of the project.
"""

from lstm_music_jax.evaluation.measures.copying import copied_share, longest_copy
from lstm_music_jax.evaluation.measures.distinct import distinct
from lstm_music_jax.evaluation.measures.doubling import doubled_thirds
from lstm_music_jax.evaluation.measures.durations import DURATIONS
from lstm_music_jax.evaluation.measures.energy import energy
from lstm_music_jax.evaluation.measures.feature import as_feature, mean_of
from lstm_music_jax.evaluation.measures.first_loop import first_loop
from lstm_music_jax.evaluation.measures.groove import groove_consistency
from lstm_music_jax.evaluation.measures.inter_onsets import INTER_ONSETS
from lstm_music_jax.evaluation.measures.intervals import INTERVALS
from lstm_music_jax.evaluation.measures.longest_loop import longest_loop
from lstm_music_jax.evaluation.measures.overlap import overlap
from lstm_music_jax.evaluation.measures.parallels import (
    parallel_fifths,
    parallel_octaves,
)
from lstm_music_jax.evaluation.measures.pitch_class_entropy import pitch_class_entropy
from lstm_music_jax.evaluation.measures.pitch_classes import pitch_class_distance
from lstm_music_jax.evaluation.measures.polyphony import POLYPHONY
from lstm_music_jax.evaluation.measures.repeated_ngrams import repeated_ngrams
from lstm_music_jax.evaluation.measures.scale_consistency import scale_consistency
from lstm_music_jax.evaluation.measures.self_bleu import self_bleu
from lstm_music_jax.evaluation.measures.spacing import wide_spacing
from lstm_music_jax.evaluation.measures.structureness import structureness
from lstm_music_jax.evaluation.measures.uncertainty import (
    excess_surprisal,
    judge_surprisal,
    kept_count,
    kept_mass,
    model_entropy,
    strategy_entropy,
)
from lstm_music_jax.evaluation.measures.voice_ranges import out_of_range
from lstm_music_jax.evaluation.measures.wasserstein import wasserstein
from lstm_music_jax.evaluation.measures.watermark import watermark
from lstm_music_jax.evaluation.measures.zipf import zipf

FEATURES = (INTERVALS, DURATIONS, INTER_ONSETS, POLYPHONY)
_CORPUS = (
    *map(mean_of, FEATURES),
    pitch_class_entropy(1),
    pitch_class_entropy(4),
    groove_consistency(),
    scale_consistency(),
)
PIECE_MEASURES = (
    repeated_ngrams(),
    longest_loop(),
    first_loop(),
    zipf(),
    *_CORPUS,
    structureness(4, 8),
    structureness(8, 16),
)
TRACE_MEASURES = (
    strategy_entropy(),
    model_entropy(),
    kept_mass(),
    kept_count(),
    judge_surprisal(),
)
CHORALE_MEASURES = (
    parallel_fifths(),
    parallel_octaves(),
    out_of_range(),
    wide_spacing(),
    doubled_thirds(),
)
SET_MEASURES = (
    distinct(),
    overlap(),
    self_bleu(),
)
DISTANCE_MEASURES = (
    pitch_class_distance(),
    *map(wasserstein, FEATURES),
    *(wasserstein(as_feature(measure)) for measure in _CORPUS[len(FEATURES) :]),
    energy(_CORPUS),
)

__all__ = [
    "CHORALE_MEASURES",
    "DISTANCE_MEASURES",
    "FEATURES",
    "PIECE_MEASURES",
    "SET_MEASURES",
    "TRACE_MEASURES",
    "copied_share",
    "distinct",
    "doubled_thirds",
    "energy",
    "excess_surprisal",
    "first_loop",
    "groove_consistency",
    "judge_surprisal",
    "kept_count",
    "kept_mass",
    "longest_copy",
    "longest_loop",
    "mean_of",
    "model_entropy",
    "out_of_range",
    "overlap",
    "parallel_fifths",
    "parallel_octaves",
    "pitch_class_distance",
    "pitch_class_entropy",
    "repeated_ngrams",
    "scale_consistency",
    "self_bleu",
    "strategy_entropy",
    "structureness",
    "wasserstein",
    "watermark",
    "wide_spacing",
    "zipf",
]
