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
    """Open a new file for writing, and create missing folders; a context.

    The file is a temporary one beside `path`. It takes the place of `path` when the
    context ends without an exception. So neither a reader nor a second writer ever
    sees half of the file.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            yield file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    """Write `text` to a file, in UTF-8; see `written_atomically`.

    Raises:
        OSError: the file cannot be written.
    """
    with written_atomically(path) as file:
        file.write(text.encode())
