"""Both encodings against music21, by hand and by property."""

import random

import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import (
    NoteNames,
    normal_order,
    pitch_name,
    symbol_pitches,
)
from lstm_music_jax.music.encodings.saved import encoding_from_config
from lstm_music_jax.music.score import Chord, Note, Part, Score
from tests.music.midi.midi_files import notes

TWO_PARTS = Score(
    (
        Part("empty", ()),
        Part("right", (Chord(0, 6, (63,)), Chord(12, 6, (64, 69, 76)))),
        Part("left", (Chord(0, 12, (40,), "F-2"), Chord(6, 6, (48, 60)))),
    )
)


def test_pitch_names_are_music21s():
    from music21.pitch import Pitch

    expected = [Pitch(midi=number).nameWithOctave for number in range(128)]
    assert [pitch_name(number) for number in range(128)] == expected


def test_every_spelling_sounds_as_in_music21():
    from music21.pitch import Pitch

    for step in "CDEFGAB":
        for accidental in ("", "#", "##", "-", "--"):
            for octave in range(1, 10):
                name = f"{step}{accidental}{octave}"
                midi = int(Pitch(name).ps)
                assert symbol_pitches(name) == ((midi,) if midi <= 127 else ()), name


def test_normal_order_is_music21s():
    from music21.chord import Chord as Music21Chord
    from music21.pitch import Pitch

    draw = random.Random(0)
    chords = [
        [draw.randrange(21, 109) for _ in range(size)] for size in range(2, 13)
    ] * 3
    chords += [[60, 72], [60, 72, 84], [64, 64], [60, 63, 66, 69], [60, 64, 68]]
    chords += [draw.sample(range(40, 80), draw.randrange(2, 7)) for _ in range(150)]
    for pitches in chords:
        reference = Music21Chord([Pitch(midi=p) for p in pitches]).normalOrder
        assert list(normal_order(pitches)) == reference, pitches


@pytest.mark.parametrize(
    ("parts", "symbols"),
    [
        ("first", []),
        ("first_nonempty", ["E-4", "4.9"]),
        ("all", ["E-4", "F-2", "0", "4.9"]),
    ],
)
def test_note_names_of_parts(parts, symbols):
    assert NoteNames(parts).encode(TWO_PARTS) == symbols


def test_note_names_decode():
    decoded = NoteNames(step=6).decode(["<start>", "C4", "nonsense", "4.9", "0", "11"])
    assert decoded.score.parts[0].chords == (
        Chord(0, 6, (60,)),
        Chord(6, 6, (64, 69)),
        Chord(12, 6, (60,)),
        Chord(18, 6, (71,)),
    )
    assert (decoded.skipped, decoded.count) == (2, 4)


@given(st.lists(st.text(max_size=6) | st.from_regex(r"[A-G][#-]?\d", fullmatch=True)))
def test_note_names_decode_anything(symbols):
    decoded = NoteNames().decode(symbols)
    assert decoded.count + decoded.skipped == len(symbols)
    assert decoded.count == len(decoded.score.parts[0].chords)
    assert NoteNames().decode(symbols, limit=2).count == min(2, decoded.count)


def test_note_names_come_back_from_what_they_sound():
    names = [pitch_name(number) for number in range(24, 128)]
    assert NoteNames().encode(NoteNames().decode(names).score) == names


def test_events_by_hand():
    score = Score.from_notes([Note(0, 60, 6), Note(0, 64, 6), Note(100, 60, 97)])
    symbols = ["duration_6", "pitch_60", "pitch_64"]
    symbols += ["shift_48", "shift_48", "shift_4", "duration_96", "duration_1"]
    symbols += ["pitch_60"]
    assert Events().encode(score) == symbols


def test_a_length_stays_until_it_is_set_again():
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
    assert decoded.skipped == 2  # a key that is down at this moment cannot be struck
    assert decoded.score.notes == (Note(0, 60, 12),)


@given(notes())
def test_events_keep_every_note(given_notes):
    score = Score.from_notes(given_notes)
    decoded = Events().decode(Events().encode(score))
    assert decoded.score == score.canonical()
    assert (decoded.skipped, decoded.count) == (0, len(score.notes))


EVENTS = st.one_of(
    st.integers(0, 60).map("shift_{}".format),
    st.integers(0, 100).map("duration_{}".format),
    st.integers(55, 65).map("pitch_{}".format),
    st.text(max_size=4),
)


@given(st.lists(EVENTS), st.integers(0, 10))
def test_events_decode_anything(symbols, limit):
    decoded = Events().decode(symbols)
    assert decoded.count == len(decoded.score.notes)
    limited = Events().decode(symbols, limit)
    assert limited.count == len(limited.score.notes) == min(limit, decoded.count)


@pytest.mark.parametrize("encoding", [NoteNames("first", 6), NoteNames(), Events()])
def test_config_builds_the_encoding_again(encoding):
    assert isinstance(encoding, Encoding)
    assert encoding_from_config(encoding.config()) == encoding


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "kind of encoding is None"),
        ({"kind": "morse"}, "kind of encoding is 'morse'"),
        ({"kind": "events", "step": 1}, "step"),
        ({"kind": "note_names", "parts": "second"}, "parts is 'second'"),
        ({"kind": "note_names", "step": 0}, "step is 0"),
    ],
)
def test_config_of_no_encoding(config, message):
    with pytest.raises(ValueError, match=message):
        encoding_from_config(config)
