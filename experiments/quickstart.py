"""Train an LSTM on Bach's chorales and generate 1000 notes; nothing is downloaded.

    python experiments/quickstart.py

Cost: about two minutes on two CPU cores. Expect: a validation perplexity of about 4.6
(an interpolated 3-gram has 11.0, and a Kneser-Ney 5-gram has 7.8). The folder
runs/quickstart then holds a MIDI file of 1000 notes, its piano roll and the loss curve.
"""

from command_line import run

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from piece_records import Maker
from sources import Source, dataset

from lstm_music_jax import (
    ModelConfig,
    RunFolder,
    TrainingConfig,
    compose,
    load_run,
    loss_curve,
    piano_roll,
    start_prompts,
    strategies,
    train,
    write_midi,
)


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: Path | None = None
    """A new folder; by default runs/quickstart, or runs/quickstart-2 and so on."""
    notes: int = 1000
    """Number of notes to generate."""
    seed: int = 0
    """Seed of the training and of the generated music."""


TEMPO = 84
TRAINING = TrainingConfig(
    steps=190,
    learning_rate=5e-3,
    schedule="cosine",
    warmup_steps=20,
    evaluate_every=38,
)


def main(arguments: Arguments) -> None:
    """Load the chorales, train, generate, write the files."""
    started = time.perf_counter()
    if arguments.notes < 1:
        raise ValueError(f"notes is {arguments.notes}; it must be at least 1")
    training = dataclasses.replace(TRAINING, seed=arguments.seed)
    folder = RunFolder(arguments.run or _unused(Path("runs/quickstart")))
    folder.require_new()
    data = dataset(Source(), validation=0.1)
    result = train(folder.path, data, ModelConfig(), training)
    loss_curve(folder.metrics, folder.path / "loss.png")

    trained = load_run(folder.path)
    taste = strategies.Chain(strategies.Temperature(0.9), strategies.MinP(0.02))
    (piece,) = compose(
        trained,
        start_prompts(trained, pieces=1),
        jax.random.key(arguments.seed),
        notes=arguments.notes,
        strategy=taste,
    )
    record = Maker(folder.path, trained).record(piece, tempo=TEMPO)
    write_midi(piece.score, folder.path / "music.mid", tempo=TEMPO, record=record)
    piano_roll(piece.score, folder.path / "music.png")
    print(
        f"validation perplexity {np.exp(result.best_loss):.2f}, "
        f"3-gram {np.exp(result.baselines.trigram):.2f}, "
        f"Kneser-Ney 5-gram {np.exp(result.baselines.five_gram):.2f}\n"
        f"{arguments.notes} notes: {folder.path / 'music.mid'}\n"
        f"piano roll: {folder.path / 'music.png'}\n"
        f"loss curve: {folder.path / 'loss.png'}\n"
        f"in {time.perf_counter() - started:.0f} s"
    )


def _unused(path: Path) -> Path:
    """Return `path` if it does not exist, or `path`-2, `path`-3 and so on."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


if __name__ == "__main__":
    run(main, Arguments)
