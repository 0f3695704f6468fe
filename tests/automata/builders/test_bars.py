"""Bars: what the automaton accepts, by the decoded scores of all short pieces."""

import random

import numpy as np
import pytest

from lstm_music_jax.automata.builders.bars import bars
from lstm_music_jax.automata.reachability import Classes, Effects, Lookahead
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.vocabulary import Vocabulary
from tests.automata.builders.words import words

ENCODING = Events()
# A bar of 1/4 has 12 ticks. Two pitches, so that a note may last across others.
SYMBOLS = ("pitch_60", "shift_6", "duration_6", "duration_12", "pitch_64", "shift_4")
VOCABULARY = Vocabulary((*SYMBOLS, "<end>"), end="<end>")


def keeps(word, count, bar, crossing, grid, initial=ENCODING.ticks_per_quarter):
    """Return whether a piece lasts `count` bars, from its symbols and its score."""
    clock, duration, before, notes = 0, initial, "", []
    for symbol in word:
        kind, number = symbol.split("_")
        if kind != "pitch" and int(number) % grid:
            return False
        if kind == "shift":
            clock += int(number)
        elif kind == "duration":
            duration = int(number) + (duration if before == "duration" else 0)
        else:
            notes.append((clock, duration))
        before = kind
    last = [end for begin, end in notes if begin == notes[-1][0]]
    score = ENCODING.decode(word).score
    across = any(begin // bar != (begin + n - 1) // bar for begin, n in notes)
    fits = all(begin + n <= count * bar and n <= 12 for begin, n in notes)
    exact = bool(notes) and clock == notes[-1][0]
    exact = exact and clock + max(last) >= count * bar
    if fits and exact and not ENCODING.decode(word).skipped:
        # The promise, by independent code.
        assert score.end == count * bar
        assert max(note.onset + note.duration for note in score.notes) == count * bar
    return fits and exact and (crossing or not across)


@pytest.mark.parametrize(
    ("count", "metre", "crossing", "grid"),
    [
        (1, (1, 4), True, 1),
        (2, (1, 4), True, 1),
        (2, (1, 4), False, 1),
        (2, (1, 4), True, 6),
        (3, (1, 8), False, 3),
        (1, (3, 8), True, 2),
    ],
)
def test_exactly_the_pieces_of_so_many_bars_are_accepted(count, metre, crossing, grid):
    automaton = bars(count, VOCABULARY, ENCODING, metre, crossing=crossing, grid=grid)
    bar = metre[0] * 48 // metre[1]
    found = 0
    for word in words(4, SYMBOLS):
        expected = keeps(word, count, bar, crossing, grid)
        assert automaton.accepts(VOCABULARY.ids_of(word)) == expected, word
        found += expected
    assert found
    assert not automaton.accepts(VOCABULARY.ids_of(["pitch_60", "<end>"]))


@pytest.mark.parametrize("crossing", [False, True])
def test_long_pieces(crossing):
    symbols = (*SYMBOLS, "duration_24", "shift_12", "shift_1", "duration_1")
    vocabulary = Vocabulary(symbols)
    automaton = bars(3, vocabulary, ENCODING, crossing=crossing)
    rng = random.Random(0)
    live = accepting = 0
    for _ in range(300):
        # A random piece that the automaton can always read.
        state, word = 0, []
        while len(word) < 80:
            row = automaton.transitions[state][automaton.classes]
            symbol = rng.choice(np.flatnonzero(row >= 0).tolist())
            state = int(row[symbol])
            word.append(symbols[symbol])
            if automaton.accepting[state]:
                break
        live += 1
        if not automaton.accepting[state]:
            continue
        accepting += 1
        decoded = ENCODING.decode(word)
        notes = decoded.score.notes
        if decoded.skipped:
            continue
        assert decoded.score.end == 144
        if not crossing:
            assert all(n.onset // 48 == (n.onset + n.duration - 1) // 48 for n in notes)
    assert accepting > live / 2


def test_after_a_primer_a_duration_comes_first():
    automaton = bars(1, VOCABULARY, ENCODING, (1, 4), after_primer=True)
    for word in words(4, SYMBOLS):
        # Whatever the primer ends with, the decoded music lasts a bar.
        primers = [["duration_6"], ["duration_12", "pitch_60", "shift_6"], []]
        if automaton.accepts(VOCABULARY.ids_of(word)):
            for primer in primers:
                decoded = ENCODING.decode(word, after=primer)
                assert decoded.skipped or decoded.score.end == 12
    accepted = ["shift_6", "duration_6", "pitch_60"]
    assert automaton.accepts(VOCABULARY.ids_of(accepted))
    # A duration at the start may add to that of the primer.
    assert not automaton.accepts(VOCABULARY.ids_of(["duration_12", "pitch_60"]))


def test_note_names_count_symbols():
    names = Vocabulary(("C4", "0.4", "?"))
    automaton = bars(2, names, NoteNames(ticks_per_note=6), (3, 4))
    classes = Classes.of(automaton, np.ones(3, bool), Effects.none(3))
    assert Lookahead.of(classes, automaton.accepting, 130).lengths() == [12]
    assert not automaton.accepts([2] * 12)


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        ((0,), {}, "count is 0; it must be 1 or more"),
        ((1,), {"grid": 0}, "grid is 0; it must be 1 tick or more"),
        ((1,), {"metre": (1, 96)}, r"metre is \(1, 96\); a bar must be a whole number"),
        ((1,), {"metre": (4, 0)}, r"metre is \(4, 0\); it must be two numbers of 1"),
        ((1,), {"grid": 5}, "count is 1; no piece of the model's symbols lasts 1 bars"),
        (
            (9999,),
            {},
            r"of 9999 bars, not yet minimised, has .* states; it must",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, settings, message):
    with pytest.raises(ValueError, match=message):
        bars(*arguments, VOCABULARY, ENCODING, **settings)


def test_performances_do_not_count_quarters():
    with pytest.raises(ValueError, match=r"encoding is Performance.*; bars needs one"):
        bars(1, Vocabulary(("note_on_60",)), Performance())
