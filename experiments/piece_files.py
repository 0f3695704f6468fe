"""Writes pieces to numbered files, and never in place of another file."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from piece_records import Maker

from lstm_music_jax import Composition, piano_roll, write_midi

_NAME = re.compile(r"(?:piece|report)-(\d+)\.(mid|png|html|musicxml|wav)")


def write_pieces(
    pieces: Sequence[Composition],
    folder: Path,
    *,
    tempo: float | None,
    program: int,
    pictures: int,
    maker: Maker | None = None,
) -> Iterator[tuple[Path, Composition]]:
    """Write each piece as `piece-000.mid` and so on, and yield its path.

    The numbers begin after the highest one in the folder. One process writes all files,
    because a piece of 1000 notes takes only a few milliseconds. Pictures take far
    longer, so they are drawn after all music is written.

    Args:
        pieces: the music.
        folder: where the files are written; a missing folder is created.
        tempo: quarters per minute; None for the tempos of the scores.
        program: the MIDI instrument, 0 to 127.
        pictures: how many of the first pieces also get a piano roll, `piece-000.png`. A
            piece without notes gets none.
        maker: makes the record of each piece; without it, files have no records.

    Raises:
        OSError: a file cannot be written. Files that were already written stay.
    """
    numbers = count(_first_unused(folder))
    drawn = []
    for index, piece in enumerate(pieces):
        sound = {"tempo": tempo, "program": program}
        record = maker and maker.record(piece, **sound)
        path = _write_next(piece, folder, numbers, record=record, **sound)
        yield path, piece
        if index < pictures and piece.score.notes:
            drawn.append((path, piece))
    for path, piece in drawn:
        piano_roll(piece.score, path.with_suffix(".png"))


def _first_unused(folder: Path) -> int:
    """Return the number after the highest piece number in a folder; 0 if empty."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    found = [match for name in names if (match := _NAME.fullmatch(name))]
    return 1 + max((int(match[1]) for match in found), default=-1)


def _write_next(
    piece: Composition, folder: Path, numbers: Iterator[int], **options: Any
) -> Path:
    """Write a piece under the next number whose file does not exist."""
    while True:
        path = folder / f"piece-{next(numbers):03d}.mid"
        try:
            write_midi(piece.score, path, overwrite=False, **options)
            return path
        except FileExistsError:
            # If the folder itself has become a file, no number is free.
            if not path.exists():
                raise
