"""Arguments that name the music of a script, and functions that load it."""

import contextlib
import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints

from lstm_music_jax import (
    Corpus,
    Dataset,
    Encoding,
    Events,
    NoteNames,
    Performance,
    Selection,
    load_chorales,
    load_midi_folder,
    load_symbols,
    processes,
)
from lstm_music_jax.training.settings import entries

_PATHS = ("midi", "symbols")


@dataclass(frozen=True)
class Source:
    """The music of a run: MIDI files, a file of symbols, or else Bach's chorales."""

    midi: Path | None = None
    """Folder of MIDI files, searched recursively."""
    symbols: Path | None = None
    """File of symbols, one per line, with an empty line between pieces."""
    encoding: Literal["events", "performance", "note-names"] | None = None
    """`events` keeps rhythm and the octaves of chords. `performance` keeps expressive
    timing, to 10 ms, and loudness. `note-names` writes note and chord names like the
    original recipe. By default a symbols file holds note names, and all other music
    becomes events."""
    parts: Literal["first", "first_nonempty", "all"] = "all"
    """Parts of a MIDI file that note names are taken from."""
    grid: Literal[12, 24, 48] = 12
    """Ticks per quarter note, for events."""
    drums: bool = False
    """Keep drums (MIDI channel 10). The original recipe's --parts first always does."""
    tracks: tuple[int, ...] = ()
    """Numbers of the tracks of each MIDI file to read, from 0; by default all."""
    programs: tuple[int, ...] = ()
    """General MIDI programs to read, 0 to 127 (0 is a piano); by default all."""

    def resolved(self) -> "Source":
        """Return the source as it is saved with a run: with absolute paths.

        If no encoding is given, the default one is filled in.
        """
        return dataclasses.replace(
            self,
            midi=self.midi and self.midi.absolute(),
            symbols=self.symbols and self.symbols.absolute(),
            encoding=self.encoding or ("note-names" if self.symbols else "events"),
        )


def encoding_of(source: Source) -> Encoding:
    """Return the encoding of the music.

    Raises:
        ValueError: a setting is given that the encoding does not have.
    """
    kind = source.resolved().encoding
    if source.grid != 12 and kind != "events":
        raise ValueError(f"grid is {source.grid}; it needs --encoding events")
    if kind == "events":
        return Events(source.grid, source.drums)
    if kind == "performance":
        return Performance(source.drums)
    return NoteNames(parts=source.parts, drums=source.drums or None)


def load(source: Source) -> tuple[Corpus, Encoding]:
    """Load the corpus, from the cache if possible, and print a summary."""
    if source.midi and source.symbols:
        raise ValueError(
            f"midi is {source.midi} and symbols is {source.symbols}; give one of them"
        )
    for name in ("tracks", "programs"):
        chosen = getattr(source, name)
        if chosen and not source.midi:
            raise ValueError(f"{name} is {[*chosen]}; it needs --midi")
    encoding = encoding_of(source)
    if source.symbols:
        corpus = load_symbols(source.symbols, encoding)
    elif source.midi:
        selection = Selection(source.tracks, source.programs)
        corpus = load_midi_folder(source.midi, encoding, selection=selection)
    else:
        corpus = load_chorales(encoding)
    if processes.is_first():
        print(corpus.summary())
    return corpus, encoding


def dataset(
    source: Source,
    *,
    validation: float,
    seed: int = 0,
    start: bool = True,
    end: bool = True,
    any_key: bool = True,
    every_symbol: bool = True,
) -> Dataset:
    """Load a corpus, and split it into training and held-out pieces.

    The description of the dataset says how to load it again. The arguments are those of
    `Dataset.from_corpus`.

    Raises:
        ValueError: `validation` is not in [0, 1).
    """
    if not 0 <= validation < 1:
        raise ValueError(f"validation is {validation}; it must be in [0, 1)")
    corpus, encoding = load(source)
    origin = {
        name: _as_json(value)
        for name, value in dataclasses.asdict(source.resolved()).items()
    }
    return Dataset.from_corpus(
        corpus,
        encoding,
        validation=validation,
        seed=seed,
        start=start,
        end=end,
        any_key=any_key,
        every_symbol=every_symbol,
        origin=origin,
    )


def _as_json(value):
    if isinstance(value, Path):
        return str(value)
    return [*value] if isinstance(value, tuple) else value


def source_of_run(settings: dict[str, Any]) -> Source:
    """Return the source of a run's corpus, from the settings of the run.

    Raises:
        ValueError: the settings do not name it, or not in the form in which scripts
            save it.
    """
    origin = settings["corpus"].get("origin")
    if origin is None:
        raise ValueError(
            "corpus of this run cannot be loaded again, because no script has saved it"
        )
    hints = get_type_hints(Source) | dict.fromkeys(_PATHS, str | None)
    try:
        found = entries(origin, hints, "corpus.origin")
    except ValueError as error:
        raise ValueError(f"config.json of this run cannot be read: {error}") from error
    paths = {name: found[name] and Path(found[name]) for name in _PATHS}
    return Source(**{**found, **paths})


def dataset_of_run(settings: dict[str, Any]) -> Dataset:
    """Load the dataset of a run again, from the settings of the run.

    Raises:
        ValueError: the settings do not say how to load it, or the corpus has changed.
    """
    saved = settings["corpus"]
    loaded = dataset(
        source_of_run(settings),
        validation=saved["validation"],
        seed=saved["split_seed"],
        start=saved["start"],
        end=saved["end"],
        any_key=saved["split_in_any_key"],
        every_symbol=saved["every_symbol"],
    )
    if loaded.description["fingerprint"] != saved["fingerprint"]:
        raise ValueError(f"corpus of this run ({saved['source']}) has changed since")
    return loaded


def silent_dataset_of_run(settings: dict[str, Any]) -> Dataset:
    """Load the dataset of a run again, and print nothing about it.

    The training has already named the corpus and the files that were skipped.

    Raises:
        ValueError: the settings do not say how to load it, or the corpus has changed.
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        return dataset_of_run(settings)
