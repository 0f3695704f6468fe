"""A lock that lets one process at a time write into a folder."""

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class FolderInUseError(RuntimeError):
    """Raised if another process holds the lock of a folder."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; a missing folder is created.

    The operating system locks the file `.lock` in the folder. It releases the lock when
    the process ends, for whatever reason. The file remains, and names the process that
    held the lock last. If the operating system or the file system has no locks, a
    warning says so, and the folder is not locked.

    Raises:
        FolderInUseError: another process holds the lock; the message names it.
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


def _lock(file):
    if fcntl is None:
        raise OSError(None, "this operating system has no file locks")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
