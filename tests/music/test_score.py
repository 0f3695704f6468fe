"""Scores: allowed values, order, and what one keyboard can play."""

import pytest
from hypothesis import given

from lstm_music_jax.music.score import Chord, Note, Part, Score
from tests.music.midi.midi_files import notes


def test_canonical_notes_by_hand():
    score = Score.from_parts(
        (
            Part("right", (Chord(12, 12, (64, 60)), Chord(0, 24, (60,)))),
            Part("left", (Chord(12, 6, (60,)), Chord(18, 0, (40,)))),
        )
    )
    assert score.notes == (
        Note(0, 60, 12),  # ends where it is struck again
        Note(12, 60, 12),  # the longer of two
        Note(12, 64, 12),
        Note(18, 40, 1),  # a duration of 0 becomes a tick
    )
    assert score.end == 24


def test_the_chords_of_a_part_are_sorted_by_onset():
    late, first, second, zero = (
        Chord(5, 1, (60,)),
        Chord(0, 1, (61,)),
        Chord(0, 1, (60,)),
        Chord(0, 0, (62,)),
    )
    assert Part("", (late, first, second, zero)).chords == (zero, first, second, late)


def test_chords_that_differ_in_spelling_are_equal():
    assert Chord(0, 1, (61,), "D-4") == Chord(0, 1, (61,), "C#4")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 1, (60,)), "onset is -1"),
        ((0, -1, (60,)), "duration is -1"),
        ((0, 1, ()), "pitches is empty"),
        ((0, 1, (60, 128)), "pitch is 128"),
        ((0, 1, (-1,)), "pitch is -1"),
    ],
)
def test_values_out_of_range_are_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        Chord(*arguments)


def test_an_empty_score_has_no_notes():
    assert Score(()).notes == ()
    assert Score(()).end == 0
    assert Score.from_notes([]).notes == ()


@given(notes(latest=60, longest=40))
def test_canonical_notes_are_what_one_keyboard_plays(given_notes):
    score = Score.from_notes(given_notes)
    assert Score.from_notes(score.notes).notes == score.notes
    assert list(score.notes) == sorted(score.notes)
    assert {n[:2] for n in score.notes} == {n[:2] for n in given_notes}
    sounding = [
        (pitch, tick)
        for onset, pitch, duration, _ in score.notes
        for tick in range(onset, onset + duration)
    ]
    assert len(sounding) == len(set(sounding))
    # A key is down exactly while the note that last struck it is held.
    for pitch in {note.pitch for note in given_notes}:
        own = [note for note in given_notes if note.pitch == pitch]
        for tick in range(101):
            struck = max((n.onset for n in own if n.onset <= tick), default=None)
            held = [n for n in own if n.onset == struck and tick < n.onset + n.duration]
            assert ((pitch, tick) in set(sounding)) == bool(held)
