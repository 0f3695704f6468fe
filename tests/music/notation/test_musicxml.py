"""Writing MusicXML, checked against the schema and with a reader."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lstm_music_jax.music.encodings.performance import Performance
from lstm_music_jax.music.notation.keys import Key, alters_of, spelled
from lstm_music_jax.music.notation.musicxml import NotationLoss, write_musicxml
from lstm_music_jax.music.score import Metre, Note, Score, Tempo
from tests.music.notation.reading import read_notes, validated

NOTHING = NotationLoss(0, 0, 0)


def in_quarters(score):
    """Return (onset, pitch, duration) of each note of a score, in quarters."""
    grid = score.ticks_per_quarter
    return [
        (Fraction(onset, grid), pitch, Fraction(duration, grid))
        for onset, pitch, duration, _ in score.notes
    ]


def signatures(root):
    return [
        f"{t.findtext('beats')}/{t.findtext('beat-type')}" for t in root.iter("time")
    ]


def two_hands(count, metre=(4, 4)):
    """Return music in two voices, with triplets, rests, and notes longer than a bar."""
    random = np.random.default_rng(0)
    found, now = [], 0
    while len(found) < count:
        # A figure takes a quarter, 12 ticks, so no quarter mixes triplets and others.
        figure = [(3, 3, 6), (9, 3), (4, 4, 4), (8, 4), (12,), (84,)]
        for ticks in figure[random.integers(len(figure))]:
            low, high = random.integers(40, 60), random.integers(60, 80)
            found += [Note(now, int(pitch), ticks) for pitch in (low, high, high + 4)]
            now += ticks
        now += 12 * int(random.integers(4) == 0)
    return replace(Score.from_notes(found), metres=(Metre(0, *metre),))


def test_notes_are_read_as_they_were_written(tmp_path):
    score = two_hands(300)
    assert write_musicxml(score, tmp_path / "x.musicxml") == NOTHING
    root = validated(tmp_path / "x.musicxml")
    assert not list(root.iter("instrument"))
    assert read_notes(tmp_path / "x.musicxml") == in_quarters(score)
    assert {each.text for each in root.iter("staff")} == {"1", "2"}
    for note in root.iter("note"):
        if note.find("pitch") is not None:
            octave = int(note.findtext("pitch/octave"))
            assert note.findtext("staff") == ("1" if octave >= 4 else "2")


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (9, 8), (7, 8), (5, 16), (3, 32)])
def test_a_metre_is_kept_and_its_bars_are_full(tmp_path, metre):
    score = two_hands(30, metre)
    loss = write_musicxml(score, tmp_path / "x.musicxml")
    root = validated(tmp_path / "x.musicxml")
    signatures = [
        (t.findtext("beats"), t.findtext("beat-type")) for t in root.iter("time")
    ]
    assert signatures == [tuple(map(str, metre))]
    bar = 4 * int(root.findtext(".//divisions")) * metre[0] // metre[1]
    for measure in root.iter("measure"):
        now = lasts = 0
        for event in measure:
            if event.find("chord") is None and event.find("duration") is not None:
                step = int(event.findtext("duration"))
                now += -step if event.tag == "backup" else step
                lasts = max(lasts, now)
        assert lasts == bar
    if metre == (3, 4):
        assert loss == NOTHING
        assert read_notes(tmp_path / "x.musicxml") == in_quarters(score)


def test_changes_of_metre_and_tempo_are_kept(tmp_path):
    """A change within a bar cuts the bar short, which then has its own metre."""
    score = replace(
        Score.from_notes([Note(0, 60, 12 * 30)]),
        metres=(Metre(18, 3, 4), Metre(72 + 18, 6, 8), Metre(10**6, 2, 4)),
        tempos=(Tempo(0, 60.0), Tempo(30, 90.123), Tempo(10**6, 40.0)),
    )
    assert write_musicxml(score, tmp_path / "x.musicxml") == NOTHING
    root = validated(tmp_path / "x.musicxml")
    found = [
        f"{t.findtext('beats')}/{t.findtext('beat-type')}" for t in root.iter("time")
    ]
    assert found == ["3/8", "3/4", "6/8"]
    assert [each.text for each in root.iter("per-minute")] == ["60", "90.12"]
    assert read_notes(tmp_path / "x.musicxml") == [(0, 60, 30)]
    write_musicxml(score, tmp_path / "x.musicxml", tempo=84)
    root = validated(tmp_path / "x.musicxml")
    assert [each.text for each in root.iter("per-minute")] == ["84"]


def performance():
    """Return music that was played freely, and is held for long."""
    random = np.random.default_rng(0)
    found, now = [], 0
    for _ in range(150):
        now += int(random.integers(0, 40))
        pitch, duration = int(random.integers(30, 90)), int(random.integers(1, 150))
        found.append(Note(now, pitch, duration))
    return Score.from_notes(found, ticks_per_quarter=Performance.ticks_per_quarter)


def test_a_performance_is_rounded_to_what_notation_shows(tmp_path):
    score = performance()
    loss = write_musicxml(score, tmp_path / "x.musicxml")
    validated(tmp_path / "x.musicxml")
    found = read_notes(tmp_path / "x.musicxml")
    played = in_quarters(score)
    assert len(found) == len(played) - loss.merged
    assert loss.moved > 100
    assert loss.shortened > 0
    for onset, pitch, duration in found:
        assert {onset.denominator, (onset + duration).denominator} <= {1, 2, 3, 4}
        nearest = min(abs(onset - begin) for begin, same, _ in played if same == pitch)
        assert nearest <= Fraction(1, 6)


def test_what_is_lost_is_counted(tmp_path):
    """Four voices of 12 ticks per quarter: a sixteenth has 3 ticks."""
    path = tmp_path / "x.musicxml"
    # The begin of the second note is rounded, and the end of the third.
    score = Score.from_notes([Note(0, 60, 12), Note(13, 62, 11), Note(24, 64, 2)])
    assert write_musicxml(score, path) == NotationLoss(2, 0, 0)
    expected = [(0, 60, 1), (1, 62, 1), (2, 64, Fraction(1, 4))]
    assert read_notes(path) == expected
    # The last two notes begin together after rounding.
    score = Score.from_notes([Note(0, 60, 6), Note(12, 60, 1), Note(13, 60, 11)])
    assert write_musicxml(score, path) == NotationLoss(2, 1, 0)
    assert read_notes(path) == [(0, 60, Fraction(1, 2)), (1, 60, 1)]
    # The fifth of these lengths is one too many, and joins its neighbour.
    score = Score.from_notes([Note(0, 60 + k, 12 * (k + 1)) for k in range(5)])
    assert write_musicxml(score, path) == NotationLoss(0, 0, 1)
    assert sorted(length for *_, length in read_notes(path)) == [1, 1, 3, 4, 5]
    # The first note must end where a fifth begins.
    score = Score.from_notes([Note(12 * k, 60 + k, 96) for k in range(5)])
    assert write_musicxml(score, path) == NotationLoss(0, 0, 1)
    assert [length for *_, length in read_notes(path)] == [4, 8, 8, 8, 8]


def test_a_note_that_is_shortened_twice_is_counted_once(tmp_path):
    """Six notes begin together. The one of pitch 72 ends first at 9, then at 5."""
    lengths = {72: 10, 71: 20, 70: 30, 69: 40, 68: 9, 67: 5}
    notes = [Note(0, pitch, length) for pitch, length in lengths.items()]
    score = Score.from_notes(notes, ticks_per_quarter=4)
    assert write_musicxml(score, tmp_path / "x.musicxml") == NotationLoss(0, 0, 2)


def test_an_accidental_is_shown_once_per_bar(tmp_path):
    """F#, F#, F | F# tied over the bar, F#, and the octave below; then C major."""
    pitches = [78, 78, 77, 78, 78, 66, 65, 60, 64, 67, 72]
    onsets = [0, 12, 24, 36, 60, 72, 84, 96, 144, 192, 240]
    durations = [12, 12, 12, 24, 12, 12, 12, 48, 48, 48, 48]
    notes = map(Note, onsets, pitches, durations)
    write_musicxml(Score.from_notes(notes), tmp_path / "x.musicxml")
    shown = [
        note.findtext("accidental")
        for note in validated(tmp_path / "x.musicxml").iter("note")
        if note.find("pitch") is not None
    ]
    assert shown == [
        "sharp",
        None,
        "natural",
        "sharp",
        None,
        "sharp",
        "sharp",
        "natural",
        *[None] * 4,
    ]


def accidentals(root):
    """Return the key signatures, and the number of accidentals."""
    return {each.text for each in root.iter("fifths")}, len([*root.iter("accidental")])


@pytest.mark.parametrize("sharps", range(-5, 7))
def test_the_scale_of_a_key_has_its_signature_and_no_accidentals(tmp_path, sharps):
    tonic, scale = 60 + 7 * sharps % 12, [0, 4, 7, 12, 11, 9, 7, 5, 4, 2, 0, -5, 0]
    found = [Note(12 * k, tonic + each, 12) for k, each in enumerate(scale)]
    score = Score.from_notes(found)
    write_musicxml(score, tmp_path / "x.musicxml")
    root = validated(tmp_path / "x.musicxml")
    assert accidentals(root) == ({str(sharps)}, 0)
    assert read_notes(tmp_path / "x.musicxml") == in_quarters(score)


def test_a_minor_key_shows_only_its_leading_notes(tmp_path):
    pitches = [55, 62, 58, 62, 57, 60, 54, 55, 63, 62, 60, 58, 57, 55, 54, 55]
    score = Score.from_notes([Note(12 * k, each, 12) for k, each in enumerate(pitches)])
    write_musicxml(score, tmp_path / "x.musicxml")
    root = validated(tmp_path / "x.musicxml")
    # The bars of the two F sharps are different ones.
    assert accidentals(root) == ({"-2"}, 2)


def test_music_of_all_pitches_has_no_signature(tmp_path):
    score = Score.from_notes([Note(12 * k, 60 + k, 12) for k in range(12)])
    write_musicxml(score, tmp_path / "x.musicxml")
    signatures, _ = accidentals(validated(tmp_path / "x.musicxml"))
    assert signatures == {"0"}


@pytest.mark.parametrize("minor", [False, True])
def test_names_of_pitches_sound_as_they_are(minor):
    for sharps in range(-7, 8):
        key = Key(sharps, minor)
        named = [spelled(pitch, key) for pitch in range(128)]
        assert [pitch.midi for pitch in named] == [*range(128)]
        assert {pitch.alter for pitch in named} <= {-1, 0, 1}
        inside = [pitch for pitch in named if pitch.alter == alters_of(key)[pitch.step]]
        assert len({pitch.pitchClass for pitch in inside}) == 7


def test_names_of_pitches_are_the_usual_ones():
    # G sharp or A flat; E flat or D sharp; and C sharp, the dominant's leading note.
    for key, names in {
        Key(0, minor=False): ["G#", "E-", "C#"],
        Key(-3, minor=False): ["A-", "E-", "D-"],
        Key(0, minor=True): ["G#", "D#", "C#"],
        Key(-2, minor=True): ["A-", "E-", "C#"],
    }.items():
        assert [spelled(pitch, key).name for pitch in (68, 63, 61)] == names


def test_an_empty_score_and_a_strange_name(tmp_path):
    path = tmp_path / "<b> & co.musicxml"
    assert write_musicxml(Score(()), path) == NOTHING
    root = validated(path)
    assert root.findtext("movement-title") == "<b> & co"
    assert len(list(root.iter("measure"))) == 1
    assert read_notes(path) == []


def test_the_same_music_gives_the_same_file(tmp_path):
    for name in "ab":
        write_musicxml(two_hands(20), tmp_path / name / "x.musicxml", program=71)
    first, second = ((tmp_path / name / "x.musicxml").read_bytes() for name in "ab")
    assert first == second
    assert b"<midi-program>72<" in first
    # A clarinet is written at its sounding pitch.
    assert read_notes(tmp_path / "a" / "x.musicxml") == in_quarters(two_hands(20))
    with pytest.raises(FileExistsError):
        write_musicxml(two_hands(20), tmp_path / "a" / "x.musicxml", overwrite=False)
    with pytest.raises(ValueError, match=r"tempo is 1; it must be 4 to 1000"):
        write_musicxml(two_hands(20), tmp_path / "x.musicxml", tempo=1)
    assert not (tmp_path / "x.musicxml").exists()
