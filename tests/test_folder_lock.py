"""The lock of a folder has one holder, whom errors name, and ends with its process."""

import os
import socket
import subprocess
import sys

import pytest

from lstm_music_jax.system.folder_lock import FolderInUseError, locked

HOLD = """
import sys, time
from pathlib import Path
from lstm_music_jax.system.folder_lock import locked

with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_process_is_told_of_the_first_until_that_is_killed(tmp_path):
    folder = tmp_path / "new" / "folder"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    name = f"process {process.pid} on {socket.gethostname()}"
    with pytest.raises(FolderInUseError, match=f"run is {folder}; {name} is training"):
        locked(folder).__enter__()
    process.kill()
    process.communicate()
    assert name in (folder / ".lock").read_text()
    with locked(folder):
        assert f"process {os.getpid()} on" in (folder / ".lock").read_text()
    with locked(folder):
        pass


def test_a_folder_without_locks_is_a_warning(tmp_path, monkeypatch):
    from lstm_music_jax.system import folder_lock

    def refuse(file):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(folder_lock, "_lock", refuse)
    with (
        pytest.warns(UserWarning, match=r"cannot be locked \(Operation not supported"),
        locked(tmp_path),
    ):
        pass
