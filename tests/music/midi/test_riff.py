"""RIFF: the MIDI file in a .rmi file."""

import pytest

from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.midi.riff import unwrapped
from lstm_music_jax.music.midi.tracks import UnreadableMidiError
from tests.music.midi.midi_files import beat, save_midi


def chunk(name, content):
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def container(*chunks):
    return chunk(b"RIFF", b"RMID" + b"".join(chunks))


@pytest.mark.parametrize("before", [(), (chunk(b"INFO", b"odd"), chunk(b"DISP", b""))])
def test_a_file_in_a_container_is_read(tmp_path, before):
    save_midi(tmp_path / "a.mid", beat(60))
    plain = (tmp_path / "a.mid").read_bytes()
    wrapped = container(*before, chunk(b"data", plain), chunk(b"LIST", b"more"))
    (tmp_path / "a.rmi").write_bytes(wrapped)
    read = read_midi(tmp_path / "a.rmi")
    assert read.notes == read_midi(tmp_path / "a.mid").notes
    assert len(read.notes) == 1
    assert unwrapped(plain) == plain


@pytest.mark.parametrize(
    "content",
    [
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        container(),
        container(chunk(b"data", b"")),
        container(chunk(b"INFO", b"none")),
        b"RIFF\0\0\0\0RMIDdata\xff\xff\xff\xff",
        b"RIFF\0\0\0\0RMIDINFO\xff\xff\xff\xff",
    ],
)
def test_a_container_without_a_file_is_an_error(tmp_path, content):
    (tmp_path / "a.rmi").write_bytes(content)
    with pytest.raises(UnreadableMidiError, match="does not begin with 'MThd'"):
        read_midi(tmp_path / "a.rmi")
