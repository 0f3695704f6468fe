"""The files of generate.py: numbered on, and safe once they are written."""

import os

import piece_files
import pytest
from piece_files import write_pieces

from lstm_music_jax import Composition, Note, Score, read_midi

SOUND = {"tempo": 120, "program": 0}


def pieces(count):
    """Return pieces of one note each, which tells them apart."""
    scores = [Score.from_notes([Note(0, 60 + k, 12)]) for k in range(count)]
    return [Composition([], score, 0, True, 0, None) for score in scores]


def write(count, folder, pictures=0):
    return [
        path.name
        for path, _ in write_pieces(pieces(count), folder, pictures=pictures, **SOUND)
    ]


def contents(folder):
    """Return the pitch of each MIDI file; it must have been written whole."""
    return {path.name: read_midi(path).notes[0].pitch for path in folder.glob("*.mid")}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_are_numbered_on_and_none_is_overwritten(tmp_path):
    assert write(2, tmp_path) == ["piece-000.mid", "piece-001.mid"]
    before = contents(tmp_path)
    assert write(1, tmp_path) == ["piece-002.mid"]
    assert contents(tmp_path) == before | {"piece-002.mid": 60}
    (tmp_path / "piece-998.png").touch()
    (tmp_path / "piece-a.mid").touch()
    assert write(2, tmp_path) == ["piece-999.mid", "piece-1000.mid"]
    assert write(1, tmp_path) == ["piece-1001.mid"]


def test_a_number_that_another_run_takes_meanwhile_is_passed_over(tmp_path):
    written = write_pieces(pieces(2), tmp_path, pictures=0, **SOUND)
    next(written)
    (tmp_path / "piece-001.mid").write_text("other")
    path, _ = next(written)
    assert path.name == "piece-002.mid"
    assert (tmp_path / "piece-001.mid").read_text() == "other"


def test_a_folder_that_becomes_a_file_is_an_error(tmp_path):
    folder = tmp_path / "music"
    written = write_pieces(pieces(1), folder, pictures=0, **SOUND)
    folder.touch()
    with pytest.raises(OSError, match="music"):
        next(written)


def test_only_the_first_pieces_get_a_picture(tmp_path):
    silent = Composition([], Score(()), 0, True, 0, None)
    music = [pieces(1)[0], silent, *pieces(2)]
    list(write_pieces(music, tmp_path, pictures=3, **SOUND))
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert pictures == ["piece-000.png", "piece-002.png"]
    assert len(names(tmp_path)) == 4 + 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left")])
def test_what_is_written_stays_when_writing_stops(tmp_path, monkeypatch, error):
    """Ctrl-C, or a full disk, comes at the third file."""
    replace, calls = os.replace, []

    def stop_at_third(*paths):
        calls.append(paths)
        if len(calls) == 3:
            raise error
        replace(*paths)

    monkeypatch.setattr(os, "replace", stop_at_third)
    with pytest.raises((KeyboardInterrupt, OSError)):
        write(5, tmp_path)
    assert contents(tmp_path) == {"piece-000.mid": 60, "piece-001.mid": 61}
    assert names(tmp_path) == ["piece-000.mid", "piece-001.mid"]


def test_all_music_is_written_before_the_first_picture(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no picture")

    monkeypatch.setattr(piece_files, "piano_roll", fail)
    with pytest.raises(OSError, match="no picture"):
        write(3, tmp_path, pictures=3)
    assert contents(tmp_path) == {f"piece-00{k}.mid": 60 + k for k in range(3)}
