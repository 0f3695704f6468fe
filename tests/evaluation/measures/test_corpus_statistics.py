"""Statistics of scores, on pieces that can be worked out by hand."""

import math

import numpy as np
import pytest

from lstm_music_jax.evaluation.measures import (
    groove_consistency,
    mean_of,
    pitch_class_entropy,
    scale_consistency,
)
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.durations import DURATIONS
from lstm_music_jax.evaluation.measures.inter_onsets import INTER_ONSETS
from lstm_music_jax.evaluation.measures.intervals import INTERVALS
from lstm_music_jax.evaluation.measures.polyphony import POLYPHONY
from lstm_music_jax.music.score import Note, Score


def sample(*notes):
    """Return a sample from (onset, pitch, duration); times are in quarters."""
    ticks = (Note(round(12 * on), pitch, round(12 * d)) for on, pitch, d in notes)
    return Sample(np.zeros(0, int), Score.from_notes(ticks))


# A chord of two notes, a higher note half a quarter later, silence, and a low note.
PIECE = sample((0, 60, 1), (0, 64, 2), (0.5, 67, 0.5), (3, 55, 1))


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (INTERVALS, [3, 12]),
        (DURATIONS, [1, 2, 0.5, 1]),
        (INTER_ONSETS, [0.5, 2.5]),
        # In steps of half a quarter: 2 notes, then 3, then 64 alone, later 55 alone.
        (POLYPHONY, np.repeat([2, 3, 1, 1, 1, 1], 6)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_features_by_hand(feature, expected):
    np.testing.assert_allclose(feature.values(PIECE), expected)
    assert mean_of(feature)(PIECE) == pytest.approx(np.mean(expected))


def test_polyphony_of_a_score_on_a_coarse_grid():
    notes = Note(0, 60, 4), Note(2, 64, 2)
    score = Score.from_notes(notes, ticks_per_quarter=4)
    found = POLYPHONY.values(Sample(np.zeros(0, int), score))
    np.testing.assert_array_equal(found, np.repeat([1, 2], 6))


def test_an_accompaniment_is_no_melody():
    melody = [(0, 72, 1), (1, 74, 2), (3, 71, 1)]
    bass = [(i / 2, 50 + i, 0.5) for i in range(8)]
    assert INTERVALS.values(sample(*melody, *bass)).tolist() == [2, 3]


def test_pitch_class_entropy_by_hand():
    # Bar 1 holds C and G, bar 2 nothing, bar 3 twice D, bar 5 C.
    piece = sample((0, 60, 1), (3, 67, 1), (8, 62, 1), (9, 74, 1), (16, 48, 1))
    assert pitch_class_entropy(1)(piece) == pytest.approx((1 + 0 + 0) / 3)
    # Bars 1 to 4 hold C, G, D, D; bars 2 to 5 hold D, D, C.
    four = 1.5, -(2 / 3 * np.log2(2 / 3) + 1 / 3 * np.log2(1 / 3))
    assert pitch_class_entropy(4)(piece) == pytest.approx(np.mean(four))
    # Eight bars are longer than the piece.
    whole = np.array([2, 2, 1]) / 5
    assert pitch_class_entropy(8)(piece) == pytest.approx(-(whole @ np.log2(whole)))


def test_all_twelve_classes_have_the_largest_entropy():
    chromatic = sample(*((i / 4, 60 + i, 1) for i in range(12)))
    assert pitch_class_entropy(1)(chromatic) == pytest.approx(np.log2(12))


def test_groove_by_hand():
    bar = [0, 1, 2.5]
    same = sample(*((4 * i + on, 60, 0.5) for i in range(3) for on in bar))
    assert groove_consistency()(same) == 1
    # The third bar lacks one onset and has another instead: 2 of 48 ticks differ.
    other = sample(
        *((4 * i + on, 60, 0.5) for i in range(2) for on in bar),
        *((8 + on, 60, 0.5) for on in (0, 1, 3)),
    )
    assert groove_consistency()(other) == pytest.approx(1 - (0 + 2 / 48) / 2)
    assert math.isnan(groove_consistency()(sample((0, 60, 1))))


@pytest.mark.parametrize("root", range(12))
def test_major_and_natural_minor_scales_are_consistent(root):
    for scale in ([0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10]):
        notes = [(i, 48 + root + step, 1) for i, step in enumerate(scale)]
        assert scale_consistency()(sample(*notes)) == 1
        foreign = sample(*notes, (7, 48 + root + 1, 1))
        assert scale_consistency()(foreign) == 7 / 8


def test_twelve_classes_fit_no_scale():
    chromatic = sample(*((i, 60 + i, 1) for i in range(12)))
    assert scale_consistency()(chromatic) == pytest.approx(7 / 12)


@pytest.mark.parametrize(
    "measure",
    [
        *map(mean_of, (INTERVALS, DURATIONS, INTER_ONSETS, POLYPHONY)),
        pitch_class_entropy(1),
        groove_consistency(),
        scale_consistency(),
    ],
    ids=lambda m: m.name,
)
def test_silence_has_no_statistics(measure):
    assert math.isnan(measure(sample()))


def test_a_window_has_bars():
    with pytest.raises(ValueError, match="bars is 0; it must be 1 or more"):
        pitch_class_entropy(0)
