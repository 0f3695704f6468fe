"""Loading a corpus: the chorales that come with music21, or a folder of MIDI files."""

from __future__ import annotations

import dataclasses
import sys
from functools import partial
from pathlib import Path

from lstm_music_jax.music.corpus.cache import CacheChoice, cache_path
from lstm_music_jax.music.corpus.chorale_files import bach_folder, chorale_paths
from lstm_music_jax.music.corpus.collection import Collection, load_collection
from lstm_music_jax.music.corpus.encoded_file import Reading
from lstm_music_jax.music.corpus.midi_paths import SUFFIXES, midi_paths
from lstm_music_jax.music.corpus.parallel_reading import encode_files
from lstm_music_jax.music.corpus.pieces import Corpus
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.selection import ALL_NOTES, Selection
from lstm_music_jax.system.printable import printable

_REASONS_SHOWN = 3


def load_chorales(
    encoding: Encoding,
    *,
    cache: CacheChoice = None,
    processes: int | None = None,
    progress: bool = True,
) -> Corpus:
    """Return the 350 distinct Bach chorales of the corpus that comes with music21.

    Args:
        encoding: turns the music into symbols.
        cache: the folder of the cache. None is the default folder; with False the files
            are all parsed and nothing is kept.
        processes: the number of files to read at the same time; None is one per core.
        progress: show a progress bar on stderr.

    Raises:
        FileNotFoundError: music21 is not installed, or comes without its corpus.
    """
    # Only music21 knows which of Bach's works are chorales. So the cached corpus
    # depends on all of his works and on the version of music21, and it loads without
    # music21.
    reading = Reading("musicxml", encoding)
    collection = Collection(
        name="chorales",
        watched={path.name: path for path in sorted(bach_folder().glob("bwv*"))},
        files=lambda: {path.stem: path for path in chorale_paths()},
        read=partial(
            encode_files,
            reading=reading,
            processes=processes,
            progress=progress,
        ),
    )
    folder = cache_path(cache, "chorales", reading.config())
    corpus = load_collection(collection, folder)
    return _reported(corpus, "Bach chorales of music21")


def load_midi_folder(
    path: str | Path,
    encoding: Encoding,
    *,
    selection: Selection = ALL_NOTES,
    cache: CacheChoice = None,
    processes: int | None = None,
    progress: bool = True,
) -> Corpus:
    """Return the music of all MIDI files below a folder: .mid, .midi, .kar, .smf, .rmi.

    The pieces are sorted by name, regardless of case. A file that cannot be read, or
    of which no note is kept, is listed in `skipped` of the corpus and named on stderr.

    Args:
        path: the folder.
        encoding: turns the music into symbols.
        selection: the notes to keep; by default, all that the encoding keeps.
        cache: the folder of the cache. None is the default folder; with False the files
            are all parsed and nothing is kept.
        processes: the number of files to read at the same time; None is one per core,
            or fewer if there is little to read.
        progress: show a progress bar on stderr.

    Raises:
        FileNotFoundError: there is no such folder.
        NotADirectoryError: `path` is not a folder.
        ValueError: no file gives a piece.
    """
    folder = Path(path)
    if not folder.exists():
        raise FileNotFoundError(f"path is {printable(folder)}: there is no such folder")
    if not folder.is_dir():
        raise NotADirectoryError(f"path is {printable(folder)}: it is not a folder")
    files = midi_paths(folder)
    reading = Reading("midi", encoding, selection)
    collection = Collection(
        name=str(folder.resolve()),
        watched=files,
        files=lambda: files,
        read=partial(
            encode_files,
            reading=reading,
            processes=processes,
            progress=progress,
        ),
    )
    corpus = load_collection(collection, cache_path(cache, "midi", reading.config()))
    if not corpus.names:
        reasons = (f"; {s.name}: {s.reason}" for s in corpus.skipped[:_REASONS_SHOWN])
        raise ValueError(
            f"path is {printable(folder)}: none of its {len(files)} files with the "
            f"endings {', '.join(SUFFIXES)} could be read" + "".join(reasons)
        )
    return _reported(corpus, f"MIDI files of {printable(folder.resolve().name)}")


def _reported(corpus: Corpus, source: str) -> Corpus:
    """Return the corpus with the given source; name its problem files on stderr.

    These are the files that were skipped, and those that were only partly read.
    """
    for remark in corpus.remarks:
        print(f"{remark.name}: {remark.text}", file=sys.stderr)
    for skipped in corpus.skipped:
        print(f"skipped {skipped.name}: {skipped.reason}", file=sys.stderr)
    return dataclasses.replace(corpus, source=source)
