"""Train a stacked LSTM on a corpus into a run folder.

    python experiments/train.py --run runs/chorales
    python experiments/train.py --run runs/mine --midi FOLDER --encoding note-names
    python experiments/train.py --run runs/mine --resume --steps 4000
    srun python experiments/train.py --run runs/large --cluster

Training uses every device of every process. Processes are started by a cluster's
launcher (--cluster) or by hand (--coordinator, --process-id, --num-processes).

Ctrl-C (or SIGTERM) saves the run and stops it. --resume continues it, with the same
result as without the stop. After a crash, --resume continues from the last checkpoint
(see --save-every).

Cost: 0.5 s per step of 64 windows of 100, on two CPU cores. Expect: the first command
beats the interpolated 3-gram (perplexity 11.0 on the chorales) within 100 steps.
"""

from command_line import Processes, require_folder, run

from dataclasses import dataclass, field
from pathlib import Path

from sources import Source, dataset, dataset_of_run, source_of_run

from lstm_music_jax import (
    ModelConfig,
    RunFolder,
    TrainingConfig,
    loss_curve,
    processes,
    train,
)
from lstm_music_jax.training.tensorboard import TENSORBOARD, require_tensorboard


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: Path
    """Folder of the run: a new folder, or with --resume that of the run to continue."""
    resume: bool = False
    """Continue from the last checkpoint, with the settings that the run was started
    with. These may be changed: --evaluate-every, --save-every, --steps-per-dispatch,
    and with a constant schedule --steps."""
    validation: float = 0.1
    """Share of the symbols that is held out, in whole pieces; 0 for none."""
    split_seed: int = 0
    """Seed that decides which pieces are held out."""
    end_symbol: bool = True
    """Put a symbol after each piece, so that the model learns where pieces end."""
    tensorboard: bool = False
    """Also write the metrics for TensorBoard, to the folder `tensorboard` of the run.
    It needs pip install 'lstm-music-jax[tensorboard]'."""
    source: Source = field(default_factory=Source)
    processes: Processes = field(default_factory=Processes)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)


def main(arguments: Arguments) -> None:
    """Load the corpus, train, draw the loss curve."""
    arguments.processes.join()
    if arguments.tensorboard:
        require_tensorboard()
        require_folder("tensorboard", arguments.run / TENSORBOARD)
    folder = RunFolder(arguments.run)
    if arguments.resume:
        _require_same(arguments, arguments_of_run(arguments.run))
        data = dataset_of_run(folder.settings())
    else:
        folder.require_new()
        data = dataset(
            arguments.source,
            validation=arguments.validation,
            seed=arguments.split_seed,
            end=arguments.end_symbol,
        )
    result = train(
        folder.path,
        data,
        arguments.model,
        arguments.training,
        resume=arguments.resume,
        tensorboard=arguments.tensorboard,
    )
    if not processes.is_first():
        return
    loss_curve(folder.metrics, folder.path / "loss.png")
    print(f"best loss {result.best_loss:.4f} nats; the run is in {folder.path}")


def arguments_of_run(path: Path) -> Arguments:
    """Return the arguments that a run was started with."""
    settings = RunFolder(path).settings()
    return Arguments(
        run=path,
        resume=True,
        validation=settings["corpus"]["validation"],
        split_seed=settings["corpus"]["split_seed"],
        end_symbol=settings["corpus"]["end"],
        source=source_of_run(settings),
        model=settings["model"],
        training=settings["training"],
    )


def _require_same(given, saved):
    """Raise ValueError if corpus, split or cores differ from those of the run.

    `train` checks all other settings.
    """
    before = _unchecked(saved)
    for name, value in _unchecked(given).items():
        if value != before[name]:
            raise ValueError(
                f"{name} is {value}; the run to resume was started with {before[name]}"
            )


def _unchecked(arguments):
    return vars(arguments.source.resolved()) | {
        "validation": arguments.validation,
        "split_seed": arguments.split_seed,
        "end_symbol": arguments.end_symbol,
        "cores": arguments.model.cores,
    }


if __name__ == "__main__":
    run(main, Arguments, arguments_of_run)
