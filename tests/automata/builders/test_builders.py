"""Builders of automata, by enumeration of all short sequences."""

import itertools
import re

import pytest

from lstm_music_jax.automata import automaton as module
from lstm_music_jax.automata.builders.fixed import fixed_notes, fixed_symbols
from lstm_music_jax.automata.builders.motifs import contains, excludes
from lstm_music_jax.automata.builders.patterns import (
    AnySymbol,
    Either,
    InOrder,
    OneOf,
    Repeat,
    Sounding,
    matching,
)
from lstm_music_jax.automata.builders.pitches import within_key, within_range
from lstm_music_jax.automata.builders.well_formed import well_formed
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.vocabulary import Vocabulary
from tests.automata.builders.words import ENCODING, EVENTS, MUSIC, check, words

NAMES = Vocabulary(("C4", "E4", "0.4", "?"))
PLAYED = Vocabulary(
    ("note_on_60", "note_off_60", "note_on_62", "note_off_62", "shift_3", "velocity_9")
)


@pytest.mark.parametrize(
    ("vocabulary", "encoding", "longest"),
    [(EVENTS, Events(), 4), (PLAYED, Performance(), 5), (NAMES, NoteNames(), 4)],
)
def test_well_formed_pieces_are_those_of_which_decoding_skips_nothing(
    vocabulary, encoding, longest
):
    automaton = well_formed(vocabulary, encoding)
    check(automaton, vocabulary, lambda w: not encoding.decode(w).skipped, longest)


def test_well_formed_pieces_for_a_few_pitches():
    automaton = well_formed(PLAYED, Performance(), [60])

    def fits(word):
        others = [symbol for symbol in word if not symbol.endswith("_62")]
        return not Performance().decode(others).skipped

    check(automaton, PLAYED, fits, 5)
    assert len(automaton) == 3


def test_too_many_pitches_for_well_formed_pieces():
    symbols = [f"pitch_{pitch}" for pitch in range(30)]
    with pytest.raises(ValueError, match=r"pieces of 30 pitches has 1,073,741,824 sta"):
        well_formed(Vocabulary((*symbols, "shift_3")), Events())
    assert len(well_formed(Vocabulary((*symbols[:10], "shift_3")), Events())) == 2**10


def test_pitches():
    low = within_range(36, 62, EVENTS, ENCODING)
    check(low, EVENTS, lambda w: "pitch_64" not in w)
    check(
        within_key(8, (4, 7), EVENTS, ENCODING), EVENTS, lambda w: "pitch_64" not in w
    )
    for arguments, message in (
        ((60, 59), "low is 60 and high is 59; they must be MIDI pitches"),
        ((60, 128), "low is 60 and high is 128; they must be MIDI pitches, 0 to 127"),
    ):
        with pytest.raises(ValueError, match=message):
            within_range(*arguments, EVENTS, ENCODING)
    with pytest.raises(ValueError, match="scale holds 12; it must be 0 to 11"):
        within_key(0, (0, 12), EVENTS, ENCODING)


@pytest.mark.parametrize(
    "motif", [("pitch_60",), ("pitch_60", "pitch_60", "shift_6"), ("shift_6",) * 3]
)
def test_motifs(motif):
    text = " ".join(motif)

    def found(word):
        return f" {text} " in f" {' '.join(word)} "

    check(contains(motif, EVENTS, ENCODING), EVENTS, found)
    check(excludes(motif, EVENTS, ENCODING), EVENTS, lambda w: not found(w))
    # The automaton of Knuth, Morris and Pratt has a state per symbol, and one more.
    assert len(contains(motif, EVENTS, ENCODING)) == len(motif) + 1


def test_transposed_motifs():
    vocabulary = Vocabulary(("C4", "D4", "E4", "D5", "B4"))
    pairs = {("C4", "D4"), ("D4", "E4")}
    automaton = contains(["C4", "D4"], vocabulary, NoteNames(), transposed=True)
    check(automaton, vocabulary, lambda w: pairs & {*itertools.pairwise(w)})
    automaton = excludes(["C4", "D4"], vocabulary, NoteNames(), transposed=True)
    check(automaton, vocabulary, lambda w: not pairs & {*itertools.pairwise(w)})


def test_fixed_symbols():
    automaton = fixed_symbols({0: "shift_6", 2: "pitch_60"}, EVENTS)
    check(
        automaton,
        EVENTS,
        lambda w: len(w) >= 3 and w[0] == "shift_6" and w[2] == "pitch_60",
    )


def test_fixed_notes():
    automaton = fixed_notes({0: 60, 0.5: (64, 60)}, EVENTS, ENCODING)

    def struck(word):
        notes = {(n.onset, n.pitch) for n in ENCODING.decode(word).score.notes}
        return notes >= {(0, 60), (6, 64), (6, 60)}

    check(automaton, EVENTS, struck, longest=5)
    names = fixed_notes({0: 60, 2: [64]}, NAMES, NoteNames(ticks_per_note=12))

    def played(word):
        notes = NoteNames().decode(word).score.notes
        return {(0, 60), (24, 64)} <= {(n.onset, n.pitch) for n in notes}

    music = [word for word in words(4, NAMES.symbols) if "?" not in word]
    assert any(map(played, music))
    for word in music:
        assert names.accepts(NAMES.ids_of(word)) == played(word)


# Pairs of a pattern and a regular expression in which each symbol is a letter.
LETTERS = dict(zip(MUSIC, "csde", strict=True))
ANY = AnySymbol()
SHIFT = OneOf(["shift_6"])
PATTERNS = [
    (InOrder(), ""),
    (Repeat(ANY), ".*"),
    (InOrder(Repeat(ANY), Sounding([0])), ".*c"),
    (
        Repeat(Either(OneOf(["shift_6"]), InOrder(Sounding([0, 4]), ANY)), 1),
        "(s|[ce].)+",
    ),
    (
        InOrder(Repeat(OneOf(["pitch_60", "shift_6"]), 1, 2), Sounding([4])),
        "[cs]{1,2}e",
    ),
    (Repeat(Repeat(Sounding([0]), 0, 2), 1, 2), "(c{0,2}){1,2}"),
    (InOrder(Repeat(Repeat(Sounding([0]))), Repeat(ANY, 2, 2)), "(c*)*.."),
    (Either(Repeat(Sounding([0])), Sounding([4]), InOrder()), "c*|e|"),
    (Repeat(InOrder(Repeat(Sounding([0])), Sounding([4]))), "(c*e)*"),
]


@pytest.mark.parametrize(("pattern", "expression"), PATTERNS)
def test_patterns_are_regular_expressions(pattern, expression):
    check(
        matching(pattern, EVENTS, ENCODING),
        EVENTS,
        lambda w: re.fullmatch(expression, "".join(map(LETTERS.get, w))),
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: contains([], EVENTS, ENCODING),
            "motif is empty; it must",
        ),
        (
            lambda: contains(["<end>"], EVENTS, ENCODING),
            "motif holds '<end>'; it",
        ),
        (
            lambda: contains(["pitch_65"], EVENTS, ENCODING),
            "motif holds 'pitch",
        ),
        (
            lambda: contains(["X"], EVENTS, ENCODING),
            "symbols in motif not in the",
        ),
        (lambda: fixed_symbols({}, EVENTS), r"symbols is \{\}; it must hold one pos"),
        (
            lambda: fixed_symbols({3: "pitch_65"}, EVENTS),
            "symbols holds 'pitch_65' at position 3; it must hold symbols of music",
        ),
        (
            lambda: fixed_notes({0.3: 60}, EVENTS, ENCODING),
            "notes holds the time 0.3; it must be 0 or more, and a multiple of 1/12 of",
        ),
        (
            lambda: fixed_notes({0: 65}, EVENTS, ENCODING),
            "notes holds pitch 65; it must hold pitches that the model was trained on",
        ),
        (lambda: fixed_notes({}, EVENTS, ENCODING), "notes is empty; it must hold one"),
        (
            lambda: Repeat(ANY, 2, 1),
            "least is 2 and most is 1; least must be 0 or more",
        ),
        (
            lambda: matching(InOrder(ANY, "C4"), EVENTS, ENCODING),
            "pattern holds 'C4'; it must hold AnySymbol, OneOf, Sounding, InOrder, Eit",
        ),
        (
            lambda: matching(OneOf(["C4"]), EVENTS, ENCODING),
            "symbols in OneOf not in the vocabulary of 7: 'C4' at position 0",
        ),
    ],
)
def test_wrong_arguments_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_a_pattern_of_too_many_states(monkeypatch):
    monkeypatch.setattr(module, "MOST_STATES", 100)
    # The tenth symbol from the end sounds, so the last ten must be remembered.
    pattern = InOrder(Repeat(ANY), Sounding([0]), Repeat(ANY, 9, 9))
    with pytest.raises(ValueError, match=r"states or more; it must have at most 100$"):
        matching(pattern, EVENTS, ENCODING)
