"""Weights to measure with: fresh ones, and such as a short training leaves behind."""

import tempfile
from pathlib import Path

import jax
import numpy as np

from lstm_music_jax import (
    Corpus,
    Dataset,
    ModelConfig,
    MusicLSTM,
    NoteNames,
    Piece,
    TrainingConfig,
    load_run,
    train,
)
from lstm_music_jax.system.cores import count_cores

_PIECES, _MOTIFS, _LONGEST = 24, 40, 12


def motifs(vocabulary: int, seed: int = 0) -> list[list[int]]:
    """Make up pieces of recurring motifs, in which every id occurs."""
    random = np.random.default_rng(seed)
    known = [
        random.integers(vocabulary, size=random.integers(4, _LONGEST)).tolist()
        for _ in range(_MOTIFS)
    ]
    pieces = [random.permutation(vocabulary).tolist()]
    for _ in range(_PIECES):
        chosen = random.choice(_MOTIFS, 60, p=random.dirichlet(np.full(_MOTIFS, 0.3)))
        pieces.append([note for motif in chosen for note in known[motif]])
    return pieces


def fresh_model(vocabulary: int, sizes: tuple[int, ...]) -> MusicLSTM:
    """Return random weights."""
    return MusicLSTM(vocabulary, sizes, cores=count_cores(), key=jax.random.key(0))


def trained_model(vocabulary: int, sizes: tuple[int, ...], updates: int) -> MusicLSTM:
    """Return the weights after a few updates on made-up motifs."""
    pieces = [
        Piece(str(number), tuple(f"symbol {note}" for note in notes))
        for number, notes in enumerate(motifs(vocabulary))
    ]
    corpus = Corpus(tuple(pieces), (), "made-up motifs")
    data = Dataset.from_corpus(corpus, NoteNames(), validation=0, start=False)
    training = TrainingConfig(
        steps=updates, batch_size=16, learning_rate=3e-3, evaluate_every=updates
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        train(path, data, ModelConfig(sizes), training, show=False)
        return load_run(path).model.with_cores(count_cores())
