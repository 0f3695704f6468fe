"""Entries: the symbols of every file that was ever read, or why it gave no symbols.

An entry is keyed by the SHA-256 hash of its file's content. Every program that reads
new music files writes their entries to new cache files. It changes no existing cache
file, so no lock is needed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lstm_music_jax.music.corpus.array_file import Column, write_array_file
from lstm_music_jax.music.corpus.cache import read_cached, say_unwritable
from lstm_music_jax.music.corpus.encoded_file import Encoded, Failure, Outcome
from lstm_music_jax.music.corpus.file_contents import DIGEST_BYTES
from lstm_music_jax.music.corpus.pieces import number_type
from lstm_music_jax.music.losses import NO_LOSSES, Losses

_PREFIX = "entries-"
# When the entries in memory have this many symbols, they are written to a file.
_NUMBERS_PER_FILE = 2**25


class Numbered(NamedTuple):
    """The symbols of a file, stored as positions in a list of distinct symbols.

    Attributes:
        symbols: a list of distinct symbols, which several files share.
        numbers: for each symbol of the file, its position in `symbols`, `[t]`.
        losses: counts of the notes that are in the file but not in the symbols.
    """

    symbols: list[str]
    numbers: np.ndarray
    losses: Losses


Entry = Numbered | Failure


class Entries:
    """The symbols of all files that were read, keyed by digests of their contents.

    An entry is the symbols of one file, or the reason why it gave no symbols.
    """

    def __init__(self, folder: Path | None) -> None:
        """Open the cache files in a folder; with None, keep entries only in memory."""
        self._folder = folder
        self._entries: dict[bytes, Entry] = {}
        self._new: dict[bytes, Entry]
        self._symbols: list[str]
        self._number_of: dict[str, int]
        self._begin()
        if folder is not None and folder.is_dir():
            for path in sorted(folder.glob(f"{_PREFIX}*")):
                self._open(path)

    def get(self, key: bytes) -> Entry | None:
        """Return the symbols or the failure of a file; None if it was not read yet.

        `key` is the digest of the content of the file.
        """
        return self._entries.get(key)

    def add(self, key: bytes, outcome: Outcome) -> None:
        """Add the entry of a file.

        Args:
            key: the digest of the content of the file.
            outcome: the symbols of the file, or a failure that is not transient.
        """
        if isinstance(outcome, Failure):
            entry: Entry = outcome
        else:
            entry = self._numbered(outcome)
            self._count += len(entry.numbers)
        self._entries[key] = self._new[key] = entry
        if self._folder is not None and self._count >= _NUMBERS_PER_FILE:
            self.save()

    def save(self) -> None:
        """Write the new entries to a cache file; if that fails, say so on stderr."""
        if self._folder is None or not self._new:
            return
        path = self._folder / f"{_PREFIX}{uuid.uuid4().hex}"
        reasons = {
            number: entry.reason
            for number, entry in enumerate(self._new.values())
            if isinstance(entry, Failure)
        }
        arrays = [
            np.zeros(0, np.int32) if isinstance(entry, Failure) else entry.numbers
            for entry in self._new.values()
        ]
        losses = [
            NO_LOSSES if isinstance(entry, Failure) else entry.losses
            for entry in self._new.values()
        ]
        keys = np.frombuffer(b"".join(self._new), np.uint8)
        columns = {
            "keys": Column.of(keys.reshape(-1, DIGEST_BYTES)),
            "counts": Column.of(np.array([*map(len, arrays)], np.int64)),
            "losses": Column.of(np.array(losses, np.int64)),
            "numbers": Column(number_type(len(self._symbols)), (self._count,), arrays),
        }
        try:
            write_array_file(path, [self._symbols, reasons], columns)
        except OSError as error:
            say_unwritable(self._folder.parent, error.strerror)
            self._folder = None
            return
        self._begin()
        # The memory-mapped file then replaces the arrays in memory.
        self._open(path)

    def _begin(self):
        self._new, self._count = {}, 0
        self._symbols, self._number_of = [], {}

    def _numbered(self, encoded: Encoded) -> Numbered:
        """Return the symbols of a file, as positions in a list of distinct symbols.

        All entries that will be saved in the same cache file share one list. The
        symbols of this file that the list lacks are appended to it.
        """
        for symbol in encoded.symbols:
            if symbol not in self._number_of:
                self._number_of[symbol] = len(self._symbols)
                self._symbols.append(symbol)
        numbers = [self._number_of[symbol] for symbol in encoded.symbols]
        table = np.array(numbers, number_type(len(self._symbols)))
        return Numbered(self._symbols, table[encoded.numbers], encoded.losses)

    def _open(self, path: Path) -> None:
        found = read_cached(path)
        if found is None:
            return
        symbols, reasons = found.content
        self._add_saved(found.arrays, symbols, reasons)

    def _add_saved(
        self,
        arrays: Mapping[str, np.ndarray],
        symbols: list[str],
        reasons: Mapping[str, str],
    ) -> None:
        ends = np.cumsum(arrays["counts"]).tolist()
        keys, first = arrays["keys"].tobytes(), 0
        losses = map(Losses._make, arrays["losses"].tolist())
        for number, (end, lost) in enumerate(zip(ends, losses, strict=True)):
            key = keys[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES]
            reason = reasons.get(str(number))
            self._entries[key] = (
                Numbered(symbols, arrays["numbers"][first:end], lost)
                if reason is None
                else Failure(reason, transient=False)
            )
            first = end
