"""Note names: encoding and decoding, by hand and by property."""

import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.pitch_names import pitch_name
from lstm_music_jax.music.parts import parts_of
from lstm_music_jax.music.score import Chord, Part, Score

TWO_PARTS = Score.from_parts(
    (
        Part("empty", ()),
        Part("right", (Chord(0, 6, (63,)), Chord(12, 6, (64, 69, 76)))),
        Part("left", (Chord(0, 12, (40,), "F-2"), Chord(6, 6, (48, 60)))),
    )
)


@pytest.mark.parametrize(
    ("parts", "symbols"),
    [
        ("first", []),
        ("first_nonempty", ["E-4", "4.9"]),
        ("all", ["E-4", "F-2", "0", "4.9"]),
    ],
)
def test_the_chosen_parts_are_encoded(parts, symbols):
    assert NoteNames(parts).encode(TWO_PARTS) == symbols


def test_notes_and_chords_are_decoded_at_equal_distances():
    encoding = NoteNames(ticks_per_note=6)
    decoded = encoding.decode(["<start>", "C4", "nonsense", "4.9", "0", "11"])
    assert parts_of(decoded.score)[0].chords == (
        Chord(0, 6, (60,)),
        Chord(6, 6, (64, 69)),
        Chord(12, 6, (60,)),
        Chord(18, 6, (71,)),
    )
    assert (decoded.skipped, decoded.note_count) == (2, 4)


@given(st.lists(st.text(max_size=6) | st.from_regex(r"[A-G][#-]?\d", fullmatch=True)))
def test_any_symbols_are_decoded(symbols):
    decoded = NoteNames().decode(symbols)
    assert decoded.note_count + decoded.skipped == len(symbols)
    assert decoded.note_count == len(parts_of(decoded.score)[0].chords)
    limited = NoteNames().decode(symbols, max_notes=2)
    assert limited.note_count == min(2, decoded.note_count)


def test_decoded_note_names_are_encoded_as_before():
    names = [pitch_name(number) for number in range(24, 128)]
    assert NoteNames().encode(NoteNames().decode(names).score) == names
