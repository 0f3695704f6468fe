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
from lstm_music_jax.music.score import Note, Score

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


def test_a_share_has_the_bounds_of_a_share():
    """A measure without a unit is a share, but the Zipf slope is an exponent."""
    of_unit = {"": (0, 1), "symbols": (0, np.inf), "nats per symbol": (0, np.inf)}
    exceptions = {
        "Zipf slope": (0, np.inf),
        excess_surprisal(1.5).name: (-np.inf, np.inf),
    }
    for measure in MEASURES:
        if measure.unit in of_unit:
            bounds = exceptions.get(measure.name, of_unit[measure.unit])
            assert measure.bounds == bounds, measure.name


def test_values_are_within_the_bounds():
    """In random chords, and in one chord that is struck again and again."""
    rng = np.random.default_rng(0)
    chords = [rng.integers(36, 84, size=(40, 4)), np.tile([48, 52, 55, 64], (40, 1))]

    def piece(pitches):
        notes = [Note(12 * i, int(p), 12) for i, row in enumerate(pitches) for p in row]
        return Sample(pitches.ravel(), Score.from_notes(notes))

    samples = [piece(pitches) for pitches in chords]
    for measure in (*PIECE_MEASURES, *CHORALE_MEASURES, *SET_MEASURES):
        is_set = measure in SET_MEASURES
        values = [measure(samples)] if is_set else [*map(measure, samples)]
        low, high = measure.bounds
        assert not np.isnan(values).all(), measure.name
        assert low - 1e-9 <= np.nanmin(values), measure.name
        assert np.nanmax(values) <= high + 1e-9, measure.name


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
