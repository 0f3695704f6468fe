"""Reading and encoding one file: the result is its symbols or a reason of failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from lstm_music_jax.music.corpus.chorale_files import read_chorale
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.from_config import encoding_from_config
from lstm_music_jax.music.losses import NO_LOSSES, Losses
from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.score import Score
from lstm_music_jax.music.selection import ALL_NOTES, Selection

FileFormat = Literal["midi", "musicxml"]

_READERS: dict[FileFormat, Callable[[Path], Score]] = {
    "midi": read_midi,
    "musicxml": read_chorale,
}


@dataclass(frozen=True)
class Reading:
    """The settings that decide which symbols a music file becomes.

    Attributes:
        file_format: the format of the files.
        encoding: turns the music of the files into symbols.
        selection: the notes of the files to keep, by track and instrument.
    """

    file_format: FileFormat
    encoding: Encoding
    selection: Selection = ALL_NOTES

    def config(self) -> dict[str, Any]:
        """Return JSON that `from_config` turns into an equal object."""
        return {
            "file_format": self.file_format,
            "encoding": self.encoding.config(),
            "selection": vars(self.selection),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Reading:
        """Return a `Reading` equal to that whose method `config` returned `config`."""
        selection = {
            name: tuple(chosen) for name, chosen in config["selection"].items()
        }
        encoding = encoding_from_config(config["encoding"])
        return cls(config["file_format"], encoding, Selection(**selection))


class Encoded(NamedTuple):
    """The symbols of one file.

    Attributes:
        symbols: its distinct symbols.
        numbers: for each symbol of the file, its position in `symbols`, int32 `[t]`.
        losses: counts of the notes that are in the file but not in the symbols.
    """

    symbols: list[str]
    numbers: np.ndarray
    losses: Losses = NO_LOSSES

    @classmethod
    def of(cls, symbols: list[str], losses: Losses = NO_LOSSES) -> Encoded:
        """Return `symbols` as an `Encoded`.

        The distinct symbols are in the order in which they first appear.

        Args:
            symbols: the symbols of a file.
            losses: counts of the notes that are in the file but not in the symbols.
        """
        distinct = [*dict.fromkeys(symbols)]
        number_of = {symbol: number for number, symbol in enumerate(distinct)}
        numbers = map(number_of.__getitem__, symbols)
        return cls(distinct, np.fromiter(numbers, np.int32, len(symbols)), losses)


class Failure(NamedTuple):
    """The reason why a file gave no symbols.

    Attributes:
        reason: the reason, in one line.
        transient: whether the file may be read successfully at another time. An error
            in its content is not transient.
    """

    reason: str
    transient: bool


Outcome = Encoded | Failure


def encode_file(path: Path, reading: Reading) -> Outcome:
    """Return the symbols of a file, or the reason why there are none.

    This function raises no exception; any error becomes the reason.
    """
    try:
        score = reading.selection.of(_READERS[reading.file_format](path))
        symbols = reading.encoding.encode(score)
        if symbols:
            return Encoded.of(symbols, Losses.of(score, reading.encoding, symbols))
        return Failure(_why_empty(score, reading.encoding), transient=False)
    except OSError as error:
        return Failure(error.strerror or type(error).__name__, transient=True)
    except MemoryError:
        return Failure("not enough memory to read it", transient=True)
    except ValueError as error:
        return Failure(_one_line(error), transient=False)
    # music21 does not document which exceptions it raises, and one bad file must not
    # stop the others from being read.
    except Exception as error:
        reason = _one_line(f"{type(error).__name__}: {error}")
        return Failure(reason, transient=False)


def _why_empty(score: Score, encoding: Encoding) -> str:
    """Return why a score gave no symbols."""
    if not score.notes:
        return "no notes"
    if not score.with_drums(bool(encoding.drums)).notes:
        return "no notes but drums"
    return "no notes in its first part"


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
