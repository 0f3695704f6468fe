"""Reproduce the original recipe, from which this project started.

    python experiments/reproduce_lstm_music.py --midi FOLDER --run runs/reproduction
    python experiments/reproduce_lstm_music.py --symbols data.txt --run runs/short \
        --epochs 1

The recipe takes note and chord names from each file's first part, and cuts windows of
100 that cross the borders of pieces. It trains an LSTM 512-256 with dropout 0.3 to
predict the symbol after each window (batches of 2048, Adam 1e-3). The weights with the
lowest training loss then generate 1000 notes by argmax, with a sliding window of 100
that starts with a random window of the corpus. The music begins with that window.

Cost: the 44,090 symbols of the original corpus give 22 steps per epoch, and the
original trained for 100 epochs. Here 16 chorales (4,394 symbols, --batch-size 64) were
trained for 100 epochs in about three hours on two busy CPU cores, with one stop and
resumption; the lowest training loss was 0.008 nats.
Expect: the model learns its corpus by heart. With the weights of the lowest loss, 1000
notes were generated from each of eight starting windows. They equalled the corpus after
the window for the first 33 to 566 notes (median 219). Six of the eight fell into a loop
that lasted to the end. It began after 0 to 378 notes, and repeated 156 notes (four of
them), 169 or 410.
"""

from command_line import run

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from piece_records import Maker
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
    """Command line of the script; give --midi or --symbols."""

    run: Path
    """A new folder for the run."""
    midi: Path | None = None
    """Folder of MIDI files, searched recursively."""
    symbols: Path | None = None
    """File of note names, one per line (the original's data.txt)."""
    epochs: int = 100
    """Number of passes over all windows."""
    batch_size: int = 2048
    """Windows per step."""
    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer."""
    notes: int = 1000
    """Number of notes to generate, after those of the starting window."""
    seed: int = 0
    """Seed of the training, and of the window that generation starts from."""
    parts: Literal["first", "first_nonempty", "all"] = "first"
    """Parts of a MIDI file to read. `first` loses files whose first part is empty, like
    the original."""


def main(arguments: Arguments) -> None:
    """Load the corpus, train, generate."""
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
    data = dataset(source, validation=0, start=False, end=False)
    ids = np.concatenate(data.train)
    if len(ids) <= WINDOW:
        raise ValueError(
            f"corpus has {len(ids)} symbols; it must have more than {WINDOW}"
        )
    steps_per_epoch = -(-(len(ids) - WINDOW) // arguments.batch_size)
    training = TrainingConfig(
        steps=arguments.epochs * steps_per_epoch,
        batch_size=arguments.batch_size,
        window=WINDOW,
        cross_pieces=True,
        objective="last",
        initial_bias="zeros",
        learning_rate=1e-3,
        clip_norm=None,
        evaluate_every=steps_per_epoch,
        steps_per_dispatch=1,
        seed=arguments.seed,
    )
    train(folder.path, data, ModelConfig(arguments.sizes, dropout=0.3), training)
    loss_curve(folder.metrics, folder.path / "loss.png")

    first = np.random.default_rng(arguments.seed).integers(len(ids) - WINDOW)
    trained = load_run(folder.path)
    (piece,) = compose(
        trained,
        jnp.asarray(ids[None, first : first + WINDOW]),
        jax.random.key(arguments.seed),
        notes=arguments.notes,
        strategy=strategies.Greedy(),
        context=SlidingWindow(WINDOW),
        keep_primer=True,
    )
    record = Maker(folder.path, trained).record(piece)
    write_midi(piece.score, folder.path / "music.mid", record=record)
    piano_roll(piece.score, folder.path / "music.png")
    print(f"{arguments.notes} notes: {folder.path / 'music.mid'}")


if __name__ == "__main__":
    run(main, Arguments)
