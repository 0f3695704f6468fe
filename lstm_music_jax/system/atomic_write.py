"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file, text in UTF-8, and create missing folders.

    The content goes to a temporary file beside `path`, which then takes its place. So
    neither a reader nor a second writer ever sees half of it, and nothing is left
    behind if the disk is full.

    Raises:
        OSError: the file cannot be written; the error names it.
    """
    with _written_beside(path, content) as temporary:
        os.replace(temporary, path)


def write_new(path: Path, content: str | bytes) -> None:
    """Write a file like `write_atomically`, but never in place of another one.

    The file is empty for a moment, so that other writers know that its name is taken.

    Raises:
        FileExistsError: there is something at `path`. It is left as it is.
        OSError: the file cannot be written; the error names it.
    """
    with _written_beside(path, content) as temporary:
        path.open("xb").close()
        try:
            os.replace(temporary, path)
        except BaseException:
            path.unlink()
            raise


@contextmanager
def _written_beside(path: Path, content: str | bytes) -> Iterator[Path]:
    """Write a temporary file in the folder of `path`, and remove it in the end."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        try:
            temporary.write_bytes(data)
        except OSError as error:
            # An error of writing names no file, and one of opening the temporary file.
            raise OSError(error.errno, error.strerror, str(path)) from None
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
