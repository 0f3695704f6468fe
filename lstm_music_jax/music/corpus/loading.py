"""Loading a corpus: the chorales of music21, a folder of MIDI files, a symbols file."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lstm_music_jax.music.corpus import cache as disk
from lstm_music_jax.music.corpus.cache import CacheChoice
from lstm_music_jax.music.corpus.chorales import bach_folder, chorale_paths
from lstm_music_jax.music.corpus.pieces import Corpus, Piece, Skipped
from lstm_music_jax.music.corpus.reading import Kind, read_scores
from lstm_music_jax.music.encodings.base import Encoding

_MIDI_SUFFIXES = (".mid", ".midi")
_SHOWN = 3


def chorales(
    encoding: Encoding,
    *,
    cache: CacheChoice = None,
    processes: int | None = None,
    progress: bool = True,
) -> Corpus:
    """The 350 distinct Bach chorales of the corpus that comes with music21.

    Args:
      encoding: how the music becomes symbols.
      cache: folder of the cache; None is the default one, False parses anew.
      processes: how many files are read at the same time; None is one a core.
      progress: show a bar on stderr while reading.
    """
    # Which of Bach's works are the chorales only music21 can say; its version and all
    # of the works stand for the choice, so that a cached corpus need not import it.
    works = {path.name: path for path in sorted(bach_folder().glob("bwv*"))}
    entry = disk.entry_path(cache, "chorales", works, encoding.config())
    corpus = _load(entry)
    if corpus is None:
        files = {path.stem: path for path in chorale_paths()}
        corpus = _read(files, "chorale", encoding, processes, progress)
        _store(entry, corpus)
    return _named(corpus, "Bach chorales of music21")


def midi_folder(
    path: str | Path,
    encoding: Encoding,
    *,
    cache: CacheChoice = None,
    processes: int | None = None,
    progress: bool = True,
) -> Corpus:
    """All .mid and .midi files below a folder, ordered by name regardless of case.

    A file that cannot be read, or without notes, is left out and listed in `skipped`,
    with a line on stderr. Arguments are those of `chorales`.

    Raises FileNotFoundError or NotADirectoryError for the folder, ValueError if no file
    gives any symbol.
    """
    folder = Path(path)
    if not folder.exists():
        raise FileNotFoundError(f"path is {folder}: there is no such folder")
    if not folder.is_dir():
        raise NotADirectoryError(f"path is {folder}: it is not a folder")
    files = midi_files(folder)
    entry = disk.entry_path(cache, "midi", files, encoding.config())
    corpus = _load(entry)
    if corpus is None:
        corpus = _read(files, "midi", encoding, processes, progress)
        _store(entry, corpus)
    if not corpus.pieces:
        raise ValueError(
            f"path is {folder}: none of its {len(files)} .mid and .midi files could be "
            "read" + "".join(f"; {s.name}: {s.reason}" for s in corpus.skipped[:_SHOWN])
        )
    return _named(corpus, f"MIDI files of {folder.resolve().name}")


def midi_files(folder: Path) -> dict[str, Path]:
    """The .mid and .midi files below `folder`, by relative name, in a fixed order.

    Links to folders are followed, each folder being visited once. A folder that cannot
    be listed stands in the result by its own name, for reading it to fail.
    """
    files: dict[str, Path] = {}
    visited: set[tuple[int, int]] = set()

    def note_closed(error: OSError) -> None:
        path = Path(error.filename)
        files[path.relative_to(folder).as_posix()] = path

    for place, folders, names in os.walk(folder, onerror=note_closed, followlinks=True):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in visited:
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        folders.sort()
        for name in names:
            if name.lower().endswith(_MIDI_SUFFIXES):
                path = Path(place, name)
                files[path.relative_to(folder).as_posix()] = path
    return {name: files[name] for name in sorted(files, key=str.upper)}


def _read(
    files: Mapping[str, Path],
    kind: Kind,
    encoding: Encoding,
    processes: int | None,
    progress: bool,
) -> Corpus:
    scores = read_scores(
        [*files.values()], kind, processes=processes, progress=progress
    )
    pieces, skipped = [], []
    for name, score in zip(files, scores, strict=True):
        if isinstance(score, str):
            skipped.append(Skipped(name, score))
        elif symbols := encoding.encode(score):
            pieces.append(Piece(name, tuple(symbols)))
        else:
            reason = "no notes in its first part" if score.notes else "no notes"
            skipped.append(Skipped(name, reason))
    return Corpus(tuple(pieces), tuple(skipped), "")


def _named(corpus: Corpus, source: str) -> Corpus:
    for skipped in corpus.skipped:
        print(f"skipped {skipped.name}: {skipped.reason}", file=sys.stderr)
    return Corpus(corpus.pieces, corpus.skipped, source)


def _load(entry: Path | None) -> Corpus | None:
    content = None if entry is None else disk.load(entry)
    if content is None:
        return None
    return Corpus(
        tuple(Piece(name, tuple(symbols)) for name, symbols in content["pieces"]),
        tuple(Skipped(name, reason) for name, reason in content["skipped"]),
        "",
    )


def _store(entry: Path | None, corpus: Corpus) -> None:
    if entry is None:
        return
    pieces = [[piece.name, piece.symbols] for piece in corpus.pieces]
    skipped = [[each.name, each.reason] for each in corpus.skipped]
    disk.store(entry, {"pieces": pieces, "skipped": skipped})
