"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def written_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing, as a context manager; missing folders are created.

    The text or bytes go to a temporary file beside `path`. It replaces `path` when the
    context ends without an exception. So neither a reader nor a second writer ever sees
    half of a file, and no temporary file remains if the disk is full.

    Raises:
        OSError: the file cannot be written; the error names it, or a folder above it
            that cannot be created.
    """
    with _beside(path) as temporary:
        with _opened(temporary, path) as file:
            yield file
        os.replace(temporary, path)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; see `written_atomically`.

    Text is written in UTF-8.

    Raises:
        OSError: the file cannot be written; the error names it, or a folder above it
            that cannot be created.
    """
    with written_atomically(path) as file:
        file.write(_bytes(content))


def write_new(path: Path, content: str | bytes) -> None:
    """Write a new file like `write_atomically`, but never replace an existing one.

    For a moment the file exists and is empty. So of two processes that write the same
    new file, only one succeeds.

    Raises:
        FileExistsError: `path` exists. It is not changed.
        OSError: the file cannot be written; the error names it, or a folder above it
            that cannot be created.
    """
    with _beside(path) as temporary:
        with _opened(temporary, path) as file:
            file.write(_bytes(content))
        path.open("xb").close()
        try:
            os.replace(temporary, path)
        except BaseException:
            path.unlink()
            raise


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield the path of a temporary file beside `path`; remove the file at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _opened(temporary: Path, path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file, which will replace `path`, for writing.

    An OSError inside the `with` block names `path`, not the temporary file.
    """
    try:
        with temporary.open("wb") as file:
            yield file
    except OSError as error:
        # An error of writing names no file, and one of opening the temporary file.
        raise OSError(error.errno, error.strerror, str(path)) from None


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
