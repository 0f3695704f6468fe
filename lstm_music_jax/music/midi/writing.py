"""Writing: a score to a MIDI file, from music21's own MIDI events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lstm_music_jax.music.midi.content import FileNote, midi_content
from lstm_music_jax.music.score import TICKS_PER_QUARTER, Score
from lstm_music_jax.system.atomic_write import write_atomically, write_new

MIN_TEMPO, MAX_TEMPO = 4, 1000
_PROGRAM_COUNT = 128
_FILE_TICKS_PER_QUARTER = 480
# pretty_midi refuses a file that lasts 10^7 ticks or more.
_MOST_TICKS = 10**7 - 1
MAX_QUARTERS = _MOST_TICKS // TICKS_PER_QUARTER
_CHANNEL, _VELOCITY = 1, 90


def write_midi(
    score: Score,
    path: str | Path,
    *,
    tempo: float | int = 120,
    program: int = 0,
    overwrite: bool = True,
) -> None:
    """Write `score.notes` as a MIDI file, each note with its own onset and duration.

    The file has 480 ticks per quarter, or 12 if the music is longer than 20,833
    quarters. It appears whole or not at all.

    Args:
        score: the music; an empty score gives a file without notes.
        path: the file; missing folders are created.
        tempo: quarter notes per minute, 4 to 1000. A file holds whole microseconds per
            quarter, so it plays at this tempo to 1 part in 100,000.
        program: General MIDI program, 0 to 127; 0 is a piano.
        overwrite: whether the file may take the place of one that exists.

    Raises:
        ValueError: `tempo` or `program` is out of its range, or `score` is longer than
            833,333 quarters.
        FileExistsError: the file exists and `overwrite` is false.
        OSError: the file cannot be written.
    """
    require_tempo_and_program(tempo, program)
    ticks_per_quarter, notes = _file_notes(score)
    content = midi_content(
        notes,
        ticks_per_quarter=ticks_per_quarter,
        tempos=[(0, tempo)],
        programs={_CHANNEL: program},
    )
    write = write_atomically if overwrite else write_new
    write(Path(path), content)


def require_tempo_and_program(tempo: float | int, program: int) -> None:
    """Raise ValueError unless `write_midi` takes this tempo and this program."""
    # The comparison is negated so that NaN is refused, too.
    if isinstance(tempo, bool) or not MIN_TEMPO <= tempo <= MAX_TEMPO:
        raise ValueError(
            f"tempo is {tempo!r}; it must be {MIN_TEMPO} to {MAX_TEMPO} quarters per "
            "minute"
        )
    if isinstance(program, bool) or program not in range(_PROGRAM_COUNT):
        raise ValueError(
            f"program is {program!r}; it must be 0 to {_PROGRAM_COUNT - 1}"
        )


def _file_notes(score: Score) -> tuple[int, Sequence[FileNote]]:
    """Return the file's ticks per quarter, and the notes of `score` in these ticks."""
    scale = _FILE_TICKS_PER_QUARTER // TICKS_PER_QUARTER
    notes = score.notes
    end = max((onset + duration for onset, _, duration in notes), default=0)
    if end > MAX_QUARTERS * TICKS_PER_QUARTER:
        raise ValueError(
            f"score is {end / TICKS_PER_QUARTER:g} quarters long; it must be at most "
            f"{MAX_QUARTERS}, because other programs read no more"
        )
    if end * scale > _MOST_TICKS:
        scale = 1
    return scale * TICKS_PER_QUARTER, [
        FileNote(scale * onset, scale * (onset + duration), pitch, _VELOCITY, _CHANNEL)
        for onset, pitch, duration in notes
    ]
