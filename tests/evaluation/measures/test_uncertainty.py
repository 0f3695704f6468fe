"""Measures that read the trace of a piece."""

import math

import numpy as np
import pytest

from lstm_music_jax.evaluation.measures import TRACE_MEASURES, excess_surprisal
from lstm_music_jax.evaluation.measures.base import Sample

FIGURES = {
    "strategy entropy": "strategy_entropy",
    "model entropy": "model_entropy",
    "kept mass": "kept_mass",
    "kept symbols": "kept_count",
    "judge's surprisal": "judge_surprisal",
    "surprisal minus held-out loss": "surprisal",
}
MEASURES = (*TRACE_MEASURES, excess_surprisal(1.5))


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_the_mean_over_the_generated_symbols(measure):
    """Each measure reads its own figure: another one is NaN in every other measure."""
    name = FIGURES[measure.name]
    sample = Sample(np.arange(5), primer=2, trace={name: np.array([1, 2, 6])})
    expected = 1.5 if name == "surprisal" else 3.0
    assert measure(sample) == expected
    others = [each(sample) for each in MEASURES if each is not measure]
    assert all(map(math.isnan, others))


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_a_piece_without_generated_symbols_has_none(measure):
    trace = {name: np.zeros(0) for name in FIGURES.values()}
    assert math.isnan(measure(Sample(np.arange(5), primer=5, trace=trace)))
