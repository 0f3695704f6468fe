"""The cache: corpora on disk, so that their files are parsed only once.

A cache file has two lines: the SHA-256 of the second line, and the corpus as JSON. A
file that does not match its checksum is built again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lstm_music_jax.music.corpus.pieces import Corpus, Piece, Skipped
from lstm_music_jax.music.midi.tracks import MAX_FILE_BYTES
from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.system.cache_folder import cache_folder

# A folder; None or True for the default folder; False for no cache.
CacheChoice = str | Path | bool | None


def cache_path(
    choice: CacheChoice, name: str, files: Mapping[str, Path], config: Mapping[str, Any]
) -> Path | None:
    """Return where the corpus of these files in this encoding is cached.

    The path contains a hash of everything that the corpus depends on: the names and
    contents of the files, the encoding, the version of music21, and the code of this
    package's `music`.

    Args:
        choice: the folder of the cache. None or True is the default folder; with False
            there is no cache and the result is None.
        name: begins the name of the cache file.
        files: the files of the corpus, keyed by their names.
        config: the settings of the encoding.
    """
    if choice is False:
        return None
    folder = cache_folder() if choice is None or choice is True else Path(choice)
    contents = {each: _fingerprint(path) for each, path in files.items()}
    depends_on = [name, contents, dict(config), version("music21"), _code_hash()]
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
    return folder / f"{name}-{digest[:32]}.json"


def cached(path: Path | None, build: Callable[[], Corpus]) -> Corpus:
    """Return the corpus cached at `path`; if there is none, build and cache it.

    Args:
        path: what `cache_path` returned; None always builds and keeps nothing.
        build: returns the corpus. The cache does not keep its `source`.
    """
    if path is None:
        return build()
    corpus = _load(path)
    if corpus is None:
        corpus = build()
        _store(path, corpus)
    return corpus


def _load(path: Path) -> Corpus | None:
    """Return what `_store` wrote; None if there is no file, or a damaged one."""
    try:
        checksum, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest().encode() != checksum:
        print(f"{path}: damaged cache, building it again", file=sys.stderr)
        return None
    saved = json.loads(content)
    return Corpus(
        tuple(Piece(name, tuple(symbols)) for name, symbols in saved["pieces"]),
        tuple(Skipped(name, reason) for name, reason in saved["skipped"]),
        "",
    )


def _store(path: Path, corpus: Corpus) -> None:
    """Write a corpus; if that is impossible, say so in one line on stderr."""
    pieces = [[piece.name, piece.symbols] for piece in corpus.pieces]
    skipped = [[each.name, each.reason] for each in corpus.skipped]
    content = json.dumps({"pieces": pieces, "skipped": skipped})
    checksum = hashlib.sha256(content.encode()).hexdigest()
    try:
        write_atomically(path, f"{checksum}\n{content}")
    except OSError as error:
        print(f"{path.parent}: cannot cache here: {error.strerror}", file=sys.stderr)


def _fingerprint(path: Path) -> str:
    """Return the hash of a file's content; if it will not be read, the reason."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"
        if status.st_size > MAX_FILE_BYTES:
            return f"{status.st_size} bytes"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return error.strerror or type(error).__name__


@functools.cache
def _code_hash() -> str:
    """Return the hash of all code in `music`."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
