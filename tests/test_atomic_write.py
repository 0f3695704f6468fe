"""Atomic writes: whole files or none, and never in place of another by mistake."""

import errno
import os
import subprocess
import sys

import pytest

from lstm_music_jax.system.atomic_write import write_atomically, write_new

WRITERS = (write_atomically, write_new)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("content", ["é\n", b"\x00\xff"])
def test_text_and_bytes_are_written_as_they_are(tmp_path, write, content):
    path = tmp_path / "new" / "x"
    write(path, content)
    assert path.read_bytes() == ("é\n".encode() if content == "é\n" else content)
    assert list(path.parent.iterdir()) == [path]


def test_a_new_file_takes_no_others_place(tmp_path):
    path = tmp_path / "x"
    write_new(path, "first")
    with pytest.raises(FileExistsError):
        write_new(path, "second")
    assert path.read_text() == "first"
    write_atomically(path, "third")
    assert path.read_text() == "third"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_that_cannot_take_its_place_leaves_nothing(tmp_path, write, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "x", "text")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", WRITERS)
def test_a_full_disk_leaves_nothing_behind(tmp_path, write):
    # The operating system lets the process write files of 1000 bytes at most.
    program = f"""
import resource
from pathlib import Path
from lstm_music_jax.system.atomic_write import {write.__name__}
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    {write.__name__}(Path("x"), 2000 * "x")
except OSError as error:
    print(error.errno, error.filename)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{errno.EFBIG} x\n"
    assert list(tmp_path.iterdir()) == []
