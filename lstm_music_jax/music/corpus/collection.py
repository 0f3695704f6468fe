"""A collection of files as a corpus: what has been read is kept, the rest is read.

The cache keeps two kinds of files for an encoding. `entries-*` hold what each content
of a file became, so a file is read once, whatever collections it is in; see
`entries.py`. `collection-*` hold a corpus as it was assembled last, so an unchanged
collection is only opened. `contents-*`, one folder up, hold what the files of a
collection were like; see `file_contents.py`.

Nothing transient is kept. A file that could not be read, or whose reader died or took
too long, is tried again the next time.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lstm_music_jax.music.corpus.array_file import Column, write_array_file
from lstm_music_jax.music.corpus.assembling import Assembly
from lstm_music_jax.music.corpus.cache import read_cached, say_unwritable
from lstm_music_jax.music.corpus.encoded_file import Failure, Outcome
from lstm_music_jax.music.corpus.entries import Entries, Entry
from lstm_music_jax.music.corpus.file_contents import FileContents
from lstm_music_jax.music.corpus.pieces import Corpus, Skipped
from lstm_music_jax.system.printable import printable

_CHANGED = Failure("changed while it was read", transient=True)

# Yields the position of each path, and what came of it.
ReadFiles = Callable[[list[Path]], Iterable[tuple[int, Outcome]]]


@dataclass(frozen=True)
class Collection:
    """Files that make up a corpus.

    Attributes:
        name: what the corpus is kept under; different collections have different names.
        watched: the files that the corpus depends on, keyed by their names.
        files: returns those of them that hold the pieces, keyed by the pieces' names.
            It is called only if something has to be read.
        read: reads files.
    """

    name: str
    watched: Mapping[str, Path]
    files: Callable[[], Mapping[str, Path]]
    read: ReadFiles


def load_collection(collection: Collection, folder: Path | None) -> Corpus:
    """Return the corpus of a collection; it has no source yet.

    Args:
        collection: the files.
        folder: the folder of the cache for their format and encoding; with None, all
            files are read and nothing is kept.
    """
    if folder is None:
        contents = FileContents(collection.watched, None)
        outcomes = _outcomes(collection, contents, Entries(None), {})
        return _corpus_of(Assembly.of(outcomes), outcomes)
    name = collection.name.encode(errors="surrogateescape")
    label = hashlib.sha256(name).hexdigest()[:32]
    contents = FileContents(collection.watched, folder.parent / f"contents-{label}")
    path = folder / f"collection-{label}"
    saved = _open(path, contents.digest)
    again: dict[str, Outcome] = {}
    if saved is not None:
        again = _try_again(collection, contents, saved.failures)
        failing = {
            name: outcome
            for name, outcome in again.items()
            if isinstance(outcome, Failure) and outcome.transient
        }
        if len(failing) == len(again):
            return _skipping(saved.corpus, {**saved.failures, **failing})
    entries = Entries(folder)
    outcomes = _outcomes(collection, contents, entries, again)
    entries.save()
    return _save_and_open(path, contents.digest, outcomes)


def _try_again(collection, contents, failures) -> dict[str, Outcome]:
    """Read the files whose failure was transient; return their outcomes by name."""
    names = [name for name, failure in failures.items() if failure.transient]
    if not names:
        return {}
    files = collection.files()
    paths = [files[name] for name in names]
    return {
        names[position]: outcome
        for position, outcome in _read(collection, contents, paths)
    }


def _outcomes(
    collection: Collection,
    contents: FileContents,
    entries: Entries,
    again: Mapping[str, Outcome],
) -> dict[str, Entry]:
    """Return what became of each file; read those that have no entry.

    `again` holds outcomes of files that have been read just now.
    """
    files = collection.files()
    failures: dict[Path, Failure] = {}

    def keep(path: Path, outcome: Outcome) -> None:
        key = contents.digest_of[path]
        if isinstance(outcome, Failure) and (outcome.transient or key is None):
            failures[path] = outcome
        elif key is None:
            failures[path] = _CHANGED
        else:
            entries.add(key, outcome)

    for name, outcome in again.items():
        keep(files[name], outcome)
    # Files of equal content are read once.
    missing: dict[bytes | Path, Path] = {}
    for path in files.values():
        key = contents.digest_of[path]
        if path not in failures and (key is None or entries.get(key) is None):
            missing.setdefault(key or path, path)
    paths = [*missing.values()]
    try:
        for position, outcome in _read(collection, contents, paths):
            keep(paths[position], outcome)
    except BaseException:
        # What has been read is not read again after an interruption.
        entries.save()
        raise
    found: dict[str, Entry] = {}
    for name, path in files.items():
        key = contents.digest_of[path]
        entry = None if key is None else entries.get(key)
        # The file of equal content that was read instead may have failed.
        instead = missing.get(key or path, path)
        found[name] = entry or failures.get(path) or failures[instead]
    return found


def _read(collection, contents, paths):
    for position, outcome in collection.read(paths):
        changed = contents.has_changed(paths[position])
        yield position, _CHANGED if changed else outcome


@dataclass(frozen=True)
class _Saved:
    corpus: Corpus
    failures: dict[str, Failure]


def _open(path: Path, digest: str) -> _Saved | None:
    """Open the corpus that was saved for these contents, if it was."""
    found = read_cached(path)
    if found is None:
        return None
    (of, names, symbols, failures), arrays = found
    if of != digest:
        return None
    counts = arrays["counts"]
    corpus = Corpus(
        arrays["numbers"],
        np.cumsum(counts) - counts,
        counts,
        tuple(symbols),
        tuple(names),
        _fingerprint=arrays["fingerprint"].tobytes().hex(),
    )
    return _Saved(corpus, {name: Failure(*rest) for name, *rest in failures})


def _save_and_open(path: Path, digest: str, outcomes: Mapping[str, Entry]) -> Corpus:
    """Assemble a corpus in a file; if that is impossible, assemble it in memory."""
    assembly = Assembly.of(outcomes)
    failures = _failures(outcomes)

    def fingerprint():
        yield np.frombuffer(bytes.fromhex(assembly.fingerprint.hexdigest()), np.uint8)

    total = int(assembly.counts.sum())
    columns = {
        "counts": Column.of(assembly.counts),
        "numbers": Column(assembly.dtype, (total,), assembly.parts()),
        # It is known when all numbers are written.
        "fingerprint": Column(np.uint8, (32,), fingerprint()),
    }
    content = [
        digest,
        assembly.names,
        assembly.symbols,
        [[name, *failure] for name, failure in failures.items()],
    ]
    try:
        write_array_file(path, content, columns)
    except OSError as error:
        say_unwritable(path.parent.parent, error.strerror)
        return _corpus_of(assembly, outcomes)
    saved = _open(path, digest)
    # Another program may have written the file again, for other contents.
    corpus = assembly.corpus() if saved is None else saved.corpus
    return _skipping(corpus, failures)


def _corpus_of(assembly: Assembly, outcomes: Mapping[str, Entry]) -> Corpus:
    return _skipping(assembly.corpus(), _failures(outcomes))


def _failures(outcomes: Mapping[str, Entry]) -> dict[str, Failure]:
    return {
        name: outcome
        for name, outcome in outcomes.items()
        if isinstance(outcome, Failure)
    }


def _skipping(corpus: Corpus, failures: Mapping[str, Failure]) -> Corpus:
    skipped = (
        Skipped(printable(name), failure.reason) for name, failure in failures.items()
    )
    return dataclasses.replace(corpus, skipped=tuple(skipped))
