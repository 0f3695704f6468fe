"""Names of pitches and chords, against music21."""

import random

import pytest

from lstm_music_jax.music.encodings.pitch_names import (
    canonical_name,
    chord_name,
    named_pitches,
    normal_order,
    pitch_name,
)


def test_pitch_names_are_music21s():
    from music21.pitch import Pitch

    expected = [Pitch(midi=number).nameWithOctave for number in range(128)]
    assert [pitch_name(number) for number in range(128)] == expected


def test_every_spelling_sounds_as_in_music21():
    from music21.pitch import Pitch

    for letter in "CDEFGAB":
        for accidental in ("", "#", "##", "-", "--"):
            for octave in range(1, 10):
                name = f"{letter}{accidental}{octave}"
                midi = int(Pitch(name).ps)
                assert named_pitches(name) == ((midi,) if midi <= 127 else ()), name


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
        assert chord_name(pitches) == ".".join(map(str, reference))


def test_every_name_is_canonical():
    for pitch in range(128):
        assert canonical_name(pitch_name(pitch)) == pitch_name(pitch)
    for letter in "ABCDEFG":
        for accidental in ("", "#", "##", "####", "-", "--", "----"):
            for octave in range(1, 9):
                name = f"{letter}{accidental}{octave}"
                assert canonical_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("eb4", "E-4"),
        ("bb4", "B-4"),
        ("Bbb4", "B--4"),
        ("D♯5", "D#5"),
        ("g♭03", "G-3"),
        ("C#-1", "C#-1"),
        ("C♮4", "C4"),
        ("e-5", "E-5"),
        ("9.4.0", "9.0.4"),
        ("4.4", "4"),
    ],
)
def test_other_spellings_have_one_name(text, name):
    assert canonical_name(text) == name


@pytest.mark.parametrize("text", ["Eb-1", "C♮-1", "C-#4", "B#9", "Cb-1", "", "04.9"])
def test_a_spelling_without_a_name_is_an_error(text):
    with pytest.raises(ValueError, match=r"symbol is .*; it must be a note such as"):
        canonical_name(text)
