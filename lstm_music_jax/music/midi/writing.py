"""Writing: a score to a MIDI file, through a music21 stream."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from lstm_music_jax.music.score import Score

MIN_TEMPO, MAX_TEMPO = 4, 1000
_PROGRAM_COUNT = 128


def write_midi(
    score: Score, path: str | Path, *, tempo: float | int = 120, program: int = 0
) -> None:
    """Write `score.notes` as a MIDI file, each note with its own onset and duration.

    Args:
        score: the music; an empty score gives a file without notes.
        path: the file; missing folders are created.
        tempo: quarter notes per minute, 4 to 1000.
        program: General MIDI program, 0 to 127; 0 is a piano.

    Raises:
        ValueError: `tempo` or `program` is out of its range.
    """
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
    from music21.midi.translate import streamToMidiFile

    content = streamToMidiFile(_stream(score, tempo, program)).writestr()
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _stream(score: Score, tempo: float | int, program: int):
    """Return a music21 part with an instrument, a tempo and the notes of `score`."""
    from music21.instrument import Piano, instrumentFromMidiProgram
    from music21.note import Note
    from music21.pitch import Pitch
    from music21.stream import Part
    from music21.tempo import MetronomeMark

    part = Part()
    instrument = Piano() if program == 0 else instrumentFromMidiProgram(program)
    part.insert(0, instrument)
    part.insert(0, MetronomeMark(number=tempo))
    for onset, pitch, duration, _ in score.notes:
        length = Fraction(duration, score.ticks_per_quarter)
        # Note(pitch) would read a number below 12 as a pitch class in octave 4.
        note = Note(Pitch(midi=pitch), quarterLength=length)
        part.coreInsert(Fraction(onset, score.ticks_per_quarter), note)
    part.coreElementsChanged()
    return part
