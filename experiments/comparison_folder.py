"""The folder of a comparison: what was drawn and measured so far, and its settings.

settings.json      all settings; a comparison with other settings is refused
tuned/             the value of each knob at each target entropy, JSON
draws/             the symbols and the trace of each arm, NumPy arrays
figures/           the measures of each piece of each arm, JSON

Every file is written whole or not at all. A file that cannot be read is made again.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstm_music_jax.evaluation.comparison.drawing import Drawn
from lstm_music_jax.evaluation.comparison.figures import Figures, figures, remember
from lstm_music_jax.evaluation.measures.base import PieceMeasure, Sample
from lstm_music_jax.system.atomic_write import write_atomically, written_atomically
from lstm_music_jax.system.printable import printable

_TOKENS = "tokens"
# Longer names of files are cut, because file systems limit them to 255 bytes.
_LONGEST_NAME = 60


@dataclass(frozen=True)
class ComparisonFolder:
    """The files of a comparison, in the folder `path`."""

    path: Path

    def open(self, settings: dict[str, Any]) -> None:
        """Begin a comparison, or go on with one that has the same settings.

        Raises:
            ValueError: the folder holds a comparison with other settings.
        """
        file = self.path / "settings.json"
        settings = json.loads(json.dumps(settings))
        if file.exists():
            before = _read_json(file)
            if before is None:
                raise ValueError(f"{printable(file)} is no JSON; remove the folder")
            for name in {**before, **settings}:
                old, new = before.get(name), settings.get(name)
                if old != new:
                    raise ValueError(
                        f"out is {printable(self.path)}, which holds a comparison with "
                        f"other settings ({name} is {_short(old)}, and now "
                        f"{_short(new)}); name a new folder"
                    )
        write_atomically(file, json.dumps(settings, indent=2) + "\n")

    def drawn(self, name: str, make: Callable[[], Drawn]) -> Drawn:
        """Return the symbols in a file; if there is none, draw them with `make`.

        Args:
            name: name of the file in `draws/`, without its ending.
            make: a function that draws the symbols, which are then written.
        """
        path = self.path / "draws" / f"{name}.npz"
        try:
            with np.load(path, allow_pickle=False) as arrays:
                trace = dict(arrays)
                return Drawn(trace.pop(_TOKENS), trace)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            drawn = make()
        with written_atomically(path) as file:
            np.savez(file, **{_TOKENS: drawn.tokens}, **drawn.trace)
        return drawn

    def content(self, name: str, make: Callable[[], Any]) -> Any:
        """Return the content of a JSON file; if there is none, make it with `make`.

        Args:
            name: path of the file within the folder, without its ending.
            make: a function that returns the content, which is then written.
        """
        path = self.path / f"{name}.json"
        found = _read_json(path) if path.exists() else None
        if found is None:
            found = make()
            write_atomically(path, json.dumps(found) + "\n")
        return found

    def measure(
        self,
        name: str,
        measures: Sequence[PieceMeasure],
        samples: Sequence[Sample],
        table: dict[Sample, Figures],
    ) -> None:
        """Add the values of measures to a table; if there is a file, read them from it.

        Args:
            name: name of the file in `figures/`, without its ending.
            measures: measures of single pieces.
            samples: the pieces.
            table: for each piece, its value of each measure, by name.
        """
        found = self.content(f"figures/{name}", lambda: figures(measures, samples))
        remember(table, samples, found)


def fingerprint(settings: dict[str, Any]) -> str:
    """Return the SHA-256 of the settings of a comparison, in hexadecimal."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def file_name(number: int, text: str) -> str:
    """Return the name of a file for a text: the number, then the words of the text.

    For example, it is "03-TopP-0.9" for 3 and "TopP(0.9)".
    """
    words = re.sub(r"[^\w.]+", "-", text).strip("-")[:_LONGEST_NAME]
    return f"{number:02d}-{words}"


def _read_json(path):
    """Return the content of a JSON file; None if it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:60] + "..."
