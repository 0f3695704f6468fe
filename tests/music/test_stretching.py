"""Stretched symbols, by hand and by the laws of tables."""

import numpy as np
import pytest

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.stretching import combined, stretch_table
from lstm_music_jax.music.transposition import transposition_table
from lstm_music_jax.music.vocabulary import Vocabulary


def stretched(symbols, largest):
    """Return what the symbols become at each tempo; None if there is no symbol."""
    table = stretch_table(Vocabulary(tuple(symbols)), Performance(), largest)
    return [[None if n < 0 else symbols[n] for n in row] for row in table]


def test_shifts_by_hand():
    symbols = ("shift_1", "shift_90", "shift_95", "shift_100", "shift_81", "note_on_60")
    shortest, _, same, _, longest = stretched(symbols, 0.1)
    assert shortest == ["shift_1", "shift_81", None, "shift_90", None, "note_on_60"]
    assert same == list(symbols)
    assert longest == ["shift_1", None, "shift_100", "shift_100", None, "note_on_60"]
    # 81 times 1.1 is 89.1, and the vocabulary has no shift_89.
    assert stretched(("shift_81", "shift_89"), 0.1)[-1][0] == "shift_89"


def test_the_shares_are_those_of_the_performance_rnn():
    row_of_100 = [
        row[0] for row in stretched(Performance().symbols[256:356][::-1], 0.05)
    ]
    assert row_of_100 == ["shift_95", "shift_98", "shift_100", "shift_100", "shift_100"]


def test_an_encoding_of_beats_cannot_be_stretched():
    vocabulary = Vocabulary(("shift_12", "pitch_60"))
    with pytest.raises(ValueError, match=r"stretch is 0\.05; it must be 0"):
        stretch_table(vocabulary, Events(), 0.05)


def test_combined_tables_apply_one_row_after_another():
    vocabulary = Vocabulary(Performance().symbols)
    moves = transposition_table(vocabulary, Performance(), 2)
    tempos = stretch_table(vocabulary, Performance(), 0.05)
    both = combined(moves, tempos)
    assert both.shape == (25, len(vocabulary))
    for number in range(25):
        move, tempo = moves[number // 5], tempos[number % 5]
        expected = np.where(move < 0, -1, tempo[move])
        np.testing.assert_array_equal(both[number], expected)
    # The row in the middle changes nothing, so every window has a row.
    np.testing.assert_array_equal(both[12], np.arange(len(vocabulary)))
