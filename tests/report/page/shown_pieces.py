"""Pieces and moments that the browser tests share."""

import numpy as np

from lstm_music_jax.music.score import Note, Score, Tempo
from lstm_music_jax.report.page.piece import Alternatives, Mark, Passage, PlayedPiece

HOSTILE = "</script><img src=x onerror='hacked=1'><script>window.hacked=1</script>"


def scale(count, *, velocity=90, tempo=120.0):
    """Return a score of eighths: a scale, up and down again, over two octaves."""
    steps = [*range(24), *range(24, 0, -1)]
    notes = [Note(6 * i, 48 + steps[i % 48], 6, velocity) for i in range(count)]
    return Score.from_notes(notes, tempos=[Tempo(0, tempo)])


def judged(score, name="piece"):
    """Return a piece with all that the page can show of it."""
    n = len(score.notes)
    return PlayedPiece(
        name,
        score,
        primer_notes=3,
        surprisal=np.linspace(0, 4, n),
        symbols=["C4"] * n,
        alternatives=Alternatives(
            [["E-4", "C4", "F4", "G4", HOSTILE]] * n,
            np.tile([0.5, 0.25, 0.1, 0.05, 0.001], (n, 1)),
        ),
        copies=[Passage(5, 9, f"source {HOSTILE}", 37, -2)],
        skipped=[(72, 84)],
        marks=[Mark(12, f"mark {HOSTILE}")],
        facts={f"fact {HOSTILE}": HOSTILE},
    )


# The time, and the position of the player, which it shows once per frame; seconds.
MOMENT = """() => new Promise((resolve) => requestAnimationFrame(() => resolve([
  performance.now() / 1000,
  Number(document.querySelector(".seek input").value),
])))"""


def position(page):
    """Return where the player is, in seconds of the piece."""
    return float(page.locator(".seek input").input_value())
