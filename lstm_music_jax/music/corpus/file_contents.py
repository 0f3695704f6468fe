"""Digests of the contents of files, which are computed only when a file has changed.

A digest is a SHA-256 hash. The signature of a file is its size, its times and its
inode. If the signature is unchanged, the content is taken to be unchanged, as in git.

There is one exception: a file that was written less than two seconds before its digest
was computed. Its digest is computed again the next time. Its content may have changed
without a change of its times, because the clocks of file systems are coarse.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lstm_music_jax.music.corpus.array_file import Column, write_array_file
from lstm_music_jax.music.corpus.cache import read_cached, say_unwritable
from lstm_music_jax.music.midi.tracks import MAX_FILE_BYTES

DIGEST_BYTES = 32
_NO_DIGEST = bytes(DIGEST_BYTES)
# Size, mtime in ns, ctime in ns and inode.
Signature = tuple[int, int, int, int]
_NO_SIGNATURE: Signature = (-1, -1, -1, -1)
# FAT has the coarsest clock of all file systems in use: it counts two seconds.
_RESOLUTION_NS = 2 * 10**9


class FileContents:
    """The digests of files, computed when this object is made.

    Attributes:
        digest_of: the digest of each file's content, by its path; None for a file that
            cannot be read, is no regular file, or exceeds `MAX_FILE_BYTES`.
        digest: the digest of the names and contents of all files, in hexadecimal.
    """

    def __init__(self, files: Mapping[str, Path], saved_at: Path | None) -> None:
        """Compute the digests of changed files, and look up those of unchanged files.

        Args:
            files: the files, keyed by their names.
            saved_at: the file that keeps the digests for the next time; with None, all
                digests are computed and none are kept.
        """
        known = {} if saved_at is None else _load(saved_at)
        now = time.time_ns()
        self.digest_of: dict[Path, bytes | None] = {}
        self._signature_of: dict[Path, Signature] = {}
        whole = hashlib.sha256()
        found: dict[str, tuple[Signature, bytes]] = {}
        for name, path in files.items():
            signature = _signature(path)
            saved = known.get(name)
            if saved is not None and saved[0] == signature != _NO_SIGNATURE:
                digest = saved[1]
            else:
                digest = _digest(path, signature)
            self.digest_of[path] = None if digest == _NO_DIGEST else digest
            self._signature_of[path] = signature
            written_now = max(signature[1:3]) > now - _RESOLUTION_NS
            found[name] = (_NO_SIGNATURE if written_now else signature, digest)
            whole.update(f"{len(name)} {name}".encode(errors="surrogateescape"))
            whole.update(digest)
        self.digest = whole.hexdigest()
        if saved_at is not None and found != known:
            _save(saved_at, found)

    def has_changed(self, path: Path) -> bool:
        """Return whether a file has changed since this object was made."""
        return _signature(path) != self._signature_of[path]


def _signature(path: Path) -> Signature:
    """Return the size, times and inode of a file; all -1 if they cannot be read."""
    try:
        status = os.stat(path)
    except OSError:
        return _NO_SIGNATURE
    # Some file systems number their files with all 64 bits.
    place = status.st_ino & (2**63 - 1)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, place


def _digest(path: Path, signature: Signature) -> bytes:
    """Return the digest of a file's content, or `_NO_DIGEST`.

    The result is `_NO_DIGEST` if the file cannot be read, if it is no regular file, or
    if its signature says that it has more than `MAX_FILE_BYTES`.
    """
    try:
        if signature[0] > MAX_FILE_BYTES or not stat.S_ISREG(os.stat(path).st_mode):
            return _NO_DIGEST
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return _NO_DIGEST


def _load(path: Path) -> dict[str, tuple[Signature, bytes]]:
    """Return the signatures and digests that `_save` wrote, keyed by file names.

    The result is empty if there is no such file, or if it is damaged.
    """
    saved = read_cached(path)
    if saved is None:
        return {}
    digests = saved.arrays["digests"].tobytes()
    places = range(0, len(digests), DIGEST_BYTES)
    signatures = map(tuple, saved.arrays["signatures"].tolist())
    return {
        name: (signature, digests[place : place + DIGEST_BYTES])
        for name, signature, place in zip(
            saved.content, signatures, places, strict=True
        )
    }


def _save(path: Path, found: Mapping[str, tuple[Signature, bytes]]) -> None:
    signatures = [signature for signature, _ in found.values()]
    digests = b"".join(digest for _, digest in found.values())
    columns = {
        "signatures": Column.of(np.array(signatures, np.int64).reshape(-1, 4)),
        "digests": Column.of(np.frombuffer(digests, np.uint8)),
    }
    try:
        write_array_file(path, [*found], columns)
    except OSError as error:
        say_unwritable(path.parent, error.strerror)
