"""The recipe that this project comes from, as it stands.

    python experiments/reproduce_lstm_music.py --midi FOLDER --run runs/reproduction
    python experiments/reproduce_lstm_music.py --symbols data.txt --run runs/short \
        --epochs 1

Note and chord names of each file's first part; windows of 100 that cross the borders
of pieces; an LSTM 512-256 with dropout 0.3 trained to predict the symbol after each
window (batches of 2048, Adam 1e-3); the weights of the lowest training loss; then 1000
notes by argmax from a sliding window of 100 that starts with a random one of the
corpus.

Cost: not measured at the full batch. The original's 44,090
symbols are 22 updates an epoch, of which it took 200.
Expect: argmax falls into a loop sooner or later, as it does in the original.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from command_line import run
from sources import Source, dataset

from lstm_music_jax import (
    ModelConfig,
    RunFolder,
    SlidingWindow,
    TrainingConfig,
    compose,
    load_run,
    loss_curve,
    piano_roll,
    strategies,
    train,
    write_midi,
)

WINDOW = 100


@dataclass(frozen=True)
class Arguments:
    """Command line: a folder of MIDI files or a file of symbols, and where to."""

    run: Path
    """A new folder."""
    midi: Path | None = None
    """Folder of MIDI files, searched recursively."""
    symbols: Path | None = None
    """File of note names, one a line (the original's data.txt)."""
    epochs: int = 200
    """Passes over all windows."""
    batch_size: int = 2048
    """Windows an update."""
    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer."""
    notes: int = 1000
    """Notes to generate."""
    seed: int = 0
    """Of the training and of the window to start from."""
    parts: Literal["first", "first_nonempty", "all"] = "first"
    """Which parts of a MIDI file; `first` loses files, as the original did."""


def main(arguments: Arguments) -> None:
    """Load, train, generate."""
    for name in ("epochs", "notes", "batch_size"):
        value = getattr(arguments, name)
        if value < 1:
            raise ValueError(f"{name} is {value}; it must be at least 1")
    if not arguments.midi and not arguments.symbols:
        raise ValueError("midi and symbols are both missing; one of them is needed")
    folder = RunFolder(arguments.run)
    folder.require_new()
    source = Source(
        midi=arguments.midi,
        symbols=arguments.symbols,
        encoding="note-names",
        parts=arguments.parts,
    )
    data = dataset(source, validation=0, start=False)
    ids = np.concatenate(data.train)
    if len(ids) <= WINDOW:
        raise ValueError(f"corpus has {len(ids)} symbols; it must have over {WINDOW}")
    steps_an_epoch = -(-(len(ids) - WINDOW) // arguments.batch_size)
    training = TrainingConfig(
        steps=arguments.epochs * steps_an_epoch,
        batch_size=arguments.batch_size,
        window=WINDOW,
        crossing=True,
        objective="last",
        learning_rate=1e-3,
        clip=None,
        evaluate_every=steps_an_epoch,
        steps_a_dispatch=1,
        seed=arguments.seed,
    )
    train(folder.path, data, ModelConfig(arguments.sizes, dropout=0.3), training)
    loss_curve(folder.metrics, folder.path / "loss.png")

    begin = np.random.default_rng(arguments.seed).integers(len(ids) - WINDOW)
    (piece,) = compose(
        load_run(folder.path),
        jnp.asarray(ids[None, begin : begin + WINDOW]),
        jax.random.key(arguments.seed),
        notes=arguments.notes,
        strategy=strategies.Greedy(),
        context=SlidingWindow(WINDOW),
    )
    write_midi(piece.score, folder.path / "music.mid")
    piano_roll(piece.score, folder.path / "music.png")
    print(f"{arguments.notes} notes: {folder.path / 'music.mid'}")


if __name__ == "__main__":
    run(main, Arguments)
