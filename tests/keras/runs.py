"""Imports files of Keras into runs, and computes in NumPy what the runs must return."""

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax import (
    Dataset,
    NoteNames,
    SlidingWindow,
    generate as generate_ids,
    import_keras,
    load_run,
    read_keras,
    strategies,
)
from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from tests import references
from tests.keras.writing import VOCAB, WINDOW, corpus


def dataset(symbols=None):
    pieces = (Piece("data", tuple(symbols or corpus())),)
    return Dataset.from_corpus(
        Corpus.from_pieces(pieces, source="data"),
        NoteNames(),
        validation=0,
        start=False,
        end=False,
    )


def numpy_forward(layers, windows, gate):
    """Return the logits after each window, from the arrays in the file."""
    hidden = np.moveaxis(np.eye(VOCAB)[windows], -2, 0)
    for kind, _, arrays in layers:
        arrays = [np.asarray(array, np.float64) for array in arrays.values()]
        if kind == "LSTM":
            zero = np.zeros((len(windows), len(arrays[1])))
            *_, hidden = references.numpy_lstm(hidden, *arrays, zero, zero, gate)
        elif kind == "Dense":
            return hidden[-1] @ arrays[0] + arrays[1]
    raise AssertionError


def loop(predict, primer, notes):
    """Generate as in the original recipe: take the argmax, slide the window by one."""
    symbols = list(primer)
    for _ in range(notes):
        symbols.append(int(np.argmax(predict(np.array([symbols[-WINDOW:]]))[0])))
    return symbols[len(primer) :]


def greedy_notes(run, primer, notes):
    drawn = generate_ids(
        run.model,
        jnp.asarray([primer], jnp.int32),
        jax.random.key(0),
        length=notes,
        strategy=strategies.Greedy(),
        context=SlidingWindow(run.settings["training"].window),
    )
    return np.asarray(drawn.tokens)[0].tolist()


def imported(path, folder):
    import_keras(folder, read_keras(path), dataset())
    return load_run(folder)


def random_windows(count):
    return np.random.default_rng(5).integers(0, VOCAB, (count, WINDOW))
