"""Corpora on disk, so that files are parsed once.

An entry is two lines: the SHA-256 of the second line, and the corpus as JSON. Anything
that does not fit its checksum is built again.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lstm_music_jax.music.midi.events import MAX_FILE_BYTES
from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.system.cache_folder import cache_folder

CacheChoice = str | Path | bool | None


def entry_path(
    choice: CacheChoice, kind: str, files: Mapping[str, Path], config: Mapping[str, Any]
) -> Path | None:
    """Where the corpus of these named files and this encoding is kept.

    The name holds a hash of all that the corpus depends on: names and contents of the
    files, the encoding, music21's version, and the code of this package's `music`.
    `choice`: None (or True) is the default folder, False no cache at all: then the
    result is None.
    """
    if choice is False:
        return None
    if choice is True:
        choice = None
    folder = cache_folder() if choice is None else Path(choice)
    content = {name: _fingerprint(path) for name, path in files.items()}
    depends_on = [kind, content, dict(config), version("music21"), _code_hash()]
    key = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    return folder / f"{kind}-{key[:32]}.json"


def load(path: Path) -> Any | None:
    """What `store` wrote there; None if there is nothing, or nothing sound."""
    try:
        checksum, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest().encode() != checksum:
        print(f"{path}: damaged cache, building it again", file=sys.stderr)
        return None
    return json.loads(content)


def store(path: Path, content: Any) -> None:
    """Write an entry; where that cannot be done, say so in one line and go on."""
    text = json.dumps(content)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    try:
        write_atomically(path, f"{checksum}\n{text}")
    except OSError as error:
        print(f"{path.parent}: cannot cache here: {error.strerror}", file=sys.stderr)


def _fingerprint(path: Path) -> str:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"
        if status.st_size > MAX_FILE_BYTES:
            return f"{status.st_size} bytes"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return error.strerror or type(error).__name__


@cache
def _code_hash() -> str:
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
