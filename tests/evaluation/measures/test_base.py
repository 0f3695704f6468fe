"""The contract of measures, for all measures in the tables."""

import numpy as np
import pytest

from lstm_music_jax.evaluation.measures import (
    CHORALE_MEASURES,
    DISTANCE_MEASURES,
    PIECE_MEASURES,
    SET_MEASURES,
    TRACE_MEASURES,
    excess_surprisal,
)
from lstm_music_jax.evaluation.measures.base import Direction, Sample

MEASURES = (
    *PIECE_MEASURES,
    *TRACE_MEASURES,
    excess_surprisal(1.5),
    *CHORALE_MEASURES,
    *SET_MEASURES,
    *DISTANCE_MEASURES,
)


def test_names_are_distinct():
    assert len({measure.name for measure in MEASURES}) == len(MEASURES)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.name)
def test_a_measure_says_what_it_is(measure):
    assert measure.name
    assert measure.source
    assert isinstance(measure.direction, Direction)


def test_an_encoding_is_valid_or_not():
    everywhere = next(m for m in MEASURES if m.name == "longest loop")
    timed = next(m for m in MEASURES if m.name == "mean duration")
    assert [everywhere.valid_for(kind) for kind in ("note_names", "events")] == [1, 1]
    assert [timed.valid_for(kind) for kind in ("note_names", "events")] == [0, 1]


def test_the_primer_lies_within_the_piece():
    sample = Sample(np.arange(5), primer=2)
    assert sample.generated.tolist() == [2, 3, 4]
    with pytest.raises(ValueError, match="primer is 6; it must be 0 to 5 symbols"):
        Sample(np.arange(5), primer=6)
