"""Makes a corpus of a collection of files; files read earlier come from the cache.

The cache holds three kinds of files. Here, the digest of a file is a SHA-256 hash of
its content.

- `entries-*` hold the symbols of each file that was read, keyed by its digest. So a
  file is read once, however many collections it is in; see `entries.py`.
- `collection-*` hold the corpus of a collection. An unchanged collection is opened from
  there.
- `contents-*` hold the digests of the files of a collection; see `file_contents.py`.
  They lie one folder above the other two kinds, because they do not depend on the
  encoding.

Transient failures, which may not occur again, are not kept as entries. A file that
could not be read, or whose reader died or took too long, is tried again the next time.
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
from lstm_music_jax.music.corpus.pieces import Corpus, Remark, Skipped
from lstm_music_jax.music.losses import Losses
from lstm_music_jax.system.printable import printable

_CHANGED = Failure("changed while it was read", transient=True)

# Takes paths. Yields the position of each path, and its symbols or its failure.
ReadFiles = Callable[[list[Path]], Iterable[tuple[int, Outcome]]]


@dataclass(frozen=True)
class Collection:
    """The files that make up a corpus, and the function that reads them.

    Attributes:
        name: the cache keeps the corpus under this name, so every collection needs its
            own.
        watched: the files whose change makes the cached corpus invalid, keyed by their
            names.
        files: a function that returns those of the watched files that hold pieces,
            keyed by the names of the pieces. It is not called if the cache holds the
            corpus of the unchanged files and no transient failure.
        read: a function that takes paths, reads and encodes the files, and yields the
            position of each path with the symbols of its file, or with the reason why
            there are none.
    """

    name: str
    watched: Mapping[str, Path]
    files: Callable[[], Mapping[str, Path]]
    read: ReadFiles


def load_collection(collection: Collection, folder: Path | None) -> Corpus:
    """Return the corpus of a collection; its `source` is left empty.

    Args:
        collection: the files.
        folder: the cache folder for their format and encoding, made by `cache_path`.
            With None, all files are read and nothing is kept.
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
    """Read those files again whose reading failed for a transient reason.

    Args:
        collection: the files.
        contents: the digests of the files. A file that has changed since these were
            computed gives a failure.
        failures: the failures that are saved with the corpus, keyed by the names of the
            pieces.

    Returns:
        The symbols of each of these files, or its new failure, keyed by the name of
        the piece.
    """
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
    """Return the symbols of each file, or its failure, keyed by the name of the piece.

    Files without an entry in the cache are read. Their entries are added.

    Args:
        collection: the files.
        contents: the digests of the files, by which their entries are found.
        entries: the symbols of files that were read earlier.
        again: the symbols or failures of files that the caller has just read, keyed by
            the names of the pieces. They are part of the result, and these files are
            not read here.
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
        # Save the files that were read before the interruption, so that they are not
        # read again.
        entries.save()
        raise
    found: dict[str, Entry] = {}
    for name, path in files.items():
        key = contents.digest_of[path]
        entry = None if key is None else entries.get(key)
        # If another file of equal content was read in place of this one, this file has
        # the failure of that file.
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
    """Open a saved corpus; return None if there is none, or if it is out of date.

    Args:
        path: the file of the cache that holds the corpus.
        digest: the SHA-256 of the names and contents of all files, as they are now. The
            saved corpus is out of date if it was made from files with another digest.
    """
    found = read_cached(path)
    if found is None:
        return None
    (of, names, symbols, failures, losses, remarks), arrays = found
    if of != digest:
        return None
    counts = arrays["counts"]
    corpus = Corpus(
        arrays["numbers"],
        np.cumsum(counts) - counts,
        counts,
        tuple(symbols),
        tuple(names),
        losses=Losses(*losses),
        remarks=tuple(Remark(*remark) for remark in remarks),
        _fingerprint=arrays["fingerprint"].tobytes().hex(),
    )
    return _Saved(corpus, {name: Failure(*rest) for name, *rest in failures})


def _save_and_open(path: Path, digest: str, outcomes: Mapping[str, Entry]) -> Corpus:
    """Write a corpus into the cache and open it from there.

    If the file cannot be written, the corpus is made in memory.

    Args:
        path: the file of the cache.
        digest: the digest of the names and contents of all files. It is saved with the
            corpus, to show later whether a file has changed.
        outcomes: the symbols or the failure of each file, keyed by the names of the
            pieces.
    """
    assembly = Assembly.of(outcomes)
    failures = _failures(outcomes)

    def fingerprint():
        yield np.frombuffer(bytes.fromhex(assembly.fingerprint.hexdigest()), np.uint8)

    total = int(assembly.counts.sum())
    columns = {
        "counts": Column.of(assembly.counts),
        "numbers": Column(assembly.dtype, (total,), assembly.parts()),
        # The fingerprint is known only after all numbers are written.
        "fingerprint": Column(np.uint8, (32,), fingerprint()),
    }
    content = [
        digest,
        assembly.names,
        assembly.symbols,
        [[name, *failure] for name, failure in failures.items()],
        assembly.losses,
        [[remark.name, remark.text] for remark in assembly.remarks],
    ]
    try:
        write_array_file(path, content, columns)
    except OSError as error:
        say_unwritable(path.parent.parent, error.strerror)
        return _corpus_of(assembly, outcomes)
    saved = _open(path, digest)
    # Another program may have replaced the file by the corpus of other contents.
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
