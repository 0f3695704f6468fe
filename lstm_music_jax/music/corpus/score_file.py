"""Reading one file of either format: its score, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from lstm_music_jax.music.corpus.chorale_files import read_chorale
from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.score import Score

FileFormat = Literal["midi", "musicxml"]
# A score, or one line that says why a file has none.
ScoreOrReason = Score | str

_READERS: dict[FileFormat, Callable[[Path], Score]] = {
    "midi": read_midi,
    "musicxml": read_chorale,
}


def read_score(path: Path, file_format: FileFormat) -> ScoreOrReason:
    """Return the score of a file, or the reason why there is none, in one line.

    Whatever is wrong with the file, this function raises no exception.
    """
    try:
        return _READERS[file_format](path)
    except OSError as error:
        return error.strerror or type(error).__name__
    except ValueError as error:
        return " ".join(str(error).split())
    # music21 does not document which exceptions it raises, and one bad file must not
    # stop the others from being read.
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
