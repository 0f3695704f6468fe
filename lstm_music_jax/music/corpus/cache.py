"""The cache: folders that keep the symbols of files, so that each is parsed once.

The name of a folder depends on the code of `music`, because other code may make other
symbols of the same file.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lstm_music_jax.music.corpus.array_file import ArrayFile, read_array_file
from lstm_music_jax.system.cache_folder import cache_folder

# A folder; None or True for the default folder; False for no cache.
CacheChoice = str | Path | bool | None


def cache_path(
    choice: CacheChoice, file_format: str, reading: Mapping[str, Any]
) -> Path | None:
    """Return the cache folder for files of one format, encoded with the same settings.

    Its name contains a hash of everything, other than a file's content, that the
    file's symbols depend on: the encoding, the selected notes, the version of music21,
    and the code of `music`.

    Args:
        choice: the folder of the cache. None or True is the default folder; with False
            there is no cache, and the result is None.
        file_format: the first word of the folder's name, "midi" or "chorales".
        reading: the `config()` of a `Reading`: file format, encoding, selected notes.
    """
    if choice is False:
        return None
    folder = cache_folder() if choice is None or choice is True else Path(choice)
    depends_on = [dict(reading), version("music21"), _code_hash()]
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    return folder / f"{file_format}-{digest[:32]}"


def read_cached(path: Path) -> ArrayFile | None:
    """Open a file of the cache; return None if it cannot be read or is damaged.

    A damaged file is deleted, and a line on stderr says so.
    """
    try:
        found = read_array_file(path)
    except OSError:
        return None
    if found is None:
        print(f"{path}: damaged cache, building it again", file=sys.stderr)
        path.unlink(missing_ok=True)
    return found


@functools.cache
def say_unwritable(folder: Path, reason: str | None) -> None:
    """Print on stderr that a cache folder cannot be written, and why.

    A later call with the same arguments prints nothing. `reason` is the operating
    system's message, or None if it has none.
    """
    print(f"{folder}: cannot cache here: {reason}", file=sys.stderr)


@functools.cache
def _code_hash() -> str:
    """Return a hash of the source text of all modules in `music`."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
