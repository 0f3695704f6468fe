"""MIDI files that cannot be read: damage of every kind, and the limits."""

import os
import random
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lstm_music_jax.music.midi import reading
from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.midi.tracks import MAX_FILE_BYTES, UnreadableMidiError
from lstm_music_jax.music.midi.writing import write_midi
from lstm_music_jax.music.score import Note, Score
from tests.music.midi.midi_files import beat, header, off, on, save_midi, track

NOTE_ON = bytes.fromhex("00 90 3c 40")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "does not begin with 'MThd'"),
        (b"RIFF" + bytes(40), "does not begin with 'MThd'"),
        (header()[:9], "header is cut short"),
        (header(midi_format=2), "MIDI format 2"),
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
        (header() + track(b"\x00\x90\xc8\x40"), "pitch is 200"),
        (
            header() + track(NOTE_ON + bytes.fromhex("ff ff ff 7f 80 3c 00")),
            "559240 quarters long",
        ),
        (bytes(MAX_FILE_BYTES + 1), "bytes, more than"),
    ],
)
def test_the_reason_is_one_line(tmp_path, content, reason):
    path = tmp_path / "x.mid"
    path.write_bytes(content)
    with pytest.raises(UnreadableMidiError, match=reason) as caught:
        read_midi(path)
    assert "\n" not in str(caught.value)


def test_too_many_notes(tmp_path, monkeypatch):
    path = save_midi(tmp_path / "x.mid", beat(60) * 11)
    monkeypatch.setattr(reading, "MAX_NOTES", 10)
    with pytest.raises(UnreadableMidiError, match="11 notes, more than 10"):
        read_midi(path)


def test_too_many_notes_at_once(tmp_path):
    count = reading.MAX_NOTES_AT_ONCE + 1
    together = [on(0, 60)] * count + [off(480, 60)] * count
    with pytest.raises(UnreadableMidiError, match="notes at once"):
        read_midi(save_midi(tmp_path / "x.mid", together))


def test_the_largest_file_allowed_is_read_in_linear_time(tmp_path):
    count = 60_000
    content = bytes.fromhex("30 90 3c 40 30 80 3c 00") * count
    path = tmp_path / "x.mid"
    path.write_bytes(header(division=96) + track(content))
    began = time.perf_counter()
    with pytest.raises(UnreadableMidiError, match="quarters long"):
        read_midi(path)
    assert time.perf_counter() - began < 8


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_midi(tmp_path / "none.mid")
    os.mkfifo(tmp_path / "pipe.mid")
    with pytest.raises(UnreadableMidiError, match="not a regular file"):
        read_midi(tmp_path / "pipe.mid")
    with pytest.raises(UnreadableMidiError, match="not a regular file"):
        read_midi(tmp_path)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=300,
)
@given(st.binary(max_size=80), st.booleans())
def test_random_bytes_raise_no_other_error(tmp_path, content, framed):
    path = tmp_path / "x.mid"
    path.write_bytes(header() + track(content) if framed else content)
    with suppress(UnreadableMidiError):
        read_midi(path)


def test_a_damaged_file_raises_no_other_error(tmp_path):
    path = tmp_path / "x.mid"
    write_midi(Score.from_notes([Note(i, 60 + i % 9, 6) for i in range(99)]), path)
    sound, draw = path.read_bytes(), random.Random(0)
    for _ in range(300):
        content = bytearray(sound[: draw.randrange(14, len(sound) + 1)])
        for _ in range(draw.randrange(4)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(content)
        with suppress(UnreadableMidiError):
            read_midi(path)
