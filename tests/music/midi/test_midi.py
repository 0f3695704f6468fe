"""MIDI files: the reading rules by hand, damage of every kind, and writing."""

import os
import random
import time
from contextlib import suppress

import mido
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lstm_music_jax.music.midi import events, reading as midi
from lstm_music_jax.music.midi.events import UnreadableMidi
from lstm_music_jax.music.midi.reading import quantise, read_midi
from lstm_music_jax.music.midi.writing import write_midi
from lstm_music_jax.music.score import Chord, Note, Score
from tests.music.midi.midi_files import (
    header,
    notes,
    off,
    on,
    program,
    save_midi,
    track,
    track_name,
)


def chords(score):
    return [chord for part in score.parts for chord in part.chords]


def test_pairs_first_in_first_out(tmp_path):
    path = save_midi(
        tmp_path / "x.mid",
        [on(0, 60), on(480, 60), off(480, 60), off(480, 60), on(0, 62)],
    )
    # The second note-on keeps sounding after the first note-off; 62 never ends.
    assert chords(read_midi(path)) == [Chord(0, 24, (60,)), Chord(12, 24, (60,))]


def test_channels_are_paired_apart(tmp_path):
    path = save_midi(
        tmp_path / "x.mid",
        [on(0, 60, 0), on(0, 60, 1), off(480, 60, 1), off(480, 60, 0)],
    )
    assert chords(read_midi(path)) == [Chord(0, 24, (60,)), Chord(0, 12, (60,))]


def test_chord_tolerance_is_a_sixteenth_of_a_quarter(tmp_path):
    inside = [on(0, 60), on(30, 64), off(480, 60), off(30, 64)]
    outside = [on(480, 60), on(31, 64), off(480, 60), off(31, 64)]
    path = save_midi(tmp_path / "x.mid", inside + outside)
    # Onsets at 0 and 990 + 480 = 1 quarter after the end; lengths 480 and 511.
    assert [c.pitches for c in chords(read_midi(path))] == [(60, 64), (60,), (64,)]


def test_chord_lasts_from_last_onset_to_first_end(tmp_path):
    # 64 comes 30 late and 60 ends at 160: 130 of 480 ticks, nearer to a fourth (120)
    # than to a third (160).
    path = save_midi(
        tmp_path / "x.mid", [on(0, 60), on(30, 64), off(130, 60), off(30, 64)]
    )
    assert chords(read_midi(path)) == [Chord(0, 3, (60, 64))]


@pytest.mark.parametrize(
    ("ticks", "grid"),
    [
        (0, 0),
        (59, 0),
        (60, 0),
        (61, 3),
        (120, 3),
        (139, 3),
        (141, 4),
        (160, 4),
        (240, 6),
        (320, 8),
        (360, 9),
        (480, 12),
        (4800, 120),
    ],
)
def test_nearest_fourth_or_third(ticks, grid):
    assert quantise(ticks, 480) == grid


@given(st.integers(0, 10**6), st.integers(1, 32767))
def test_quantise_errs_by_at_most_an_eighth(ticks, quarter):
    grid = quantise(ticks, quarter)
    assert grid % 3 == 0 or grid % 4 == 0
    assert abs(grid * quarter - 12 * ticks) * 8 <= 12 * quarter


def test_short_notes_become_a_sixteenth_but_empty_ones_stay_empty(tmp_path):
    path = save_midi(
        tmp_path / "x.mid", [on(0, 60), off(5, 60), on(475, 62), off(0, 62)]
    )
    assert chords(read_midi(path)) == [Chord(0, 3, (60,)), Chord(12, 0, (62,))]


def beat(pitch):
    return [on(0, pitch), off(480, pitch)]


def test_parts_by_instrument_over_tracks(tmp_path):
    path = save_midi(
        tmp_path / "x.mid",
        [track_name("Conductor")],
        [track_name("Right Hand"), program(0), *beat(60), program(40), *beat(61)],
        [track_name("Acoustic Grand Piano"), program(0), *beat(40)],
        beat(30),
    )
    parts = read_midi(path).parts
    assert [(p.name, [c.pitches for c in p.chords]) for p in parts] == [
        ("Piano", [(60,), (40,)]),
        ("Violin", [(61,)]),
        # A name that is an instrument of its own makes a part even before a program.
        ("Acoustic Grand Piano", []),
        ("", [(30,)]),
    ]


def test_notes_before_the_first_program_are_kept(tmp_path):
    path = save_midi(tmp_path / "x.mid", [*beat(60), program(40), *beat(61)])
    assert [(p.name, len(p.chords)) for p in read_midi(path).parts] == [("Violin", 2)]


def test_format_0_and_running_status(tmp_path):
    path = tmp_path / "x.mid"
    content = bytes.fromhex(
        "00 90 3c 40  83 60 3c 00  00 3e 40  83 60 3e 00  00 ff 2f 00"
    )
    path.write_bytes(header(kind=0) + track(content))
    assert chords(read_midi(path)) == [Chord(0, 12, (60,)), Chord(12, 12, (62,))]


def test_running_status_outlasts_other_events(tmp_path):
    path = tmp_path / "x.mid"
    sysex, text = "00 f0 02 7e f7", "00 ff 01 01 41"
    content = f"00 90 3c 40 {sysex} 83 60 3c 00 {text} 00 3e 40 83 60 3e 00"
    path.write_bytes(header() + track(bytes.fromhex(content)))
    assert chords(read_midi(path)) == [Chord(0, 12, (60,)), Chord(12, 12, (62,))]


def test_unknown_chunks_and_trailing_bytes_are_passed_over(tmp_path):
    path = tmp_path / "x.mid"
    content = bytes.fromhex("00 90 3c 40 83 60 80 3c 00 00 ff 2f 00")
    strange = b"XFIH" + (3).to_bytes(4) + b"abc"
    path.write_bytes(header(length=8) + b"ab" + strange + track(content) + b"rest")
    assert chords(read_midi(path)) == [Chord(0, 12, (60,))]


def test_no_notes_is_no_error(tmp_path):
    assert read_midi(save_midi(tmp_path / "x.mid", [track_name("Piano")])).parts == ()


NOTE_ON = bytes.fromhex("00 90 3c 40")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "does not begin with 'MThd'"),
        (b"RIFF" + bytes(40), "does not begin with 'MThd'"),
        (header()[:9], "header is cut short"),
        (header(kind=2), "MIDI format 2"),
        (header(division=0), "0 ticks"),
        (header(division=0xE728), "SMPTE"),
        (header(tracks=65535), "65535 tracks"),
        (header(tracks=2) + track(b""), "2 tracks announced, 1 found"),
        (header() + track(NOTE_ON)[:-2], "track 0 is cut short"),
        (header() + track(NOTE_ON[:2]), "ends within an event"),
        (header() + track(b"\x00\x3c\x40"), "does not begin with an event"),
        (header() + track(NOTE_ON[:3]), "ends within an event"),
        (header() + track(b"\x81"), "ends within a number"),
        (header() + track(b"\xff" * 6), "more than 28 bits"),
        (header() + track(b"\x00\xff\x03\x7fabc"), "ends within an event"),
        (header() + track(b"\x00\x90\xc8\x40"), "numbered 200"),
        (
            header() + track(NOTE_ON + bytes.fromhex("ff ff ff 7f 80 3c 00")),
            "559240 quarters long",
        ),
        (bytes(events.MAX_FILE_BYTES + 1), "bytes, more than"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, content, reason):
    path = tmp_path / "x.mid"
    path.write_bytes(content)
    with pytest.raises(UnreadableMidi, match=reason) as caught:
        read_midi(path)
    assert "\n" not in str(caught.value)


def test_too_many_notes(tmp_path, monkeypatch):
    path = save_midi(tmp_path / "x.mid", beat(60) * 11)
    monkeypatch.setattr(midi, "MAX_NOTES", 10)
    with pytest.raises(UnreadableMidi, match="11 notes, more than 10"):
        read_midi(path)


def test_too_many_notes_at_once(tmp_path):
    count = midi.MAX_NOTES_AT_ONCE + 1
    together = [on(0, 60)] * count + [off(480, 60)] * count
    with pytest.raises(UnreadableMidi, match="notes at once"):
        read_midi(save_midi(tmp_path / "x.mid", together))


def test_the_largest_file_allowed_is_read_in_linear_time(tmp_path):
    count = 60_000
    content = bytes.fromhex("30 90 3c 40 30 80 3c 00") * count
    path = tmp_path / "x.mid"
    path.write_bytes(header(division=96) + track(content))
    began = time.perf_counter()
    with pytest.raises(UnreadableMidi, match="quarters long"):
        read_midi(path)
    assert time.perf_counter() - began < 8


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_midi(tmp_path / "none.mid")
    os.mkfifo(tmp_path / "pipe.mid")
    with pytest.raises(UnreadableMidi, match="not a regular file"):
        read_midi(tmp_path / "pipe.mid")
    with pytest.raises(UnreadableMidi, match="not a regular file"):
        read_midi(tmp_path)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=300,
)
@given(st.binary(max_size=80), st.booleans())
def test_random_bytes_only_ever_are_unreadable(tmp_path, content, framed):
    path = tmp_path / "x.mid"
    path.write_bytes(header() + track(content) if framed else content)
    with suppress(UnreadableMidi):
        read_midi(path)


def test_damage_of_a_real_file_only_ever_is_unreadable(tmp_path):
    path = tmp_path / "x.mid"
    write_midi(Score.from_notes([Note(i, 60 + i % 9, 6) for i in range(99)]), path)
    sound, draw = path.read_bytes(), random.Random(0)
    for _ in range(300):
        content = bytearray(sound[: draw.randrange(14, len(sound) + 1)])
        for _ in range(draw.randrange(4)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(content)
        with suppress(UnreadableMidi):
            read_midi(path)


def read_with_mido(path):
    """Notes in grid ticks, and tempo and programs, with an independent reader."""
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
    """Notes in grid ticks, from music21's own low-level reader and pairing."""
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
def test_what_is_written_comes_back_exactly(tmp_path, given_notes):
    score = Score.from_notes(given_notes)
    path = tmp_path / "x.mid"
    write_midi(score, path)
    assert read_with_mido(path)[0] == score.notes
    assert read_with_music21(path) == score.notes


def test_our_reader_reads_what_is_on_its_own_grid(tmp_path):
    grid = [0, 3, 4, 6, 8, 9, 12, 15, 24]
    score = Score.from_notes(
        [Note(onset, 60 + i, 12 - i % 2 * 4) for i, onset in enumerate(grid)]
    )
    write_midi(score, tmp_path / "x.mid")
    assert read_midi(tmp_path / "x.mid").notes == score.notes


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


def test_a_thousand_notes_are_written_fast(tmp_path):
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
def test_write_arguments(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        write_midi(Score(()), tmp_path / "x.mid", **arguments)
    assert not (tmp_path / "x.mid").exists()
