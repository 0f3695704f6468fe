"""Structure: fitness against exhaustive search, and properties of the similarity."""

import math

import numpy as np
import pytest

from lstm_music_jax.evaluation.measures import fitness as module, structureness
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.fitness import fitness
from lstm_music_jax.evaluation.measures.self_similarity import (
    PENALTY,
    chroma,
    self_similarity,
)
from lstm_music_jax.music.score import Note, Score

STEPS = ((1, 1), (2, 1), (1, 2))


def random_similarity(rng, size, kept=0.5):
    values = np.where(rng.random((size, size)) < kept, rng.random((size, size)), -2)
    np.fill_diagonal(values, 1)
    return values


def paths(size, length):
    """Return all paths from the first to the last column of a segment."""

    def extended(path):
        row, column = path[-1]
        if column == length - 1:
            yield path
        for down, right in STEPS:
            if row + down < size and column + right < length:
                yield from extended([*path, (row + down, column + right)])

    for row in range(size):
        yield from extended([(row, 0)])


def fitness_by_search(similarity, start, length):
    """Return the fitness, by trying all families of paths row by row."""
    size = len(similarity)
    # For each row: sum, cells and covered rows of the best family that ends above it.
    best = [(0.0, 0, 0)] * (size + 1)
    every = [*paths(size, length)]
    for end in range(1, size + 1):
        families = [best[end - 1]]
        for path in every:
            first, last = path[0][0], path[-1][0]
            if last == end - 1:
                total = sum(similarity[row, start + column] for row, column in path)
                before = best[first]
                families.append(
                    (
                        before[0] + total,
                        before[1] + len(path),
                        before[2] + last - first + 1,
                    )
                )
        best[end] = max(families)
    total, cells, covered = best[size]
    score, coverage = (total - length) / cells, (covered - length) / size
    return 2 * score * coverage / (score + coverage) if score > 0 < coverage else 0.0


@pytest.mark.parametrize("seed", range(4))
def test_fitness_is_that_of_the_best_path_family(seed):
    rng = np.random.default_rng(seed)
    size = 8
    similarity = random_similarity(rng, size)
    found = fitness(similarity)
    for length in range(1, size + 1):
        for start in range(size):
            inside = start + length <= size
            expected = fitness_by_search(similarity, start, length) if inside else 0
            assert found[length - 1, start] == pytest.approx(expected, abs=1e-5)


def test_lengths_can_be_limited():
    similarity = random_similarity(np.random.default_rng(0), 60)
    every = fitness(similarity)
    np.testing.assert_array_equal(fitness(similarity, 7, 20), every[6:20])
    np.testing.assert_array_equal(fitness(similarity, 50), every[49:])
    assert fitness(similarity, 61).shape == (0, 60)


def test_blocks_do_not_change_the_values(monkeypatch):
    similarity = random_similarity(np.random.default_rng(1), 40)
    whole = fitness(similarity)
    monkeypatch.setattr(module, "_BLOCK", 100)
    np.testing.assert_array_equal(fitness(similarity), whole)


def test_a_piece_that_never_repeats_has_no_fitness():
    assert (fitness(np.where(np.eye(20) > 0, 1, PENALTY)) == 0).all()


def test_fitness_of_a_passage_played_four_times():
    # Four times five frames: three repetitions cover 15 of 20 frames at similarity 1.
    similarity = np.where(np.eye(5) > 0, 1.0, PENALTY)
    similarity = np.tile(similarity, (4, 4))
    found = fitness(similarity)
    assert found.max() < 1
    score, coverage = 15 / 20, 15 / 20
    assert found[4, 0] == pytest.approx(2 * score * coverage / (score + coverage))
    # Only segments that begin with the passage can be cut out four times.
    np.testing.assert_allclose(found[4, 0:16:5], found[4, 0])
    assert (np.delete(found[4], [0, 5, 10, 15]) < 0.7).all()


def test_a_repetition_at_half_speed_is_found():
    similarity = np.where(np.eye(12) > 0, 1.0, PENALTY)
    # The first four frames come again from frame 4 on, each lasting two frames.
    for frame in range(4):
        similarity[4 + 2 * frame, frame] = 1
    assert fitness(similarity)[3, 0] > 0.4


def test_fitness_lies_between_0_and_1():
    for seed in range(5):
        found = fitness(random_similarity(np.random.default_rng(seed), 40, 0.9))
        assert found.min() >= 0
        assert found.max() < 1


def test_segments_have_frames():
    with pytest.raises(ValueError, match="shortest is 0; it must be 1 frame or more"):
        fitness(np.eye(3), 0)
    with pytest.raises(ValueError, match="shortest is 5; it must be 1 to longest"):
        structureness(5, 4)


def test_chroma_by_hand():
    # Frame 1: C for 12 ticks and E for 6. Frame 2: silence. Frame 3: C for 3 ticks.
    score = Score.from_notes([Note(0, 60, 12), Note(6, 64, 6), Note(24, 72, 3)])
    found = chroma(score)
    expected = np.zeros((3, 12))
    expected[0, [0, 4]] = np.array([12, 6]) / np.hypot(12, 6)
    expected[2, 0] = 1
    np.testing.assert_allclose(found, expected)
    assert chroma(Score(())).shape == (0, 12)


def test_self_similarity_has_the_properties_that_fitness_needs():
    features = np.abs(np.random.default_rng(0).normal(size=(40, 12)))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    found = self_similarity(features)
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(np.diag(found), 1)
    assert found.max() == 1
    assert ((found == PENALTY) | ((found >= 0) & (found <= 1))).all()
    assert (found >= 0).mean() == pytest.approx(0.25, abs=0.03)


def test_self_similarity_does_not_depend_on_the_key():
    features = np.abs(np.random.default_rng(1).normal(size=(10, 12)))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    piece = np.concatenate([features, np.roll(features, 5, axis=1)])
    found = self_similarity(piece)
    # All but the last frames of a passage are alike for the whole smoothing.
    np.testing.assert_allclose(np.diag(found, 10)[:7], 1)
    np.testing.assert_allclose(
        self_similarity(np.roll(piece, 3, axis=1)), found, atol=1e-9
    )


def test_a_piece_of_one_sound_is_alike_everywhere():
    assert (self_similarity(np.eye(12)[[4] * 9]) == 1).all()
    assert self_similarity(np.zeros((0, 12))).shape == (0, 0)


def tune(pitches):
    notes = (Note(12 * i, int(p), 12) for i, p in enumerate(pitches))
    return Sample(np.array(pitches), Score.from_notes(notes))


def test_a_piece_with_a_refrain_is_more_structured_than_without():
    rng = np.random.default_rng(2)
    measure = structureness(8, 16)
    for _ in range(5):
        verses = rng.integers(60, 72, size=(4, 10))
        refrain = rng.integers(60, 72, size=10)
        song = np.concatenate([part for verse in verses for part in (refrain, verse)])
        assert measure(tune(song)) > measure(tune(rng.permutation(song))) + 0.1


def test_structure_does_not_depend_on_key_or_octave():
    rng = np.random.default_rng(3)
    theme = rng.integers(60, 72, size=12)
    song = np.concatenate([theme, rng.integers(60, 72, size=12), theme])
    moved = [theme, song[12:24], theme + 7]
    values = [structureness(8, 16)(tune(s)) for s in (song, song + 15)]
    assert values[0] == pytest.approx(values[1], abs=1e-5)
    assert structureness(8, 16)(tune(np.concatenate(moved))) == pytest.approx(
        values[0], abs=0.1
    )


def test_a_short_piece_has_no_structure():
    assert math.isnan(structureness(8, 16)(tune([60] * 8)))
    assert structureness(8, 16)(tune([60] * 40)) > 0.5
