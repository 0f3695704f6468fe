"""Bach's chorales in the corpus that comes with music21: finding and reading them.

Finding the folder does not import music21. So a corpus that comes from the cache loads
without importing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from lstm_music_jax.music.score import TICKS_PER_QUARTER, Chord, Part, Score

_SUFFIXES = (".mxl", ".xml")


def bach_folder() -> Path:
    """Return the folder of Bach's works within the installed music21.

    Raises:
        FileNotFoundError: music21 is not installed, or comes without its corpus.
    """
    spec = find_spec("music21")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("music21 is not installed; its corpus is needed")
    folder = Path(spec.origin).parent / "corpus" / "bach"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: this music21 comes without its corpus")
    return folder


def chorale_paths() -> list[Path]:
    """Return the files of the 350 distinct chorales of Riemenschneider's edition.

    The edition has 371 numbers, and some chorales have several. The files are in the
    order of the chorales' first numbers.

    Files are found by their exact names. music21's own search takes the first file
    whose name begins with the requested name. For a dozen chorales, this is another
    version of the chorale.

    Raises:
        FileNotFoundError: music21 is not installed, or its corpus lacks a file.
    """
    folder = bach_folder()
    from music21.corpus.chorales import Iterator as RiemenschneiderNumbers

    numbers = RiemenschneiderNumbers(returnType="filename")
    names = dict.fromkeys(Path(name).name for name in numbers)
    return [_path_of(folder, name) for name in names]


def _path_of(folder: Path, name: str) -> Path:
    for suffix in _SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    # One name in music21's catalogue lacks the end of its file's name.
    alike = [*folder.glob(f"{name}*")]
    if len(alike) != 1:
        raise FileNotFoundError(
            f"{folder / name}: this music21 has {len(alike)} such files; 1 is needed"
        )
    return alike[0]


def read_chorale(path: str | Path) -> Score:
    """Return the sounding notes of a MusicXML file, with tied notes joined.

    Pitches are sounding pitches, also for transposing instruments. Grace notes have a
    duration of 0. Onsets and ends are rounded to the nearest tick, 12 per quarter. This
    changes only a few 32nd notes.
    """
    from music21 import converter

    # By default, music21 saves each parsed file as a pickle, and reads the pickle
    # later.
    stream = converter.parse(path, forceSource=True, storePickle=False)
    if any(part.atSoundingPitch is False for part in stream.parts):
        stream = stream.toSoundingPitch()
    return Score.from_parts(
        Part(part.partName or "", tuple(_chords(part))) for part in stream.parts
    )


def _chords(part) -> Iterator[Chord]:
    """Yield the notes and chords of a music21 part, with tied notes joined."""
    tied: dict[tuple[int, ...], Chord] = {}
    for element in part.flatten().notes:
        pitches = tuple(pitch.midi for pitch in element.pitches)
        if not pitches:
            continue
        onset = _ticks(element.offset)
        end = _ticks(element.offset + element.quarterLength)
        spelling = element.pitch.nameWithOctave if element.isNote else ""
        tie = element.tie.type if element.tie else None
        if tie in ("stop", "continue") and pitches in tied:
            begun = tied.pop(pitches)
            onset, spelling = begun.onset, begun.spelling
        chord = Chord(onset, end - onset, pitches, spelling)
        if tie in ("start", "continue"):
            tied[pitches] = chord
        else:
            yield chord
    yield from tied.values()


def _ticks(quarters: float) -> int:
    return round(quarters * TICKS_PER_QUARTER)
