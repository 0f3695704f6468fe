"""Finding the MIDI files below a folder."""

from __future__ import annotations

import os
from pathlib import Path

# A .kar file is a MIDI file with lyrics, and a .rmi file holds one in a container.
SUFFIXES = (".mid", ".midi", ".kar", ".smf", ".rmi")


def midi_paths(folder: Path) -> dict[str, Path]:
    """Return the MIDI files below `folder`, keyed by their relative names.

    These are the files whose names end with one of `SUFFIXES`, regardless of case.
    The names are sorted regardless of case. Links to folders are followed, and each
    folder is visited once. A folder that cannot be listed is in the result under its
    own name, so that reading it fails and is reported.
    """
    files: dict[str, Path] = {}
    visited: set[tuple[int, int]] = set()

    def add_unlistable(error: OSError) -> None:
        path = Path(error.filename)
        files[path.relative_to(folder).as_posix()] = path

    for place, folders, names in os.walk(
        folder, onerror=add_unlistable, followlinks=True
    ):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in visited:
            folders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        folders.sort()
        # Made once for each folder, because it takes longer than all the rest.
        inside = Path(place).relative_to(folder).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        for name in names:
            if name.lower().endswith(SUFFIXES):
                files[prefix + name] = Path(place, name)
    return {name: files[name] for name in sorted(files, key=str.upper)}
