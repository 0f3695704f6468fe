"""Bach's chorales out of the corpus that music21 is installed with.

Finding the folder does not import music21, so that a cached corpus loads without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from lstm_music_jax.music.score import TICKS_PER_QUARTER, Chord, Part, Score

_SUFFIXES = (".mxl", ".xml")


def bach_folder() -> Path:
    """The folder of Bach's works within the installed music21."""
    spec = find_spec("music21")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("music21 is not installed; its corpus is needed")
    folder = Path(spec.origin).parent / "corpus" / "bach"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: this music21 comes without its corpus")
    return folder


def chorale_paths() -> list[Path]:
    """The 350 distinct files of the 371 Riemenschneider numbers, in their order.

    By exact name: music21's own search takes the first name that begins alike, which
    is another version of the piece for a dozen of them.
    """
    from music21.corpus.chorales import Iterator as Numbers

    folder = bach_folder()
    names = dict.fromkeys(Path(name).name for name in Numbers(returnType="filename"))
    return [_file_of(folder, name) for name in names]


def _file_of(folder: Path, name: str) -> Path:
    for suffix in _SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.is_file():
            return path
    # One catalogue name is shorter than its file's.
    alike = [*folder.glob(f"{name}*")]
    if len(alike) != 1:
        raise FileNotFoundError(f"{folder / name}: not one such file in this music21")
    return alike[0]


def read_chorale(path: str | Path) -> Score:
    """One MusicXML file as sounding notes: tied notes joined, pitches as heard.

    Grace notes have a length of zero. Onsets and lengths that are not on the grid of 12
    ticks a quarter (a few 32nds) go to the nearest tick.
    """
    from music21 import converter

    # music21 would otherwise trust, and leave behind, pickles of parsed files.
    stream = converter.parse(path, forceSource=True, storePickle=False)
    if any(part.atSoundingPitch is False for part in stream.parts):
        stream = stream.toSoundingPitch()
    return Score(
        tuple(Part(part.partName or "", tuple(_chords(part))) for part in stream.parts)
    )


def _chords(part) -> Iterator[Chord]:
    """The notes and chords of a music21 part, each tied run as one."""
    tied: dict[tuple[int, ...], Chord] = {}
    for element in part.flatten().notes:
        pitches = tuple(pitch.midi for pitch in element.pitches)
        if not pitches:
            continue
        onset, end = (
            _ticks(element.offset),
            _ticks(element.offset + element.quarterLength),
        )
        name = element.pitch.nameWithOctave if element.isNote else ""
        tie = element.tie.type if element.tie else None
        if tie in ("stop", "continue") and pitches in tied:
            begun = tied.pop(pitches)
            onset, name = begun.onset, begun.name
        chord = Chord(onset, end - onset, pitches, name)
        if tie in ("start", "continue"):
            tied[pitches] = chord
        else:
            yield chord
    yield from tied.values()


def _ticks(quarters: float) -> int:
    return round(quarters * TICKS_PER_QUARTER)
