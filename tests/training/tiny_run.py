"""A run of a few hundred steps in a process of its own, to be interrupted.

    python -m tests.training.tiny_run FOLDER SECONDS_A_DISPATCH [BYTES_A_FILE]

It resumes where there is something to resume. A dispatch can be slowed down, and files
limited to a size, as by a full disk.
"""

import dataclasses
import resource
import sys
import time
from pathlib import Path

import numpy as np

from lstm_music_jax import devices
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.training import loop
from lstm_music_jax.training.signals import Stopped
from tests.training.conftest import MODEL, TRAINING, noisy_scale

STEPS = 300
CONFIG = dataclasses.replace(TRAINING, steps=STEPS, evaluate_every=50, save_every=15)


def main(folder, seconds, limit=None):
    rng = np.random.default_rng(0)
    pieces = tuple(Piece(f"piece {k}", noisy_scale(rng, 40)) for k in range(20))
    dataset = Dataset.from_corpus(
        Corpus(pieces, (), "noisy scales"), NoteNames(), validation=0.2
    )
    spread = devices.spread

    def slow(*arguments):
        run = spread(*arguments)
        return lambda *arguments: time.sleep(seconds) or run(*arguments)

    if seconds:
        spread = slow
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    resume = (folder / "config.json").exists()
    try:
        loop.train(folder, dataset, MODEL, CONFIG, resume=resume)
    except Stopped as stop:
        print(stop)
    except (RuntimeError, ValueError, OSError) as error:
        print("error:", error)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:]))
