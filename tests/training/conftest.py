"""A small dataset that a small model can learn: noisy scales."""

import numpy as np
import pytest

from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.training.config import ModelConfig, TrainingConfig

SCALE = ("C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5")


def noisy_scale(rng, length):
    """Return symbols that mostly go one step up the scale, and sometimes jump."""
    degree, symbols = 0, []
    for _ in range(length):
        degree = rng.integers(8) if rng.random() < 0.1 else (degree + 1) % 8
        symbols.append(SCALE[degree])
    return tuple(symbols)


def noisy_scales(any_key=False):
    """Return a dataset of twenty noisy scales, the same in every process.

    Its description is the one that runs of earlier versions have.
    """
    rng = np.random.default_rng(0)
    pieces = [Piece(f"piece {k}", noisy_scale(rng, 40)) for k in range(20)]
    corpus = Corpus.from_pieces(pieces, source="noisy scales")
    return Dataset.from_corpus(
        corpus, NoteNames(), validation=0.2, end=False, any_key=any_key
    )


@pytest.fixture(scope="session")
def dataset():
    return noisy_scales()


MODEL = ModelConfig(sizes=(16, 8), dropout=0.2)
TRAINING = TrainingConfig(
    steps=40,
    batch_size=8,
    window=12,
    learning_rate=1e-2,
    evaluate_every=20,
    steps_per_dispatch=4,
)
