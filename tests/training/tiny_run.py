"""Trains a run of a few hundred steps in a separate process, to be interrupted.

    python -m tests.training.tiny_run FOLDER SECONDS_PER_DISPATCH [BYTES_PER_FILE]

It resumes if the folder holds a run. SECONDS_PER_DISPATCH slows every dispatch down.
BYTES_PER_FILE limits the size of files, like a full disk.
"""

import dataclasses
import resource
import sys
import time
from pathlib import Path

from lstm_music_jax.devices import spread
from lstm_music_jax.training import loop
from lstm_music_jax.training.signals import Stopped
from lstm_music_jax.training.train import train
from tests.training.conftest import MODEL, TRAINING, noisy_scales

STEPS = 300
CONFIG = dataclasses.replace(TRAINING, steps=STEPS, evaluate_every=50, save_every=15)


def main(folder, seconds, limit=None):
    dataset = noisy_scales()

    def slow(*arguments):
        run = spread(*arguments)
        return lambda *arguments: time.sleep(seconds) or run(*arguments)

    if seconds:
        loop.spread = slow
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    resume = (folder / "config.json").exists()
    try:
        train(folder, dataset, MODEL, CONFIG, resume=resume)
    except Stopped as stop:
        print(stop)
    except (RuntimeError, ValueError, OSError) as error:
        print("error:", error)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:]))
