"""Reading and encoding one file: its symbols, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from lstm_music_jax.music.corpus.chorale_files import read_chorale
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.score import Score

FileFormat = Literal["midi", "musicxml"]

_READERS: dict[FileFormat, Callable[[Path], Score]] = {
    "midi": read_midi,
    "musicxml": read_chorale,
}


class Encoded(NamedTuple):
    """The symbols of a file: its distinct symbols, and their numbers, int32 `[t]`."""

    symbols: list[str]
    numbers: np.ndarray

    @classmethod
    def of(cls, symbols: list[str]) -> Encoded:
        """Number symbols in the order in which they first appear."""
        distinct = [*dict.fromkeys(symbols)]
        number_of = {symbol: number for number, symbol in enumerate(distinct)}
        numbers = map(number_of.__getitem__, symbols)
        return cls(distinct, np.fromiter(numbers, np.int32, len(symbols)))


class Failure(NamedTuple):
    """Why a file gave no symbols.

    Attributes:
        reason: the reason, in one line.
        transient: whether the file may give symbols when it is read again. What is
            wrong with its content is not transient.
    """

    reason: str
    transient: bool


Outcome = Encoded | Failure


def encode_file(path: Path, file_format: FileFormat, encoding: Encoding) -> Outcome:
    """Return the symbols of a file, or the reason why there are none.

    Whatever is wrong with the file, this function raises no exception.
    """
    try:
        score = _READERS[file_format](path)
        symbols = encoding.encode(score)
        if symbols:
            return Encoded.of(symbols)
        reason = "no notes in its first part" if score.notes else "no notes"
        return Failure(reason, transient=False)
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


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
