"""Pairs for blind listening: drawn at random, from where the pieces differ."""

import numpy as np

from lstm_music_jax.evaluation.comparison.listening import (
    excerpt,
    first_difference,
    listening_pairs,
)
from lstm_music_jax.evaluation.comparison.pieces import Pieces
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.music.score import Note, Score, Tempo


def score(*pitches):
    """A score of quarter notes."""
    return Score.from_notes([Note(12 * i, p, 12) for i, p in enumerate(pitches)])


def pieces(name, scores):
    return Pieces(name, [[Sample(np.zeros(1, int), each) for each in scores]])


def pairs(ours, theirs, **options):
    reference, arm = pieces("reference", theirs), pieces("arm", ours)
    return listening_pairs("as set", reference, arm, **{"seed": 0} | options)


def test_excerpts_begin_before_the_first_difference():
    same = [60 + i % 7 for i in range(20)]
    ours, theirs = score(*same, *[70] * 30), score(*same, *[50] * 60)
    assert first_difference(ours, theirs) == 20 * 12
    (pair,) = pairs([ours], [theirs], quarters=10)
    assert [note.pitch for note in pair.ours.notes] == same[-4:] + [70] * 6
    assert [note.pitch for note in pair.theirs.notes] == same[-4:] + [50] * 6
    assert pair.ours.notes[0].onset == 0
    assert pair.name == "as set: arm, piece 0"
    # Both end where the shorter piece ends.
    (pair,) = pairs([ours], [theirs], quarters=50)
    assert pair.ours.end == pair.theirs.end == 34 * 12


def test_equal_pieces_and_late_differences_are_left_out():
    assert pairs([score(60, 61)], [score(60, 61)]) == []
    same = [60] * 20
    assert pairs([score(*same, 61)], [score(*same, 62)]) == []
    assert pairs([score(60)], [Score(())]) == []


def test_pieces_are_drawn_by_seed_and_not_by_their_order():
    theirs = [score(*[40 + i] * 10) for i in range(30)]
    ours = [score(*[80 + i] * 10) for i in range(30)]
    drawn = [pair.piece for pair in pairs(ours, theirs, count=8)]
    assert len(set(drawn)) == 8
    assert pairs(ours, theirs, count=0) == []
    assert drawn != sorted(drawn)
    assert drawn == [pair.piece for pair in pairs(ours, theirs, count=8)]
    assert drawn != [pair.piece for pair in pairs(ours, theirs, count=8, seed=1)]
    for pair in pairs(ours, theirs, count=8):
        assert pair.ours.notes[0].pitch == 80 + pair.piece
        assert pair.theirs.notes[0].pitch == 40 + pair.piece


def test_an_excerpt_keeps_the_tempo_in_force():
    whole = Score.from_notes(
        [Note(0, 60, 30), Note(24, 62, 30), Note(60, 64, 12)],
        tempos=[Tempo(0, 90.0), Tempo(12, 100.0), Tempo(30, 70.0), Tempo(60, 50.0)],
    )
    found = excerpt(whole, 20, 50)
    assert found.notes == (Note(4, 62, 26),)
    assert found.tempos == (Tempo(0, 100.0), Tempo(10, 70.0))
