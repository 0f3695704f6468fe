"""Writes a score as a WAV file, with pretty_midi.

Without a SoundFont, pretty_midi makes the sound by itself. It adds simple waves that
die away like the sound of a plucked string. With a SoundFont, pretty_midi calls
FluidSynth, a program library that the operating system provides.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from lstm_music_jax.music.midi.writing import require_tempo_and_program
from lstm_music_jax.music.score import Score, Tempo
from lstm_music_jax.music.tempo_map import TempoMap
from lstm_music_jax.system.atomic_write import write_atomically, write_new
from lstm_music_jax.system.printable import printable

SAMPLE_RATE = 44100
# The loudest sample of a file lies about 1 dB below the greatest possible value.
_PEAK = 0.9
# How loud the harmonics of a plucked string are.
_HARMONICS = (1.0, 0.5, 0.25, 0.12, 0.06)


def write_wav(
    score: Score,
    path: str | Path,
    *,
    tempo: float | int | None = None,
    program: int = 0,
    soundfont: str | Path | None = None,
    overwrite: bool = True,
) -> None:
    """Write the notes of a score as a WAV file: one channel, 16 bits, 44.1 kHz.

    The loudness is scaled so that the loudest sample has 0.9 of the greatest value that
    16 bits can hold. The sound ends one second after the last note.

    Args:
        score: the music; an empty score gives a second of silence.
        path: the file; missing folders are created.
        tempo: quarter notes per minute, 4 to 1000; None for the score's own tempos, or
            120 if it has none.
        program: General MIDI program, 0 to 127; it changes nothing without a SoundFont.
        soundfont: a SoundFont file (.sf2) whose sounds are used; None for simple waves.
        overwrite: whether to replace a file that exists.

    Raises:
        ValueError: `tempo` or `program` is out of its range, or `soundfont` is not a
            SoundFont.
        RuntimeError: pretty_midi is not installed; or a SoundFont is given, and
            pyfluidsynth or FluidSynth is not installed.
        FileExistsError: the file exists and `overwrite` is false.
        OSError: the file cannot be written.
    """
    require_tempo_and_program(tempo, program)
    require_audio(soundfont)
    import pretty_midi
    from scipy.io import wavfile

    notes = score.table
    seconds = TempoMap(
        score.tempos if tempo is None else (Tempo(0, tempo),), score.ticks_per_quarter
    ).seconds
    instrument = pretty_midi.Instrument(program)
    instrument.notes = list(
        map(
            pretty_midi.Note,
            notes.velocities.tolist(),
            notes.pitches.tolist(),
            seconds(notes.onsets).tolist(),
            seconds(notes.onsets + notes.durations).tolist(),
        )
    )
    if soundfont is None:
        sound = instrument.synthesize(SAMPLE_RATE, wave=_plucked)
    else:
        sound = instrument.fluidsynth(SAMPLE_RATE, synthesizer=str(soundfont))
    (end,) = seconds([score.end]).tolist()
    length = round(end * SAMPLE_RATE) + SAMPLE_RATE
    sound = np.pad(sound[:length], (0, max(0, length - len(sound))))
    loudest = max(1e-9, float(np.abs(sound).max()))
    sound *= _PEAK * np.iinfo(np.int16).max / loudest
    file = io.BytesIO()
    wavfile.write(file, SAMPLE_RATE, np.rint(sound).astype(np.int16))
    write = write_atomically if overwrite else write_new
    write(Path(path), file.getvalue())


def require_audio(soundfont: str | Path | None = None) -> None:
    """Raise an error unless `write_wav` can make sound, with this SoundFont if given.

    Raises:
        ValueError: `soundfont` is not a SoundFont.
        RuntimeError: pretty_midi is not installed; or a SoundFont is given, and
            pyfluidsynth or FluidSynth is not installed.
    """
    extra = "pip install 'lstm-music-jax[audio]'"
    try:
        import pretty_midi  # noqa: F401
    except ImportError:
        raise RuntimeError(
            f"pretty_midi is missing; audio files need it: {extra}"
        ) from None
    if soundfont is None:
        return
    _require_soundfont(Path(soundfont))
    try:
        import fluidsynth  # noqa: F401
    except ImportError as error:
        # pyfluidsynth raises ImportError also where it does not find FluidSynth.
        raise RuntimeError(
            f"soundfont is {printable(soundfont)}; it needs {extra}, and FluidSynth "
            f"from your system, such as apt install libfluidsynth3 ({error})"
        ) from None


def _require_soundfont(path: Path) -> None:
    try:
        with path.open("rb") as file:
            begin = file.read(12)
    except OSError as error:
        raise ValueError(
            f"soundfont is {printable(path)}; it must be a SoundFont file "
            f"({error.strerror})"
        ) from None
    if begin[:4] != b"RIFF" or begin[8:] != b"sfbk":
        raise ValueError(
            f"soundfont is {printable(path)}; it must be a SoundFont file (.sf2), and "
            "this file is something else"
        )


def _plucked(phase: np.ndarray) -> np.ndarray:
    """Return the samples of a sound like that of a plucked string, `[n]`.

    Harmonics above half the sample rate are left out, because they would sound at wrong
    pitches.

    Args:
        phase: the phase of the lowest harmonic at each sample, in radians, `[n]`.
    """
    step = phase[1] - phase[0] if len(phase) > 1 else np.pi
    audible = (k for k in range(len(_HARMONICS)) if (k + 1) * step < np.pi)
    return sum((_HARMONICS[k] * np.sin((k + 1) * phase) for k in audible), 0 * phase)
