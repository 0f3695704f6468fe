"""Writing MIDI files, checked with independent readers."""

import time

import mido
import pytest
from hypothesis import HealthCheck, given, settings

from lstm_music_jax.music.midi.writing import write_midi
from lstm_music_jax.music.score import Note, Score
from tests.music.midi.midi_files import notes


def read_with_mido(path):
    """Return what mido reads: notes in grid ticks, and tempo and programs."""
    file = mido.MidiFile(path)
    found, facts, started = [], set(), {}
    for messages in file.tracks:
        now = 0
        for message in messages:
            now += message.time
            if message.type == "note_on" and message.velocity:
                assert message.note not in started
                started[message.note] = now
            elif message.type in ("note_on", "note_off"):
                onset = started.pop(message.note)
                exact = [12 * t / file.ticks_per_beat for t in (onset, now - onset)]
                found.append(Note(exact[0], message.note, exact[1]))
            elif message.type == "set_tempo":
                facts.add(("tempo", round(mido.tempo2bpm(message.tempo), 3)))
            elif message.type == "program_change":
                facts.add(("program", message.program))
    assert not started
    return tuple(sorted(found)), facts


def read_with_music21(path):
    """Return the notes, in grid ticks, that music21's own MIDI reader finds."""
    from music21.midi import MidiFile
    from music21.midi.translate import getNotesFromEvents, getTimeForEvents

    file = MidiFile()
    file.open(path)
    file.read()
    file.close()
    ticks = file.ticksPerQuarterNote
    return tuple(
        sorted(
            Note(
                n.onTime * 12 / ticks,
                n.event.pitch,
                (n.offTime - n.onTime) * 12 / ticks,
            )
            for messages in file.tracks
            for n in getNotesFromEvents(getTimeForEvents(messages))
        )
    )


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40,
)
@given(notes(latest=200))
def test_written_notes_are_read_exactly_by_others(tmp_path, given_notes):
    score = Score.from_notes(given_notes)
    path = tmp_path / "x.mid"
    write_midi(score, path)
    assert read_with_mido(path)[0] == score.notes
    assert read_with_music21(path) == score.notes


def test_tempo_and_program_are_written(tmp_path):
    path = tmp_path / "new" / "folder" / "x.mid"
    score = Score.from_notes([Note(0, 60, 12)])
    write_midi(score, path, tempo=90, program=40)
    assert read_with_mido(path)[1] == {("tempo", 90), ("program", 40)}
    write_midi(score, path)
    assert read_with_mido(path)[1] == {("tempo", 120), ("program", 0)}


def test_an_empty_score_is_written(tmp_path):
    write_midi(Score(()), tmp_path / "x.mid")
    assert read_with_mido(tmp_path / "x.mid")[0] == ()


def test_a_thousand_notes_take_under_two_seconds(tmp_path):
    score = Score.from_notes([Note(6 * i, 40 + i % 50, 6) for i in range(1000)])
    write_midi(score, tmp_path / "x.mid")
    began = time.perf_counter()
    write_midi(score, tmp_path / "x.mid")
    assert time.perf_counter() - began < 2


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
