"""The models that are measured: one with random weights, one trained briefly."""

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


def motif_pieces(vocabulary: int, seed: int = 0) -> list[list[int]]:
    """Return pieces of recurring random motifs; every id occurs in them."""
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


def random_model(vocabulary: int, sizes: tuple[int, ...]) -> MusicLSTM:
    """Return a model with random weights."""
    return MusicLSTM(vocabulary, sizes, cores=count_cores(), key=jax.random.key(0))


def trained_model(vocabulary: int, sizes: tuple[int, ...], updates: int) -> MusicLSTM:
    """Return a model after a few updates on pieces of random motifs."""
    pieces = [
        Piece(str(number), tuple(f"symbol {note}" for note in notes))
        for number, notes in enumerate(motif_pieces(vocabulary))
    ]
    corpus = Corpus.from_pieces(pieces, source="random motifs")
    data = Dataset.from_corpus(
        corpus, NoteNames(), validation=0, start=False, end=False
    )
    training = TrainingConfig(
        steps=updates, batch_size=16, learning_rate=3e-3, evaluate_every=updates
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        train(path, data, ModelConfig(sizes), training, show=False)
        return load_run(path).model.with_cores(count_cores())
