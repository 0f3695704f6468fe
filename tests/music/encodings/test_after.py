"""Decoding after a primer: what the primer has set applies; its music is left out."""

import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.score import Note, Score

EVENTS = ["shift_1", "shift_48", "duration_1", "duration_5", "duration_96"]
EVENTS += ["pitch_60", "pitch_61", "<start>"]
NAMES = ["C4", "E-5", "4.9", "<start>"]


def symbols_of(alphabet):
    return st.lists(st.sampled_from(alphabet), max_size=12)


def later(notes, ticks):
    return [note._replace(onset=note.onset + ticks) for note in notes]


@given(symbols_of(EVENTS), symbols_of(EVENTS))
def test_primer_and_drawn_symbols_sound_like_both_together(primer, drawn):
    encoding = Events()
    first = encoding.decode(primer)
    second = encoding.decode(drawn, after=primer)
    together = encoding.decode([*primer, *drawn])
    end = sum(map(encoding.time_shift, primer))
    moved = later(second.score.notes, end)
    # A key that is struck again ends the note that sounds, also one of the primer.
    both = Score.from_notes([*first.score.notes, *moved])
    assert together.score.notes == both.notes
    assert together.skipped == first.skipped + second.skipped
    assert together.note_count == first.note_count + second.note_count


@given(symbols_of(NAMES), symbols_of(NAMES))
def test_a_note_name_depends_on_no_earlier_one(primer, drawn):
    encoding = NoteNames()
    first = encoding.decode(primer)
    second = encoding.decode(drawn, after=primer)
    together = encoding.decode([*primer, *drawn])
    moved = later(second.score.notes, first.note_count * encoding.ticks_per_note)
    assert together.score.notes == (*first.score.notes, *moved)
    assert together.skipped == first.skipped + second.skipped


@given(symbols_of(EVENTS), symbols_of(EVENTS), st.integers(0, 6))
def test_the_notes_of_the_primer_do_not_count(primer, drawn, most):
    whole = Events().decode(drawn, after=primer)
    stopped = Events().decode(drawn, max_notes=most, after=primer)
    assert stopped.note_count == min(most, whole.note_count)


@pytest.mark.parametrize(
    ("primer", "drawn", "notes"),
    [
        (["duration_3", "pitch_60"], ["pitch_62"], [Note(0, 62, 3)]),
        (["duration_96"], ["duration_4", "pitch_62"], [Note(0, 62, 100)]),
        (["duration_3", "shift_48"], ["shift_2", "pitch_62"], [Note(2, 62, 3)]),
        (["pitch_60"], ["pitch_60", "pitch_64"], [Note(0, 64, 12)]),
    ],
)
def test_what_a_primer_leaves_in_force(primer, drawn, notes):
    assert list(Events().decode(drawn, after=primer).score.notes) == notes
