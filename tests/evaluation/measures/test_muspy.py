"""Measures that MusPy has too have its values on Bach's chorales; needs MusPy.

MusPy's groove consistency is left out, because it differs on purpose: it takes an end
on a bar line for one more bar, which is empty.
"""

import numpy as np
import pytest

from lstm_music_jax.evaluation.measures import (
    mean_of,
    pitch_class_entropy,
    scale_consistency,
)
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.notes import TICKS_PER_BAR
from lstm_music_jax.evaluation.measures.polyphony import POLYPHONY
from lstm_music_jax.music.corpus.chorale_files import chorale_paths, read_chorale
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames

muspy = pytest.importorskip("muspy", exc_type=ImportError)


@pytest.fixture(scope="module")
def read():
    return [read_chorale(path) for path in chorale_paths()[::60]]


@pytest.fixture(params=[Events(), NoteNames()], ids=["events", "note names"])
def scores(read, request):
    """Six chorales, encoded and decoded."""
    encoding = request.param
    return [encoding.decode(encoding.encode(score)).score for score in read]


def as_muspy(score, first=0, after=np.inf):
    """Return the notes that begin at a tick from `first` to before `after`."""
    notes = [
        muspy.Note(time=note.onset, pitch=note.pitch, duration=note.duration)
        for note in score.notes
        if first <= note.onset < after
    ]
    return muspy.Music(resolution=12, tracks=[muspy.Track(notes=notes)])


def assert_equals(measure, scores, of_muspy):
    expected = [of_muspy(score) for score in scores]
    found = [measure(Sample(np.zeros(0, int), score)) for score in scores]
    np.testing.assert_allclose(found, expected)
    assert np.ptp(expected) > 0.02


def test_scale_consistency(scores):
    assert_equals(
        scale_consistency(),
        scores,
        lambda score: muspy.scale_consistency(as_muspy(score)),
    )


@pytest.mark.parametrize("scores", [Events()], ids=["events"], indirect=True)
def test_polyphony(scores):
    assert_equals(
        mean_of(POLYPHONY), scores, lambda score: muspy.polyphony(as_muspy(score))
    )


def test_pitch_class_entropy_of_whole_pieces(scores):
    assert_equals(
        pitch_class_entropy(1000),
        scores,
        lambda score: muspy.pitch_class_entropy(as_muspy(score)),
    )


@pytest.mark.parametrize("bars", [1, 4])
def test_pitch_class_entropy_of_bars(scores, bars):
    """MusPy measures each window as a piece of its own."""

    def of_muspy(score):
        last = max(note.onset for note in score.notes) // TICKS_PER_BAR
        values = []
        for bar in range(last - bars + 2):
            window = as_muspy(score, bar * TICKS_PER_BAR, (bar + bars) * TICKS_PER_BAR)
            values.append(muspy.pitch_class_entropy(window))
        return np.nanmean(values)

    assert_equals(pitch_class_entropy(bars), scores, of_muspy)
