"""The music strategies, with vocabularies of both encodings."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies import (
    HARMONIC_MINOR,
    MAJOR,
    MINOR,
    PENTATONIC,
    InKey,
    MaxLeap,
    NoLongRest,
    PitchRange,
    WellFormed,
)

KEY = jax.random.key(0)
NAMES = Vocabulary(("C4", "F#4", "4.9", "C6", "E-2", "<start>"), "<start>")
EVENTS = Vocabulary(
    ("pitch_60", "pitch_66", "shift_6", "shift_12", "duration_3", "<start>", "pitch_84")
)


def allowed(strategy, vocabulary, seen=()):
    """Return the symbols that a strategy allows after it has observed `seen`."""
    state = strategy.init(len(vocabulary))
    for token in vocabulary.ids_of(list(seen)):
        state = strategy.observe(jnp.int32(token), state)
    logits, _ = strategy.apply(jnp.zeros(len(vocabulary)), state, KEY)
    return vocabulary.symbols_of(np.flatnonzero(np.asarray(logits) == 0))


def without(vocabulary, *symbols):
    return [symbol for symbol in vocabulary.symbols if symbol not in symbols]


def test_pitches_shifts_and_durations_of_symbols():
    assert [NoteNames().pitches(symbol) for symbol in NAMES.symbols] == [
        (60,),
        (66,),
        (64, 69),
        (84,),
        (39,),
        (),
    ]
    assert [Events().pitches(symbol) for symbol in EVENTS.symbols[:3]] == [
        (60,),
        (66,),
        (),
    ]
    assert [Events().time_shift(s) for s in ("shift_6", "pitch_6", "?")] == [6, 0, 0]
    assert [Events().duration(s) for s in ("duration_6", "shift_6")] == [6, 0]
    assert NoteNames().time_shift("C4") == NoteNames().duration("C4") == 0


def test_pitch_range():
    strategy = PitchRange(NAMES, NoteNames(), 60, 68)
    # The chord's A4 is 69.
    assert allowed(strategy, NAMES) == ["C4", "F#4", "<start>"]
    assert allowed(PitchRange(NAMES, NoteNames(), 39, 84), NAMES) == [*NAMES.symbols]
    strategy = PitchRange(EVENTS, Events(), 61, 84)
    assert allowed(strategy, EVENTS) == without(EVENTS, "pitch_60")


@pytest.mark.parametrize(
    ("tonic", "scale", "names"),
    [
        (0, MAJOR, ["C4", "4.9", "C6"]),
        (7, MAJOR, ["C4", "F#4", "4.9", "C6"]),
        (0, MINOR, ["C4", "C6", "E-2"]),
        (9, MINOR, ["C4", "4.9", "C6"]),
        (4, HARMONIC_MINOR, ["C4", "F#4", "4.9", "C6", "E-2"]),
        (7, PENTATONIC, ["4.9"]),
        (6, [0], ["F#4"]),
    ],
)
def test_in_key(tonic, scale, names):
    strategy = InKey(NAMES, NoteNames(), tonic, scale)
    assert allowed(strategy, NAMES) == [*names, "<start>"]


def test_in_key_of_events():
    strategy = InKey(EVENTS, Events(), 0, MAJOR)
    assert allowed(strategy, EVENTS) == without(EVENTS, "pitch_66")


@pytest.mark.parametrize(
    ("semitones", "seen", "forbidden"),
    [
        (6, [], ()),
        (6, ["<start>"], ()),
        (6, ["C4"], ("C6", "E-2")),
        (5, ["C4"], ("F#4", "C6", "E-2")),
        (4, ["C4", "<start>"], ("F#4", "C6", "E-2")),
        (3, ["C4"], ("F#4", "4.9", "C6", "E-2")),
        # The leap is measured from the nearer of E4 and A4.
        (3, ["C6", "4.9"], ("C4", "C6", "E-2")),
        (15, ["4.9"], ("E-2",)),
        (0, ["4.9"], ("C4", "F#4", "C6", "E-2")),
    ],
)
def test_max_leap(semitones, seen, forbidden):
    strategy = MaxLeap(NAMES, NoteNames(), semitones)
    assert allowed(strategy, NAMES, seen) == without(NAMES, *forbidden)


def test_max_leap_of_events():
    strategy = MaxLeap(EVENTS, Events(), 6)
    assert allowed(strategy, EVENTS, ["shift_6"]) == [*EVENTS.symbols]
    seen = ["pitch_84", "pitch_60", "shift_6", "duration_3"]
    assert allowed(strategy, EVENTS, seen) == without(EVENTS, "pitch_84")


@pytest.mark.parametrize(
    ("ticks", "seen", "forbidden"),
    [
        (6, [], ["shift_12"]),
        (5, [], ["shift_6", "shift_12"]),
        (12, ["shift_6"], ["shift_12"]),
        # Without a duration symbol, a note lasts a quarter, 12 ticks.
        (0, ["pitch_60"], []),
        (0, ["pitch_60", "shift_6"], ["shift_12"]),
        (6, ["pitch_60", "shift_6"], []),
        (0, ["pitch_60", "shift_12"], ["shift_6", "shift_12"]),
        (0, ["duration_3", "pitch_60"], ["shift_6", "shift_12"]),
        (3, ["duration_3", "pitch_60"], ["shift_12"]),
        # Durations in a row add up; a duration after another symbol starts from 0.
        (0, ["duration_3", "duration_3", "pitch_60"], ["shift_12"]),
        (
            0,
            ["duration_3", "pitch_60", "duration_3", "pitch_66"],
            ["shift_6", "shift_12"],
        ),
        # The longest note of a chord counts, and an earlier note that still sounds.
        (0, ["pitch_60", "duration_3", "pitch_66"], []),
        (0, ["pitch_60", "shift_6", "duration_3", "pitch_66"], ["shift_12"]),
        # A note ends if its key is struck again later. At the same moment, the second
        # strike is ignored.
        (0, ["pitch_60", "shift_6", "duration_3", "pitch_60"], ["shift_6", "shift_12"]),
        (0, ["pitch_60", "duration_3", "pitch_60"], []),
    ],
)
def test_no_long_rest(ticks, seen, forbidden):
    strategy = NoLongRest(EVENTS, Events(), ticks)
    assert allowed(strategy, EVENTS, seen) == without(EVENTS, *forbidden)


def test_the_decoded_music_has_no_long_rest():
    symbols = ["shift_1", "shift_5", "shift_9", "duration_2", "duration_7"]
    symbols += ["pitch_60", "pitch_62", "<start>"]
    vocabulary = Vocabulary(tuple(symbols))
    strategy = NoLongRest(vocabulary, Events(), 6)
    choose, drawn = np.random.default_rng(0), []
    state = strategy.init(len(vocabulary))
    observe, apply = jax.jit(strategy.observe), jax.jit(strategy.apply)
    tight = 0
    for _ in range(600):
        logits, state = apply(jnp.zeros(len(vocabulary)), state, KEY)
        possible = np.flatnonzero(np.asarray(logits) == 0)
        tight += len(possible) < len(vocabulary)
        token = choose.choice(possible)
        state = observe(jnp.int32(token), state)
        drawn.append(vocabulary.symbols[token])
    end = longest = 0
    for onset, _, duration, _ in Events().decode(drawn).score.notes:
        longest = max(longest, onset - end)
        end = max(end, onset + duration)
    assert longest == 6
    assert tight > 60


@pytest.mark.parametrize(
    ("seen", "forbidden"),
    [
        ([], ["shift_90"]),
        # A note that is held makes no silence, however long it lasts.
        (["note_on_60"], []),
        (["note_on_60", "shift_90", "shift_90"], []),
        # The silence begins with the release of the last note.
        (["note_on_60", "shift_90", "note_off_60"], ["shift_90"]),
        (
            ["note_on_60", "shift_5", "note_off_60", "shift_5"],
            ["shift_5", "shift_90"],
        ),
        (["note_on_60", "note_on_62", "shift_5", "note_off_60"], []),
        # These releases are skipped: one of a silent pitch, and one at the strike.
        (["note_off_60"], ["shift_90"]),
        (["note_on_60", "note_off_60"], []),
        (
            ["note_on_60", "shift_5", "note_off_60", "shift_5", "note_off_60"],
            ["shift_5", "shift_90"],
        ),
    ],
)
def test_no_long_rest_knows_notes_that_are_held(seen, forbidden):
    symbols = ("note_on_60", "note_on_62", "note_off_60", "shift_5", "shift_90")
    vocabulary = Vocabulary(symbols)
    strategy = NoLongRest(vocabulary, Performance(), 9)
    assert allowed(strategy, vocabulary, seen) == without(vocabulary, *forbidden)


def test_no_long_rest_leaves_note_names_alone():
    strategy = NoLongRest(NAMES, NoteNames(), 0)
    assert allowed(strategy, NAMES, ["C4", "4.9"]) == [*NAMES.symbols]


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (
            PitchRange,
            (-1, 60),
            r"low is -1; it must be a whole number in \[0, 127\]",
        ),
        (PitchRange, (60, 128), r"high is 128; .* in \[0, 127\]"),
        (PitchRange, (60, 59), r"high is 59; .* in \[60, 127\]"),
        (
            PitchRange,
            (1, 2),
            r"low is 1; it must be such that a symbol may sound \(high is 2\)",
        ),
        (InKey, (12, MAJOR), r"tonic is 12; .* in \[0, 11\]"),
        (InKey, (0, [0, 12]), r"scale is \[0, 12\]; .* in \[0, 11\]"),
        (
            InKey,
            (0, [1]),
            r"scale is \[1\]; .* a symbol may sound \(tonic is 0\)",
        ),
        (InKey, (0, []), r"scale is \[\]; it must be one or more"),
        (
            MaxLeap,
            (-1,),
            "semitones is -1; it must be a whole number, 0 or more",
        ),
        (
            NoLongRest,
            (-1,),
            "ticks is -1; it must be a whole number, 0 or more",
        ),
    ],
)
def test_a_wrong_hyperparameter_is_named(make, arguments, message):
    message = message.replace(" is ", f" of {make.__name__} is ", 1)
    with pytest.raises(ValueError, match=message):
        make(NAMES, NoteNames(), *arguments)


@pytest.mark.parametrize(
    ("make", "arguments"),
    [
        (PitchRange, (0, 127)),
        (InKey, (0, MAJOR)),
        (MaxLeap, (5,)),
        (NoLongRest, (5,)),
        (WellFormed, ()),
    ],
)
def test_a_vocabulary_of_another_encoding_is_refused(make, arguments):
    with pytest.raises(ValueError, match="no symbol of the vocabulary sounds in it"):
        make(NAMES, Events(), *arguments)
