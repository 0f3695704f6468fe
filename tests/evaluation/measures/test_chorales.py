"""Rules of four-part writing: by hand, with planted faults, and on Bach's chorales."""

import math

import numpy as np
import pytest

from lstm_music_jax.evaluation.measures import (
    CHORALE_MEASURES,
    doubled_thirds,
    out_of_range,
    parallel_fifths,
    parallel_octaves,
    wide_spacing,
)
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.four_parts import four_parts
from lstm_music_jax.music.corpus.loading import load_chorales
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.score import Note, Score

# C major, F major, G major, C major, without any fault.
CADENCE = [(48, 55, 64, 72), (41, 57, 65, 72), (43, 55, 62, 71), (48, 55, 64, 72)]


def played(chords, length=12):
    return Score.from_notes(
        Note(i * length, pitch, length)
        for i, chord in enumerate(chords)
        for pitch in chord
    )


def of(*chords):
    return Sample(np.zeros(0, int), played(chords))


def test_a_good_cadence_has_no_fault():
    for measure in CHORALE_MEASURES:
        assert measure(of(*CADENCE)) == 0, measure.name


@pytest.mark.parametrize(
    ("measure", "before", "after", "count"),
    [
        # Bass and tenor move from C and G to D and A.
        (parallel_fifths(), (48, 55, 64, 72), (50, 57, 65, 69), 1),
        # The same an octave further apart, and the same downwards.
        (parallel_fifths(), (50, 69, 74, 77), (48, 67, 76, 79), 1),
        # Only one of the voices moves, or none does.
        (parallel_fifths(), (48, 55, 64, 72), (48, 55, 65, 69), 0),
        # The voices move in contrary directions: a fifth becomes a twelfth.
        (parallel_fifths(), (50, 57, 65, 69), (43, 62, 67, 71), 0),
        # A fifth becomes a sixth.
        (parallel_fifths(), (48, 55, 64, 72), (50, 59, 65, 74), 0),
        # Bass and soprano move from C to D.
        (parallel_octaves(), (48, 55, 64, 72), (50, 53, 69, 74), 1),
        # Bass and tenor, and alto and soprano move in octaves, and so do all others.
        (parallel_octaves(), (48, 60, 72, 84), (50, 62, 74, 86), 6),
        (parallel_octaves(), (48, 55, 64, 72), (50, 57, 65, 69), 0),
    ],
)
def test_parallels_by_hand(measure, before, after, count):
    assert measure(of(before, after)) == 100 * count
    # A further transition without fault halves the rate.
    assert measure(of(before, before, after, (40, 58, 63, 77))) == 50 * count


def test_a_planted_parallel_is_found():
    octaves = of(*CADENCE[:1], (50, 53, 65, 74), *CADENCE[1:])
    assert (parallel_octaves()(octaves), parallel_fifths()(octaves)) == (25, 0)
    fifths = of(*CADENCE[:1], (50, 57, 65, 69), *CADENCE[1:])
    assert (parallel_octaves()(fifths), parallel_fifths()(fifths)) == (0, 25)


def test_ranges_by_hand():
    low_bass, high_soprano = (39, 60, 67, 72), (48, 64, 67, 82)
    assert out_of_range()(of(low_bass, *CADENCE, high_soprano)) == 2 / 6
    extremes = (40, 48, 55, 60), (62, 69, 74, 81)
    assert out_of_range()(of(*extremes)) == 0


def test_spacing_by_hand():
    # The bass is two octaves below the tenor, then the alto far below the soprano.
    assert wide_spacing()(of((40, 64, 67, 72), (48, 55, 64, 79))) == 1 / 2
    assert wide_spacing()(of((48, 55, 67, 79))) == 0


def test_doubling_by_hand():
    third, root, fifth = (52, 64, 67, 72), (48, 64, 67, 72), (48, 55, 64, 67)
    minor_third, seventh = (51, 63, 67, 72), (43, 59, 62, 65)
    assert doubled_thirds()(of(third, root, fifth, minor_third)) == 2 / 4
    assert doubled_thirds()(of(third, seventh)) == 1
    assert math.isnan(doubled_thirds()(of(seventh)))


def test_slices_begin_and_end_with_notes():
    # Two chords; the soprano of the first moves on after half of it.
    notes = [Note(0, pitch, 12) for pitch in (48, 64, 67)]
    notes += [Note(0, 72, 6), Note(6, 74, 6)]
    notes += [Note(12, pitch, 12) for pitch in (53, 60, 69)]
    # Three notes, then silence, then four notes again, struck twice.
    notes += [Note(36 + i, pitch, 1) for i in range(2) for pitch in (40, 50, 60, 70)]
    found = four_parts(Score.from_notes(notes))
    assert found.pitches.tolist() == [
        [48, 64, 67, 72],
        [48, 64, 67, 74],
        [40, 50, 60, 70],
        [40, 50, 60, 70],
    ]
    assert found.follows.tolist() == [True, False, False, False]
    before, after = found.transitions()
    assert (before.tolist(), after.tolist()) == (
        [[48, 64, 67, 72]],
        [[48, 64, 67, 74]],
    )


@pytest.mark.parametrize("measure", CHORALE_MEASURES, ids=lambda m: m.name)
def test_pieces_that_are_not_in_four_parts_have_no_values(measure):
    assert math.isnan(measure(of()))
    assert math.isnan(measure(of((60, 64, 67), (60, 65, 69))))
    assert math.isnan(measure(of((48, 55, 60, 64, 67), (50, 53, 60, 65, 69))))


@pytest.mark.very_slow
def test_bachs_chorales():
    pieces = load_chorales(Events(), progress=False).pieces
    scores = [Events().decode(piece.symbols).score for piece in pieces]
    transitions = [len(four_parts(score).transitions()[0]) for score in scores]
    samples = [Sample(np.zeros(0, int), score) for score in scores]

    def pooled(measure):
        counts = [
            measure(sample) * number
            for sample, number in zip(samples, transitions, strict=True)
            if number
        ]
        return sum(counts) / sum(transitions)

    assert pooled(parallel_fifths()) == pytest.approx(0.352, abs=0.001)
    assert pooled(parallel_octaves()) == pytest.approx(0.296, abs=0.001)
    for measure in (out_of_range(), wide_spacing(), doubled_thirds()):
        assert np.nanmean([measure(sample) for sample in samples]) < 0.25
