"""Writes a score as a MIDI file, with the MIDI events of music21."""

from __future__ import annotations

from pathlib import Path

from lstm_music_jax.music.midi.content import FileNote, midi_content
from lstm_music_jax.music.midi.record import texts_of_record
from lstm_music_jax.music.score import HIGHEST_PROGRAM, TICKS_PER_QUARTER, Score, Tempo
from lstm_music_jax.music.tempo_map import DEFAULT_TEMPO
from lstm_music_jax.system.atomic_write import write_atomically, write_new

MIN_TEMPO, MAX_TEMPO = 4, 1000
_FILE_TICKS_PER_QUARTER = 480
# pretty_midi refuses a file that lasts 10^7 ticks or more.
_MOST_TICKS = 10**7 - 1
MAX_QUARTERS = _MOST_TICKS // TICKS_PER_QUARTER
_CHANNEL = 1
_USUAL_TEMPO = Tempo(0, DEFAULT_TEMPO)


def write_midi(
    score: Score,
    path: str | Path,
    *,
    tempo: float | int | None = None,
    program: int = 0,
    record: str | None = None,
    overwrite: bool = True,
) -> None:
    """Write the notes of all tracks of a score as a MIDI file, for one instrument.

    The file has 480 ticks per quarter note if that is a multiple of the score's ticks
    per quarter note, and if the file then lasts less than 10^7 ticks. Otherwise it has
    the ticks of the score. It is written whole or not at all.

    Args:
        score: the music; an empty score gives a file without notes.
        path: the file; missing folders are created.
        tempo: quarter notes per minute, 4 to 1000; None for the score's own tempos, or
            120 if it has none. A file holds whole microseconds per quarter, so it plays
            at this tempo to 1 part in 100,000.
        program: General MIDI program, 0 to 127; 0 is a piano.
        record: ASCII text, such as JSON, that the file carries in text events;
            `read_record` returns it.
        overwrite: whether to replace a file that exists.

    Raises:
        ValueError: `tempo` or `program` is out of its range, or `score` lasts 10^7
            ticks or more, or `record` is not ASCII text.
        FileExistsError: the file exists and `overwrite` is false.
        OSError: the file cannot be written.
    """
    require_tempo_and_program(tempo, program)
    scale = _file_ticks_per_tick(score)
    tempos = score.tempos if tempo is None else [Tempo(0, tempo)]
    content = midi_content(
        _file_notes(score, scale),
        ticks_per_quarter=scale * score.ticks_per_quarter,
        tempos=[(scale * tick, each) for tick, each in tempos or [_USUAL_TEMPO]],
        metres=[
            (scale * tick, beats, beat_unit) for tick, beats, beat_unit in score.metres
        ],
        programs={_CHANNEL: program},
        texts=[] if record is None else texts_of_record(record),
    )
    write = write_atomically if overwrite else write_new
    write(Path(path), content)


def require_tempo_and_program(tempo: float | int | None, program: int) -> None:
    """Raise ValueError unless `tempo` is None or 4 to 1000, and `program` 0 to 127."""
    # The comparison is negated, so that NaN is refused too.
    if tempo is not None and (
        isinstance(tempo, bool) or not MIN_TEMPO <= tempo <= MAX_TEMPO
    ):
        raise ValueError(
            f"tempo is {tempo!r}; it must be {MIN_TEMPO} to {MAX_TEMPO} quarters per "
            "minute"
        )
    if isinstance(program, bool) or program not in range(HIGHEST_PROGRAM + 1):
        raise ValueError(f"program is {program!r}; it must be 0 to {HIGHEST_PROGRAM}")


def _file_ticks_per_tick(score: Score) -> int:
    """Return the number of ticks of the file per tick of `score`, 1 or more.

    It is 480 divided by the score's ticks per quarter note, or 1 if that is not a whole
    number or the file would last 10^7 ticks or more.

    Raises:
        ValueError: `score` itself lasts 10^7 ticks or more.
    """
    grid, end = score.ticks_per_quarter, score.end
    if end > _MOST_TICKS:
        raise ValueError(
            f"score lasts {end} ticks, {grid} per quarter; it must last at most "
            f"{_MOST_TICKS}, because other programs read no more"
        )
    scale = _FILE_TICKS_PER_QUARTER // grid
    fits = scale * grid == _FILE_TICKS_PER_QUARTER and scale * end <= _MOST_TICKS
    return scale if fits else 1


def _file_notes(score: Score, scale: int) -> list[FileNote]:
    """Return the notes of `score`, with times in ticks of the file.

    A tick of the score is `scale` ticks of the file.
    """
    return [
        FileNote(scale * onset, scale * (onset + duration), pitch, velocity, _CHANNEL)
        for onset, pitch, duration, velocity in score.notes
    ]
