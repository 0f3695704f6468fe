"""A tiny run, whose distributions are neither flat nor sharp."""

from typing import NamedTuple

import jax
import numpy as np

from lstm_music_jax import Events, MusicLSTM, Vocabulary


class TinyRun(NamedTuple):
    """A model with its vocabulary and its encoding."""

    model: MusicLSTM
    vocabulary: Vocabulary
    encoding: Events


PITCHES = (60, 62, 64, 65, 67, 69, 71, 72)


def tiny_run():
    encoding = Events()
    others = [f"shift_{ticks}" for ticks in (3, 6, 12)] + ["duration_6", "duration_12"]
    names = [
        symbol
        for symbol in encoding.symbols
        if encoding.pitches(symbol) and encoding.pitches(symbol)[0] in PITCHES
    ]
    unseen = next(
        symbol for symbol in encoding.symbols if symbol not in {*names, *others}
    )
    symbols = (*names, *others, unseen, "<start>", "<end>")
    vocabulary = Vocabulary(symbols, "<start>", "<end>", (unseen,))
    model = MusicLSTM(len(vocabulary), (16,), key=jax.random.key(0))
    return TinyRun(jax.tree.map(lambda leaf: 4 * leaf, model), vocabulary, encoding)


def some_pieces(run, lengths=(30, 40, 25, 12), seed=0):
    """Return pieces of random music, with their start and end symbols."""
    random = np.random.default_rng(seed)
    music = len(run.vocabulary) - 3
    return [
        np.array(
            [
                run.vocabulary.start_id,
                *random.integers(music, size=length),
                run.vocabulary.end_id,
            ],
            np.int32,
        )
        for length in lengths
    ]
