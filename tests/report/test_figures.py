"""The piano roll: notes are drawn where they sound."""

import numpy as np
import pytest
from matplotlib.image import imread

from lstm_music_jax.music.score import Note, Score
from lstm_music_jax.report import figures
from lstm_music_jax.report.figures import piano_roll


def blue_columns(picture):
    """Return, for each row of axes, where in it (0 to 1) notes are drawn."""
    red, _, blue = np.moveaxis(picture[..., :3], -1, 0)
    is_note = blue - red > 0.3
    upper, lower = np.array_split(is_note, 2)
    width = picture.shape[1]
    left, right = 0.035 * width, 0.985 * width
    return [
        (np.flatnonzero(half.any(0)) - left) / (right - left) for half in (upper, lower)
    ]


def test_each_note_is_drawn_in_the_row_of_its_time(tmp_path):
    notes = [Note(12 * 16, 60, 12 * 8), Note(12 * (64 + 48), 62, 12 * 16)]
    path = tmp_path / "new" / "x.png"
    piano_roll(Score.from_notes(notes), path)
    upper, lower = blue_columns(imread(path))
    np.testing.assert_allclose(
        [upper.min(), upper.max()], [16 / 64, 24 / 64], atol=0.01
    )
    np.testing.assert_allclose([lower.min(), lower.max()], [48 / 64, 1], atol=0.01)
    assert list(path.parent.iterdir()) == [path]


def test_very_long_music_can_be_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "_MOST_ROWS", 2)
    notes = [Note(0, 60, 12), Note(12 * 800_000, 60, 12)]
    piano_roll(Score.from_notes(notes), tmp_path / "x.png")
    assert (tmp_path / "x.png").exists()


def test_music_without_notes_is_refused(tmp_path):
    with pytest.raises(ValueError, match="score has no notes"):
        piano_roll(Score(()), tmp_path / "x.png")
