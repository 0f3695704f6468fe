"""Transposed symbols, by hand and by the laws of addition."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.encodings.pitch_names import (
    chord_name,
    normal_order,
    pitch_name,
)
from lstm_music_jax.music.transposition import transposition_table
from lstm_music_jax.music.vocabulary import START, Vocabulary


def transposed(symbols, encoding, semitones, start=None):
    """Return what each symbol becomes; None if the vocabulary has no symbol for it."""
    vocabulary = Vocabulary(tuple(symbols), start)
    size = abs(semitones)
    row = transposition_table(vocabulary, encoding, size)[size + semitones]
    return [None if number < 0 else symbols[number] for number in row]


def test_note_names_by_hand():
    symbols = ("C4", "C#4", "D4", "B3", "4.9", "5.10", "11.4", "0.5", "0", "1", "C5")
    up = transposed(symbols, NoteNames(), 1)
    assert up == ["C#4", "D4", None, "C4", "5.10", None, "0.5", None, "1", None, None]
    down = transposed(symbols, NoteNames(), -1)
    assert down == ["B3", "C4", "C#4", None, None, "4.9", None, "11.4", None, "0", None]


def test_events_by_hand():
    symbols = ("pitch_60", "shift_12", "pitch_62", "duration_6", "pitch_127", START)
    up = transposed(symbols, Events(), 2, START)
    assert up == ["pitch_62", "shift_12", None, "duration_6", None, START]


def test_performance_by_hand():
    symbols = ("note_on_60", "note_off_62", "note_on_62", "shift_9", "note_off_60")
    up = transposed(symbols, Performance(), 2)
    assert up == ["note_on_62", None, None, "shift_9", "note_off_62"]


def test_the_commonest_spelling_is_taken():
    symbols = ("E-5", "D5", "D#5", "E5")
    assert transposed(symbols, NoteNames(), 1) == ["E5", "E-5", "E5", None]
    # Transposition by 0 keeps every spelling.
    assert transposed(symbols, NoteNames(), 0) == list(symbols)


def test_chords_become_chords_and_unknown_symbols_stay():
    # The chord '1' sounds like the note 'C#4', which is C4 up 1, but is not a note.
    assert transposed(("C4", "1", "what?"), NoteNames(), 1) == [None, None, "what?"]


def test_negative_max_semitones_is_an_error():
    with pytest.raises(ValueError, match="max_semitones is -1; it must be 0 or more"):
        transposition_table(Vocabulary(("C4",)), NoteNames(), -1)


@given(st.sets(st.frozensets(st.integers(0, 11), min_size=2), max_size=9))
def test_transposed_chords_are_in_normal_order(chords):
    """If the vocabulary holds all transpositions, each is found."""
    named = {
        chord_name(c + semitones for c in chord)
        for chord in chords
        for semitones in range(12)
    }
    vocabulary = Vocabulary(tuple(sorted(named)))
    table = transposition_table(vocabulary, NoteNames(), 5)
    for semitones in range(-5, 6):
        for number, symbol in enumerate(vocabulary.symbols):
            wanted = normal_order(int(c) + semitones for c in symbol.split("."))
            found = vocabulary.symbols[table[5 + semitones, number]]
            assert found == ".".join(map(str, wanted))


EVENT_SYMBOLS = st.one_of(
    st.integers(0, 127).map("pitch_{}".format),
    st.integers(1, 48).map("shift_{}".format),
)
NAME_SYMBOLS = st.sampled_from(
    [pitch_name(pitch) for pitch in range(12, 128)]
    + [
        chord_name(classes)
        for size in (1, 2, 3)
        for classes in combinations(range(12), size)
    ]
)


@pytest.mark.parametrize(
    ("encoding", "symbols"), [(Events(), EVENT_SYMBOLS), (NoteNames(), NAME_SYMBOLS)]
)
def test_transpositions_add_up(encoding, symbols):
    """Each sound has one symbol here, so up and then down gives the symbol itself."""

    @given(st.sets(symbols, min_size=1, max_size=60))
    def check(chosen):
        table = transposition_table(Vocabulary(tuple(sorted(chosen))), encoding, 4)
        np.testing.assert_array_equal(table[4], np.arange(len(chosen)))
        for first in range(9):
            reached = np.flatnonzero(table[first] >= 0)
            back = table[8 - first][table[first][reached]]
            np.testing.assert_array_equal(back, reached)
            for second in range(max(0, 4 - first), min(9, 13 - first)):
                twice = table[second][table[first][reached]]
                once = table[first + second - 4][reached]
                np.testing.assert_array_equal(twice[twice >= 0], once[twice >= 0])

    check()
