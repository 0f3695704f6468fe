"""Events: encoding and decoding, by hand and by property."""

import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.score import Note, Score
from tests.music.midi.midi_files import notes


def test_events_by_hand():
    score = Score.from_notes([Note(0, 60, 6), Note(0, 64, 6), Note(100, 60, 97)])
    symbols = ["duration_6", "pitch_60", "pitch_64"]
    symbols += ["shift_48", "shift_48", "shift_4", "duration_96", "duration_1"]
    symbols += ["pitch_60"]
    assert Events().encode(score) == symbols


def test_a_duration_holds_until_it_is_set_again():
    symbols = ["pitch_60", "duration_3", "pitch_62", "shift_3", "pitch_64"]
    assert Events().decode(symbols).score.notes == (
        Note(0, 60, 12),
        Note(0, 62, 3),
        Note(3, 64, 3),
    )


@pytest.mark.parametrize(
    "symbol",
    [
        "shift_0",
        "shift_49",
        "duration_0",
        "duration_97",
        "pitch_128",
        "pitch_-1",
        "pitch_",
        "pitch_٣",
        "pitch",
        "<start>",
        "pitch_6_0",
        "shift_1.5",
        "pitch_0060",
    ],
)
def test_ill_formed_events_are_skipped(symbol):
    decoded = Events().decode([symbol, "pitch_60", "pitch_60"])
    # The second pitch_60 is ill-formed, too, because the key has just been struck.
    assert decoded.skipped == 2
    assert decoded.score.notes == (Note(0, 60, 12),)


@given(notes())
def test_every_note_comes_back(given_notes):
    score = Score.from_notes(given_notes)
    decoded = Events().decode(Events().encode(score))
    assert decoded.score.notes == score.notes
    assert (decoded.skipped, decoded.note_count) == (0, len(score.notes))


SYMBOLS = st.one_of(
    st.integers(0, 60).map("shift_{}".format),
    st.integers(0, 100).map("duration_{}".format),
    st.integers(55, 65).map("pitch_{}".format),
    st.text(max_size=4),
)


@given(st.lists(SYMBOLS), st.integers(0, 10))
def test_any_symbols_are_decoded(symbols, max_notes):
    decoded = Events().decode(symbols)
    assert decoded.note_count == len(decoded.score.notes)
    limited = Events().decode(symbols, max_notes)
    assert limited.note_count == len(limited.score.notes)
    assert limited.note_count == min(max_notes, decoded.note_count)
