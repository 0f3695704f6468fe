"""Writing MIDI files, checked with independent readers."""

import random
import time
from dataclasses import replace
from fractions import Fraction

import mido
import pytest
from hypothesis import HealthCheck, given, settings

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.midi.content import FileNote, midi_content
from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.midi.writing import write_midi
from lstm_music_jax.music.parts import parts_of
from lstm_music_jax.music.score import DRUM_CHANNEL, Metre, Note, Score, Tempo
from tests.music.midi.midi_files import notes
from tests.music.midi.other_readers import READERS, read_with_mido


def expected(score):
    """Return what a program should read: the notes of a score, none of them a drum."""
    grid = score.ticks_per_quarter
    return [
        (Fraction(onset, grid), pitch, Fraction(duration, grid), velocity, False)
        for onset, pitch, duration, velocity in score.notes
    ]


def check_with_all(path, score, tempo=120, program=0):
    """Check that each program reads the notes, the tempo and the program."""
    for read in READERS:
        heard = read(path)
        assert heard.notes == expected(score), read.__name__
        assert heard.tempos == [round(60_000_000 / tempo)], read.__name__
        assert heard.programs == [program] * bool(score.notes), read.__name__


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40,
)
@given(notes(latest=200))
def test_written_notes_are_read_exactly_by_others(tmp_path, given_notes):
    score = Score.from_notes(given_notes)
    path = tmp_path / "x.mid"
    write_midi(score, path)
    check_with_all(path, score)


def music_of_names(ticks_per_note, count=1000):
    """Return music of note names: notes and chords, many of them struck again."""
    symbols = random.Random(0).choices(["C4", "C4", "0.4", "0.4.7", "E-5"], k=count)
    return NoteNames(ticks_per_note=ticks_per_note).decode(symbols).score


def music_of_events(quarters):
    """Return music of events: polyphony in which many pitches are struck again."""
    drawn = random.Random(0)
    made = Score.from_notes(
        Note(
            drawn.randrange(12 * quarters),
            drawn.randrange(55, 67),
            drawn.choice([1, 3, 12, 40]),
        )
        for _ in range(1000)
    )
    score = Events().decode(Events().encode(made)).score
    assert score.notes == made.notes
    return score


@pytest.mark.parametrize("tempo", [4, 133.7, 1000])
@pytest.mark.parametrize(
    "score",
    [
        music_of_names(ticks_per_note=6),
        music_of_names(ticks_per_note=48),
        music_of_events(quarters=300),
        music_of_events(quarters=4000),
    ],
    ids=["names", "names, long", "events", "events, long"],
)
def test_music_of_both_encodings_is_read_exactly_by_others(tmp_path, score, tempo):
    write_midi(score, tmp_path / "x.mid", tempo=tempo, program=11)
    check_with_all(tmp_path / "x.mid", score, tempo, program=11)


def test_an_empty_score_is_written(tmp_path):
    write_midi(Score(()), tmp_path / "x.mid", tempo=1000)
    check_with_all(tmp_path / "x.mid", Score(()), tempo=1000)


def test_a_quarter_has_480_ticks_unless_the_music_is_very_long(tmp_path):
    path = tmp_path / "x.mid"
    for end, ticks in ((20_833, 480), (20_834, 12), (833_333, 12)):
        score = Score.from_notes([Note(0, 60, 12), Note(12 * end - 5, 60, 5)])
        write_midi(score, path, tempo=133.7)
        assert mido.MidiFile(path).ticks_per_beat == ticks
        check_with_all(path, score, tempo=133.7)
    with pytest.raises(
        ValueError, match="score lasts 10000008 ticks, 12 per quarter; it must"
    ):
        write_midi(Score.from_notes([Note(0, 60, 12 * 833_334)]), path)
    check_with_all(path, score, tempo=133.7)


@pytest.mark.parametrize(
    ("grid", "ticks"), [(24, 480), (48, 480), (384, 384), (1000, 1000)]
)
def test_velocities_and_any_grid_are_written(tmp_path, grid, ticks):
    notes = [Note(37 * k, 60 + k % 3, 30, 1 + k) for k in range(127)]
    score = Score.from_notes(notes, ticks_per_quarter=grid)
    write_midi(score, tmp_path / "x.mid")
    assert mido.MidiFile(tmp_path / "x.mid").ticks_per_beat == ticks
    check_with_all(tmp_path / "x.mid", score)


def test_a_score_is_written_with_its_own_tempos_and_metres(tmp_path):
    path = tmp_path / "x.mid"
    tempos = (Tempo(0, 90.0), Tempo(12, 133.7))
    metres = (Metre(0, 3, 4), Metre(36, 6, 8))
    score = Score.from_notes([Note(0, 60, 48)], tempos=tempos)
    score = replace(score, metres=metres)
    write_midi(score, path)
    for read in READERS:
        assert read(path).tempos == [666_667, 448_766]
    again = read_midi(path).on_grid(12)
    assert again.metres == metres
    assert [tick for tick, _ in again.tempos] == [0, 12]
    write_midi(score, path, tempo=100)
    check_with_all(path, score, tempo=100)


def test_a_score_is_read_again_as_a_part_of_its_instrument(tmp_path):
    score = Score.from_notes([Note(0, 60, 12)])
    for program, name in ((0, "Piano"), (40, "Violin"), (127, "Sampler")):
        write_midi(score, tmp_path / "x.mid", program=program)
        (part,) = parts_of(read_midi(tmp_path / "x.mid"))
        assert part.name == name


def test_missing_folders_are_created(tmp_path):
    write_midi(Score(()), tmp_path / "new" / "folder" / "x.mid")
    assert read_with_mido(tmp_path / "new" / "folder" / "x.mid").notes == []


def test_drums_velocities_tempos_and_metres_are_written(tmp_path):
    """Channels, tempos and metres of the file are those that the content is given."""
    path = tmp_path / "x.mid"
    melody = [FileNote(96 * k, 96 * k + 96, 60, k + 1, 3) for k in range(127)]
    drums = [FileNote(48 * k, 48 * k + 1, 36, 127, DRUM_CHANNEL) for k in range(9)]
    tempos = [(0, 60), (96, 133.7), (192, 4)]
    content = midi_content(
        drums + melody,
        ticks_per_quarter=96,
        tempos=tempos,
        metres=[(0, 3, 4), (288, 12, 8)],
        programs={DRUM_CHANNEL: 0, 3: 40},
    )
    path.write_bytes(content)
    notes = [
        (Fraction(onset, 96), pitch, Fraction(end - onset, 96), velocity, channel == 10)
        for onset, end, pitch, velocity, channel in melody + drums
    ]
    for read in READERS:
        heard = read(path)
        assert heard.notes == sorted(notes)
        assert heard.tempos == [1_000_000, 448_766, 15_000_000]
        assert heard.programs == [40]
    conductor = mido.MidiFile(path).tracks[0]
    found, tick = [], 0
    for message in conductor:
        tick += message.time
        if message.type == "time_signature":
            found.append((tick, message.numerator, message.denominator))
        elif message.type == "set_tempo":
            found.append((tick, message.tempo))
    assert found == [
        (0, 1_000_000),
        (0, 3, 4),
        (96, 448_766),
        (192, 15_000_000),
        (288, 12, 8),
    ]
    assert [track[-1].type for track in mido.MidiFile(path).tracks] == 3 * [
        "end_of_track"
    ]


def test_a_thousand_notes_take_under_50_ms(tmp_path):
    score = Score.from_notes([Note(6 * i, 40 + i % 50, 6) for i in range(1000)])
    write_midi(score, tmp_path / "x.mid")
    taken = []
    for _ in range(5):
        began = time.process_time()
        write_midi(score, tmp_path / "x.mid")
        taken.append(time.process_time() - began)
    assert min(taken) < 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tempo": 0}, "tempo is 0"),
        ({"tempo": float("nan")}, "tempo is nan"),
        ({"tempo": 1001}, "tempo is 1001"),
        ({"program": 128}, "program is 128; it must be 0 to 127"),
        ({"program": -1}, "program is -1"),
    ],
)
def test_tempo_and_program_out_of_range_are_errors(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        write_midi(Score(()), tmp_path / "x.mid", **arguments)
    assert not (tmp_path / "x.mid").exists()
