"""Writing audio files: notes sound when they should, and nothing is clipped."""

import re
import sys
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from scipy.io import wavfile

from lstm_music_jax.music.audio import require_audio, write_wav
from lstm_music_jax.music.score import Note, Score, Tempo

SOUNDFONT = Path(pretty_midi.__file__).with_name("TimGM6mb.sf2")


def has_fluidsynth():
    try:
        import fluidsynth  # noqa: F401
    except ImportError:
        return False
    return True


WITH_FLUIDSYNTH = pytest.param(
    SOUNDFONT,
    marks=pytest.mark.skipif(not has_fluidsynth(), reason="FluidSynth is missing"),
    id="soundfont",
)


def rendered(path, score, **options):
    """Return the samples of the audio file of a score, -1 to 1."""
    write_wav(score, path, **options)
    rate, samples = wavfile.read(path)
    assert rate == 44100
    assert samples.ndim == 1
    return samples / 2**15


@pytest.mark.parametrize("soundfont", [None, WITH_FLUIDSYNTH])
def test_notes_begin_and_end_where_the_score_says(tmp_path, soundfont):
    """The tempo changes from 120 to 60 at tick 24, after one second."""
    notes = [Note(0, 60, 6), Note(12, 72, 6), Note(30, 84, 6), Note(40, 48, 2)]
    score = Score.from_notes(notes, tempos=[Tempo(24, 60.0)])
    sound = rendered(tmp_path / "x.wav", score, soundfont=soundfont)
    assert abs(sound).max() == pytest.approx(0.9, abs=1e-3)
    assert len(sound) == round(44100 * 3.5)
    loudness = np.abs(sound[: len(sound) // 441 * 441]).reshape(-1, 441).max(1)
    # Each begin is after silence, in units of 10 ms.
    for begin in (0, 50, 150, 233):
        assert loudness[max(0, begin - 2) : begin].max(initial=0) < 0.1
        assert loudness[begin : begin + 6].max() > 0.25
    pitch = np.fft.rfftfreq(8820, 1 / 44100)[
        abs(np.fft.rfft(sound[22050 : 22050 + 8820])).argmax()
    ]
    assert pitch == pytest.approx(523.25, abs=6)


def test_loud_and_dense_music_is_not_clipped(tmp_path):
    score = Score.from_notes([Note(0, pitch, 24, 127) for pitch in range(128)])
    sound = rendered(tmp_path / "x.wav", score, tempo=240)
    assert abs(sound).max() == pytest.approx(0.9, abs=1e-3)
    assert len(sound) == round(44100 * 1.5)
    soft = [Note(0, 60, 12, 20), Note(24, 60, 12, 100)]
    sound = rendered(tmp_path / "x.wav", Score.from_notes(soft))
    ratio = abs(sound[:22050]).max() / abs(sound[44100:]).max()
    assert ratio == pytest.approx(0.2, abs=0.01)


def test_an_empty_score_is_silent(tmp_path):
    sound = rendered(tmp_path / "x.wav", Score(()))
    assert len(sound) == 44100
    assert not sound.any()


def test_what_is_missing_is_named_in_one_line(monkeypatch, tmp_path):
    wrong = tmp_path / "wrong.sf2"
    with pytest.raises(ValueError, match=r"wrong.sf2; .* \(No such file"):
        require_audio(wrong)
    wrong.write_bytes(b"RIFF1234WAVE")
    with pytest.raises(ValueError, match="and this file is something else"):
        require_audio(wrong)
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    message = f"soundfont is {SOUNDFONT}; it needs pip install 'lstm-music-jax[audio]'"
    with pytest.raises(RuntimeError, match=re.escape(message)):
        require_audio(SOUNDFONT)
    monkeypatch.setitem(sys.modules, "pretty_midi", None)
    message = "pretty_midi is missing; audio files need it: pip install 'lstm-music"
    with pytest.raises(RuntimeError, match=re.escape(message)):
        write_wav(Score(()), tmp_path / "x.wav")
    assert not (tmp_path / "x.wav").exists()
