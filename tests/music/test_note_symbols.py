"""Which symbols make each note: against decoding every begin, and by hand."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.note_symbols import note_symbols

EVENTS = ["shift_1", "shift_7", "duration_1", "duration_5", "pitch_60", "pitch_61", "x"]
NAMES = ["C4", "E-5", "4.9", "0.0", "B-2", "<start>"]
PRESSED = "shift_1 shift_9 velocity_3 note_on_60 note_on_61 note_off_60 note_off_61"

ALPHABETS = [
    (Events(), EVENTS),
    (NoteNames(), NAMES),
    (Performance(), PRESSED.split()),
]


def keys(score):
    return [(note.onset, note.pitch) for note in score.notes]


@st.composite
def pieces(draw):
    encoding, alphabet = draw(st.sampled_from(ALPHABETS))
    after = draw(st.lists(st.sampled_from(alphabet), max_size=6))
    return encoding, draw(st.lists(st.sampled_from(alphabet), max_size=14)), after


@given(pieces(), st.integers(1, 5))
def test_a_note_is_struck_where_decoding_a_longer_begin_adds_it(piece, most):
    encoding, symbols, after = piece
    begins = [
        encoding.decode(symbols[:size], after=after) for size in range(len(symbols) + 1)
    ]
    struck, skipped = {}, []
    for position, (shorter, longer) in enumerate(pairwise(begins)):
        new = set(keys(longer.score)) - set(keys(shorter.score))
        struck |= dict.fromkeys(new, position)
        if longer.skipped > shorter.skipped:
            skipped.append(position)
    whole = begins[-1].score
    found = note_symbols(encoding, symbols, whole, after)
    assert found.strikes == [struck[key] for key in keys(whole)]
    assert found.heard == len(symbols)
    made = {position for makers in found.makers for position in makers}
    assert not made & set(skipped)
    assert len(found.skipped) <= len(skipped)
    assert bool(found.skipped) == bool(skipped)
    # What the score was cut from does not matter.
    cut = encoding.decode(symbols, most, after).score
    shorter = note_symbols(encoding, symbols, cut, after)
    assert shorter.strikes == [struck[key] for key in keys(cut)]
    assert set(shorter.strikes) <= set(range(shorter.heard))


@pytest.mark.parametrize(
    ("encoding", "symbols", "makers", "skipped"),
    [
        (
            Events(),
            "duration_6 pitch_60 pitch_64 pitch_60 shift_6 duration_48 duration_2 "
            "<start> pitch_60 shift_1",
            [[0, 1], [2], [4, 5, 6, 8]],
            [(0, 6)],
        ),
        (
            Performance(),
            "velocity_9 note_on_60 shift_100 shift_5 note_off_60 note_off_60 note_on_61"
            " note_on_50 shift_2 note_off_61 shift_3 note_off_50",
            [[0, 1, 2, 3, 4], [7, 10, 11], [6, 8, 9]],
            [(105, 105)],
        ),
        (NoteNames(), "C4 x 4.9 E-5", [[0], [2], [2], [3]], [(0, 0)]),
    ],
)
def test_the_makers_of_each_note_by_hand(encoding, symbols, makers, skipped):
    symbols = symbols.split()
    found = note_symbols(encoding, symbols, encoding.decode(symbols).score)
    assert found.makers == makers
    assert found.skipped == skipped


def test_the_release_of_a_note_of_the_primer_makes_no_note():
    primer, symbols = ["note_on_60"], ["shift_4", "note_off_60", "note_on_62"]
    score = Performance().decode(symbols, after=primer).score
    found = note_symbols(Performance(), symbols, score, primer)
    assert (found.strikes, found.makers) == ([2], [[2]])
