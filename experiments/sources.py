"""Where the music comes from: the arguments that scripts share, and what they load."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lstm_music_jax import (
    Corpus,
    Dataset,
    Encoding,
    Events,
    NoteNames,
    load_chorales,
    load_midi_folder,
    load_symbols,
    processes,
)


@dataclass(frozen=True)
class Source:
    """Bach's chorales that come with music21, or a folder, or a file of symbols."""

    midi: Path | None = None
    """Folder of MIDI files, searched recursively."""
    symbols: Path | None = None
    """File of note names, one a line, an empty line between pieces."""
    encoding: Literal["events", "note-names"] = "events"
    """Keep rhythm and octaves of chords, or write note and chord names as the original
    recipe does. A symbols file holds note names."""
    parts: Literal["first", "first_nonempty", "all"] = "all"
    """Which parts note names are taken from."""


def load(source: Source) -> tuple[Corpus, Encoding]:
    """Load (or find in the cache) the corpus, and say what it is."""
    if source.midi and source.symbols:
        raise ValueError(
            f"midi is {source.midi} and symbols is {source.symbols}; give one of them"
        )
    if source.encoding == "events" and not source.symbols:
        encoding = Events()
    else:
        encoding = NoteNames(parts=source.parts)
    if source.symbols:
        corpus = load_symbols(source.symbols)
    elif source.midi:
        corpus = load_midi_folder(source.midi, encoding)
    else:
        corpus = load_chorales(encoding)
    if processes.is_first():
        print(corpus.summary())
    return corpus, encoding


def dataset(
    source: Source, *, validation: float, seed: int = 0, start: bool = True
) -> Dataset:
    """Load a corpus and split it; the run remembers where it came from."""
    corpus, encoding = load(source)
    origin = {
        name: str(Path(value).absolute()) if isinstance(value, Path) else value
        for name, value in dataclasses.asdict(source).items()
    }
    return Dataset.from_corpus(
        corpus, encoding, validation=validation, seed=seed, start=start, origin=origin
    )


def dataset_of_run(settings: dict[str, Any]) -> Dataset:
    """Load the dataset of a run again.

    Raises:
        ValueError: the run does not say where it came from, or the corpus has changed.
    """
    saved = settings["corpus"]
    if not saved.get("origin"):
        raise ValueError("corpus of this run was not saved by a script; give a file")
    origin = dict(saved["origin"])
    for name in ("midi", "symbols"):
        origin[name] = origin[name] and Path(origin[name])
    loaded = dataset(
        Source(**origin),
        validation=saved["validation"],
        seed=saved["split_seed"],
        start=saved["start"],
    )
    if loaded.description["fingerprint"] != saved["fingerprint"]:
        raise ValueError(f"corpus of this run ({saved['source']}) has changed since")
    return loaded
