"""A lock that lets one process at a time write into a folder."""

import os
import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# `is_locked` holds a lock for some microseconds, so `locked` tries again.
_TRIES, _SECONDS_BETWEEN_TRIES = 3, 0.02


class FolderInUseError(RuntimeError):
    """Raised if the lock of a folder is held, by another process or by this one."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder during a `with` block; create the folder if missing.

    The operating system locks the file `.lock` in the folder. It releases the lock when
    the block ends, or when the process ends, for whatever reason. The file remains, and
    names the process that held the lock last. If the operating system or the file
    system has no locks, a warning says so, and the folder is not locked.

    Raises:
        FolderInUseError: another process holds the lock, or this one does already; the
            message names it.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a+") as file:
        try:
            _lock(file)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise FolderInUseError(
                f"run is {folder}; {holder} is training in it, so wait until it ends, "
                "or name another folder"
            ) from None
        except OSError as error:
            warnings.warn(
                f"{folder} cannot be locked ({error.strerror}); let no second process "
                "train in it",
                stacklevel=3,
            )
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield


def is_locked(folder: Path) -> bool:
    """Return whether a live process holds the lock of a folder.

    Nothing is written. The result is False if the operating system or the file system
    has no locks, because `locked` then locks nothing.

    Raises:
        OSError: the file `.lock` exists and cannot be read.
    """
    if fcntl is None or not (folder / ".lock").is_file():
        return False
    with (folder / ".lock").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def _lock(file):
    if fcntl is None:
        raise OSError(None, "this operating system has no file locks")
    for tries_left in reversed(range(_TRIES)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not tries_left:
                raise
            time.sleep(_SECONDS_BETWEEN_TRIES)
