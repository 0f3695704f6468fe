"""Measures how fast MIDI files and piano rolls are written, beside other libraries.

    python benchmarks/writing.py --quick
    python benchmarks/writing.py --out benchmarks/results/MACHINE

Each library writes the same notes, given as Python numbers, to a file on disk. Before
the timing, symusic reads all files and must find the same notes in each. This package's
time includes the preparation of a score that an encoding has just decoded. The last two
rows are a music21 stream, by which this package wrote files before, and this package's
piano roll, which is a picture of the same notes.

    ms           the minimum of the repeats, per file
    ratio        ms divided by this package's
    spread       (median - minimum) / minimum of the repeats

Install the libraries by `pip install -e '.[test]'`. Cost: a minute and a half; --quick
takes ten seconds. Expect: 1000 notes in 3 ms, faster than mido and pretty_midi, which
are written in Python, and slower than symusic, which is written in C++.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import symusic
import tyro
from timing import measure, write

from lstm_music_jax import TICKS_PER_QUARTER, Note, Score, piano_roll, write_midi

THIS_PACKAGE = "lstm_music_jax"
_TICKS = 480
_SCALE = _TICKS // TICKS_PER_QUARTER
_TEMPO, _VELOCITY = 120, 90


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Where to write writing.json and writing.md."""
    notes: tuple[int, ...] = (100, 1000, 10_000)
    """Numbers of notes per file."""
    repeats: int = 20
    """Timed runs of each program, at most."""
    seconds: float = 5.0
    """Seconds after which a program is not repeated again."""
    quick: bool = False
    """1000 notes only, 5 repeats."""


def main(arguments: Arguments) -> None:
    """Measure, and write the table."""
    lengths = (1000,) if arguments.quick else arguments.notes
    repeats = 5 if arguments.quick else arguments.repeats
    rows = [
        row for length in lengths for row in measure_length(length, repeats, arguments)
    ]
    write(arguments.out, "writing", rows, ("program", "notes"))


def measure_length(length: int, repeats: int, arguments: Arguments) -> list[dict]:
    """Measure all programs with a number of notes; return one row per program."""
    score = random_score(length)
    with tempfile.TemporaryDirectory() as folder:
        programs = programs_for(score, Path(folder))
        timings = measure(programs, repeats, arguments.seconds)
    ours = timings[THIS_PACKAGE].best
    return [
        {
            "program": name,
            "notes": length,
            "ms": 1000 * timing.best,
            "ratio": timing.best / ours,
            "spread": timing.spread,
        }
        for name, timing in timings.items()
    ]


def random_score(length: int) -> Score:
    """Return random eighth notes; every fourth one starts with the one before it."""
    pitches = np.random.default_rng(0).integers(36, 97, length).tolist()
    return Score.from_notes(
        Note(6 * (k - k // 4), pitch, 6) for k, pitch in enumerate(pitches)
    )


def programs_for(score: Score, folder: Path) -> dict[str, Callable[[], None]]:
    """Return programs that write `score`, after checking that their notes are equal.

    Raises:
        RuntimeError: symusic reads other notes in a file than the score has.
    """
    tracks, notes = score.tracks, score.notes
    writers: dict[str, Callable[[Path], None]] = {
        # A new score has not yet computed its notes.
        THIS_PACKAGE: lambda path: write_midi(Score(tracks), path, tempo=_TEMPO),
        "mido": partial(write_with_mido, notes),
        "pretty_midi": partial(write_with_pretty_midi, notes),
        "symusic": partial(write_with_symusic, notes),
        "music21 stream": partial(write_with_a_music21_stream, notes),
    }
    programs: dict[str, Callable[[], None]] = {}
    for name, write_file in writers.items():
        path = folder / f"{name}.mid"
        write_file(path)
        if notes_in(path) != sorted(notes):
            raise RuntimeError(f"{name} has written other notes than it was given")
        programs[name] = partial(write_file, path)
    programs["piano roll"] = partial(piano_roll, score, folder / "roll.png")
    return programs


def notes_in(path: Path) -> list[Note]:
    """Return the notes that symusic reads, in ticks of the score."""
    score = symusic.Score(path)
    scale = Fraction(TICKS_PER_QUARTER, score.tpq)
    return sorted(
        Note(scale * note.time, note.pitch, scale * note.duration)
        for track in score.tracks
        for note in track.notes
    )


def write_with_mido(notes: Sequence[Note], path: Path) -> None:
    """Write notes with mido."""
    changes = [(onset, 1, pitch) for onset, pitch, *_ in notes]
    changes += [(onset + duration, 0, pitch) for onset, pitch, duration, _ in notes]
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(_TEMPO)))
    track.append(mido.Message("program_change", program=0))
    now = 0
    for tick, on, pitch in sorted(changes):
        track.append(
            mido.Message(
                "note_on" if on else "note_off",
                note=pitch,
                velocity=_VELOCITY,
                time=_SCALE * (tick - now),
            )
        )
        now = tick
    mido.MidiFile(ticks_per_beat=_TICKS, tracks=[track]).save(path)


def write_with_pretty_midi(notes: Sequence[Note], path: Path) -> None:
    """Write notes with pretty_midi, which counts time in seconds."""
    seconds = 60 / _TEMPO / TICKS_PER_QUARTER
    file = pretty_midi.PrettyMIDI(resolution=_TICKS, initial_tempo=_TEMPO)
    piano = pretty_midi.Instrument(program=0)
    piano.notes = [
        pretty_midi.Note(
            _VELOCITY, pitch, seconds * onset, seconds * (onset + duration)
        )
        for onset, pitch, duration, _ in notes
    ]
    file.instruments.append(piano)
    file.write(str(path))


def write_with_symusic(notes: Sequence[Note], path: Path) -> None:
    """Write notes with symusic."""
    score = symusic.Score(_TICKS)
    score.tempos.append(symusic.Tempo(0, _TEMPO))
    track = symusic.Track(program=0)
    for onset, pitch, duration, _ in notes:
        track.notes.append(
            symusic.Note(_SCALE * onset, _SCALE * duration, pitch, _VELOCITY)
        )
    score.tracks.append(track)
    score.dump_midi(path)


def write_with_a_music21_stream(notes: Sequence[Note], path: Path) -> None:
    """Write notes with a music21 stream, that is, as notation."""
    from music21.instrument import Piano
    from music21.midi.translate import streamToMidiFile
    from music21.note import Note as StreamNote
    from music21.pitch import Pitch
    from music21.stream import Part
    from music21.tempo import MetronomeMark

    part = Part()
    part.insert(0, Piano())
    part.insert(0, MetronomeMark(number=_TEMPO))
    for onset, pitch, duration, _ in notes:
        length = Fraction(duration, TICKS_PER_QUARTER)
        note = StreamNote(Pitch(midi=pitch), quarterLength=length)
        part.coreInsert(Fraction(onset, TICKS_PER_QUARTER), note)
    part.coreElementsChanged()
    path.write_bytes(streamToMidiFile(part).writestr())


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
