"""Train an LSTM on Bach's chorales and generate 1000 notes; nothing is downloaded.

    python experiments/quickstart.py

Cost: about two minutes on two CPU cores. Expect: a validation perplexity of about 4.6
(an interpolated 3-gram has 11.0, and a Kneser-Ney 5-gram has 7.8). The folder
runs/quickstart then holds a MIDI file of 1000 notes, its piano roll and the loss curve.
The page report.html plays the music beside two human pieces, in a browser.
"""

from command_line import run

import dataclasses
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import jax
import numpy as np
from copy_search import copy_search
from piece_records import Maker
from piece_report import (
    Shown,
    explanation,
    human_piece,
    made_by,
    played_pieces,
)
from sources import Source, dataset

from lstm_music_jax import (
    Composition,
    Dataset,
    ModelConfig,
    Run,
    RunFolder,
    TrainingConfig,
    compose,
    load_run,
    piano_roll,
    start_prompts,
    strategies,
    train,
    write_midi,
)
from lstm_music_jax.evaluation.note_figures import ReadPiece
from lstm_music_jax.report.figures import figure_of_losses, save_figure, svg
from lstm_music_jax.report.page.blocks import Heading, Paragraph, Picture
from lstm_music_jax.report.page.document import Block, write_report
from lstm_music_jax.report.page.player import Player
from lstm_music_jax.report.table import Table
from lstm_music_jax.training.baselines import Baselines

# Quarters per minute.
_TEMPO = 84
_HUMAN_PIECES = 2


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: Path | None = None
    """A new folder; by default runs/quickstart, or runs/quickstart-2 and so on."""
    notes: int = 1000
    """Number of notes to generate."""
    seed: int = 0
    """Seed of the training and of the generated music."""


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
    losses = figure_of_losses(folder.metrics)
    save_figure(losses, folder.path / "loss.png")

    trained = load_run(folder.path)
    taste = strategies.Chain(strategies.Temperature(0.9), strategies.MinP(0.02))
    (piece,) = compose(
        trained,
        start_prompts(trained, pieces=1),
        jax.random.key(arguments.seed),
        notes=arguments.notes,
        strategy=taste,
    )
    record = Maker(folder.path, trained).record(piece, tempo=_TEMPO)
    write_midi(piece.score, folder.path / "music.mid", tempo=_TEMPO, record=record)
    piano_roll(piece.score, folder.path / "music.png")
    table = perplexities(result.best_loss, result.baselines)
    facts = {"strategy": taste, "seed": arguments.seed}
    write_page(folder, trained, data, piece, facts, table, svg(losses))
    print(
        f"validation perplexity {table['model']}, 3-gram {table['3-gram']}, "
        f"Kneser-Ney 5-gram {table['Kneser-Ney 5-gram']}\n"
        f"{arguments.notes} notes: {folder.path / 'music.mid'}\n"
        f"piano roll: {folder.path / 'music.png'}\n"
        f"loss curve: {folder.path / 'loss.png'}\n"
        f"in {time.perf_counter() - started:.0f} s\n"
        f"to hear and see it all, open {folder.path / 'report.html'} in a browser"
    )


def perplexities(best_loss: float, baselines: Baselines) -> dict[str, str]:
    """Return the perplexity of the model and of each baseline."""
    losses = {
        "model": best_loss,
        "Kneser-Ney 5-gram": baselines.five_gram,
        "3-gram": baselines.trigram,
        "unigram": baselines.unigram,
    }
    return {name: f"{np.exp(loss):.2f}" for name, loss in losses.items()}


def write_page(
    folder: RunFolder,
    trained: Run,
    data: Dataset,
    piece: Composition,
    facts: Mapping[str, object],
    table: Mapping[str, str],
    losses: bytes,
) -> None:
    """Write the report of the run: the music beside human pieces, and the training.

    Args:
        folder: the run folder, which gets `report.html`.
        trained: the run.
        data: the pieces that it was trained on, and those that were held out.
        piece: the generated piece.
        facts: what to say about the piece: names and values.
        table: the perplexity of the model and of each baseline.
        losses: the loss curve, SVG.
    """
    start = np.array([trained.vocabulary.start_id])
    shown = [
        Shown("music.mid", ReadPiece(start, piece.symbols, piece.score), facts, _TEMPO)
    ]
    held_out = zip(data.validation, data.validation_names, strict=True)
    for ids, name in islice(held_out, _HUMAN_PIECES):
        shown.append(human_piece(trained, ids, name, _TEMPO))
    search = copy_search(trained, data)
    perplexity = f"{table['model']} on pieces that were held out from the training"
    blocks: list[Block] = [
        Paragraph(
            "An LSTM was trained on Bach's chorales and has written music.mid. Its "
            f"perplexity is {perplexity}. Beside its music are pieces by Bach.",
            lead=True,
        ),
        Player(played_pieces(trained, shown, search)),
        *explanation(search),
        Heading("Training"),
        Picture(losses, "Losses of the training, of the model and of the baselines"),
        Table(["on held-out pieces", "perplexity"], [*table.items()]),
        *made_by(trained),
    ]
    write_report(folder.path / "report.html", "Quickstart", blocks)


def _unused(path: Path) -> Path:
    """Return the first of `path`, `path`-2, `path`-3, ... that does not exist."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


if __name__ == "__main__":
    run(main, Arguments)
