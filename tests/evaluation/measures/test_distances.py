"""Distances between sets: against SciPy, by hand, and with planted differences."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import linprog

from lstm_music_jax.evaluation.measures import (
    DISTANCE_MEASURES,
    energy,
    mean_of,
    pitch_class_distance,
    wasserstein,
)
from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample
from lstm_music_jax.evaluation.measures.durations import DURATIONS
from lstm_music_jax.evaluation.measures.feature import as_feature
from lstm_music_jax.evaluation.measures.intervals import INTERVALS
from lstm_music_jax.music.score import Note, Score


def melodies(rng, pieces=20, size=30, low=60, longest=12, shift=0):
    """Return random melodies without overlapping notes."""
    for _ in range(pieces):
        durations = rng.integers(1, longest + 1, size=size)
        onsets = np.cumsum(durations) - durations
        pitches = rng.integers(low, low + 12, size=size) + shift
        notes = map(Note, onsets.tolist(), pitches.tolist(), durations.tolist())
        yield Sample(pitches, Score.from_notes(notes))


def counts(places, size):
    """One resample, as how often it holds each piece."""
    return np.bincount(places, minlength=size)[None].astype(float)


@pytest.fixture
def sets():
    rng = np.random.default_rng(0)
    return [*melodies(rng, pieces=15)], [*melodies(rng, longest=16)]


@pytest.mark.parametrize("feature", [DURATIONS, INTERVALS], ids=lambda f: f.name)
def test_wasserstein_is_scipys(sets, feature):
    ours, human = sets
    of_counts = wasserstein(feature).prepare(ours, human)
    rng = np.random.default_rng(1)
    deviation = np.concatenate([feature.values(s) for s in human]).std()
    for _ in range(5):
        i, j = rng.integers(15, size=15), rng.integers(20, size=20)
        expected = stats.wasserstein_distance(
            np.concatenate([feature.values(ours[place]) for place in i]),
            np.concatenate([feature.values(human[place]) for place in j]),
        )
        assert of_counts(counts(i, 15), counts(j, 20)) == pytest.approx(
            expected / deviation
        )


def test_wasserstein_of_a_shift_is_the_shift():
    feature = as_feature(by_table({0: 1.0, 1: 7.0, 2: 31.0, 3: 37.0}))
    # The standard deviation of the human values, 1 and 7, is 3.
    assert wasserstein(feature)(numbered(2, 3), numbered(0, 1)) == pytest.approx(10)


def by_table(table, name="number"):
    def function(sample):
        return table[int(sample.ids[0])]

    return PieceMeasure(name, "", "", Direction.HUMAN, None, function)


def numbered(*numbers):
    return [Sample(np.array([number])) for number in numbers]


def transport(first, second, cost):
    """Return the cost of the cheapest transport, from a linear programme."""
    size = len(first)
    rows = np.kron(np.eye(size), np.ones(size))
    columns = np.kron(np.ones(size), np.eye(size))
    return linprog(
        cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=[*first, *second]
    ).fun


@pytest.mark.parametrize("seed", range(4))
def test_the_distance_of_pitch_classes_is_the_cheapest_transport(seed):
    rng = np.random.default_rng(seed)
    ours, human = [*melodies(rng, 3, size=7)], [*melodies(rng, 4, size=9)]
    histograms = [
        np.bincount(np.concatenate([s.ids for s in side]) % 12, minlength=12)
        for side in (ours, human)
    ]
    first, second = (h[7 * np.arange(12) % 12] / h.sum() for h in histograms)
    steps = abs(np.subtract.outer(np.arange(12), np.arange(12)))
    cost = np.minimum(steps, 12 - steps)
    assert pitch_class_distance()(ours, human) == pytest.approx(
        transport(first, second, cost), abs=1e-8
    )


def test_a_fifth_is_nearer_than_a_semitone():
    rng = np.random.default_rng(0)
    white = [0, 2, 4, 5, 7, 9, 11]

    def scales(shift):
        for _ in range(5):
            pitches = 60 + shift + rng.permutation(white)
            notes = (Note(12 * i, int(p), 12) for i, p in enumerate(pitches))
            yield Sample(pitches, Score.from_notes(notes))

    human = [*scales(0)]
    distances = [pitch_class_distance()([*scales(s)], human) for s in (0, 7, 1)]
    # A shift by a fifth replaces F by F sharp, five fifths away. A shift by a semitone
    # turns five of the seven white keys into black ones, 1, 3, 5, 5 and 3 fifths away.
    assert distances == pytest.approx([0, 5 / 7, 17 / 7])


def test_energy_by_definition(sets):
    ours, human = sets
    measures = [mean_of(DURATIONS), mean_of(INTERVALS)]
    of_counts = energy(measures).prepare(ours, human)
    vectors = [np.array([[m(s) for m in measures] for s in side]) for side in sets]
    mean, deviation = vectors[1].mean(axis=0), vectors[1].std(axis=0)
    x, y = ((side - mean) / deviation for side in vectors)

    def mean_of_pairs(a, b, places, others):
        return np.mean(
            [
                np.linalg.norm(a[i] - b[j])
                for i in places
                for j in others
                if a is not b or i != j
            ]
        )

    rng = np.random.default_rng(2)
    for _ in range(3):
        i, j = rng.integers(15, size=15), rng.integers(20, size=20)
        expected = (
            2 * mean_of_pairs(x, y, i, j)
            - mean_of_pairs(x, x, i, i)
            - mean_of_pairs(y, y, j, j)
        )
        assert of_counts(counts(i, 15), counts(j, 20)) == pytest.approx(expected)


def test_energy_in_one_dimension_is_scipys():
    table = dict(enumerate(np.random.default_rng(0).normal(size=400)))
    first, second = numbered(*range(200)), numbered(*range(200, 400))
    values = np.array([*table.values()])
    x, y = values[:200], values[200:]
    found = energy([by_table(table)])(first, second)
    # SciPy takes the root and counts pairs of a piece with itself.
    within = [abs(np.subtract.outer(s, s)).mean() / 199 for s in (x, y)]
    expected = stats.energy_distance(x, y) ** 2 - sum(within)
    assert found == pytest.approx(expected / y.std())


def test_equal_distributions_are_at_zero_energy_on_average():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(200):
        table = dict(enumerate(rng.normal(size=40)))
        measure = energy([by_table(table)])
        found.append(measure(numbered(*range(15)), numbered(*range(15, 40))))
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(200)
    assert min(found) < 0


@pytest.mark.parametrize("measure", DISTANCE_MEASURES, ids=lambda m: m.name)
def test_a_planted_fault_is_farther_than_other_human_pieces(measure):
    rng = np.random.default_rng(4)

    def tunes(pieces, scale, longest, beat):
        for _ in range(pieces):
            steps = rng.integers(-1, 2, size=40).cumsum() + 14
            durations = beat * rng.integers(1, longest + 1, size=40)
            onsets = durations.cumsum() - durations
            pitches = 48 + np.array(scale)[steps % 7] + 12 * (steps // 7)
            pitches += rng.random(40) < 0.05  # a few accidentals
            notes = [*map(Note, onsets.tolist(), pitches.tolist(), durations.tolist())]
            chords = [Note(n.onset, n.pitch - 12, n.duration) for n in notes[::4]]
            yield Sample(steps, Score.from_notes(notes + chords))

    white = [0, 2, 4, 5, 7, 9, 11]
    human, others = [*tunes(40, white, 2, 6)], [*tunes(40, white, 2, 6)]
    faulty = [*tunes(40, [0, 7, 1, 9, 2, 10, 3], 7, 5)]
    faulty = [
        Sample(s.ids, Score.from_notes([*s.score.notes, Note(0, 20, s.score.end)]))
        for s in faulty
    ]
    assert measure(faulty, human) > 3 * max(measure(others, human), 0.05)


def test_an_undefined_measure_puts_a_piece_far_away():
    table = {0: 1.0, 1: -1.0, 2: 0.0, 3: 0.0, 4: math.nan, 5: math.nan}
    human, near, undefined = numbered(0, 1), numbered(2, 3), numbered(4, 5)
    measure = energy([by_table(table)])
    assert measure(undefined, human) == measure(numbered(0, 0), human)
    assert measure(undefined, human) > measure(near, human) - 1


def test_measures_that_do_not_vary_are_left_out():
    varied, constant = (
        by_table({0: 1.0, 1: 2.0, 2: 9.0}),
        by_table({0: 3.0, 1: 3.0, 2: 8.0}),
    )
    human, ours = numbered(0, 1), numbered(2, 2)
    assert energy([varied, constant])(ours, human) == energy([varied])(ours, human)


def test_sets_without_values_have_no_distance():
    silent = [Sample(np.zeros(0, int)), Sample(np.zeros(0, int))]
    human = [*melodies(np.random.default_rng(0), 3)]
    assert math.isnan(wasserstein(DURATIONS)(silent, human))
    assert math.isnan(pitch_class_distance()(silent, human))
    with pytest.raises(ValueError, match="measures is empty; a distance needs"):
        energy([])
