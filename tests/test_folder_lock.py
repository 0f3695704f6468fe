"""The lock of a folder has one holder, whom errors name, and ends with its process."""

import fcntl
import os
import socket
import subprocess
import sys
import threading

import pytest

from lstm_music_jax.system.folder_lock import FolderInUseError, is_locked, locked

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
    assert is_locked(folder)
    process.kill()
    process.communicate()
    assert not is_locked(folder)
    assert name in (folder / ".lock").read_text()
    with locked(folder):
        assert f"process {os.getpid()} on" in (folder / ".lock").read_text()
    with locked(folder):
        pass


def test_asking_for_the_lock_of_a_folder_writes_nothing(tmp_path):
    assert not is_locked(tmp_path / "nowhere")
    assert not is_locked(tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_the_lock_can_be_taken_while_another_process_asks_for_it(tmp_path):
    """Asking holds a shared lock for an instant."""
    (tmp_path / ".lock").touch()
    with (tmp_path / ".lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        threading.Timer(0.01, fcntl.flock, (file, fcntl.LOCK_UN)).start()
        with locked(tmp_path):
            assert is_locked(tmp_path)


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
