"""The run folder: the files of a run, and how to load its model for generation.

config.json        all settings, the encoding, where the corpus came from
vocabulary.json
metrics.jsonl      one line per compiled call, which takes several training steps; if
                   pieces are held out, also one per validation, and first one with the
                   losses of n-gram models
checkpoints/best/  the model with the lowest validation loss
checkpoints/last/  everything that a run resumes from: the training state, the best
                   model so far, and the sums of the metrics since the last line of
                   metrics.jsonl and since the last validation
tensorboard/       the metrics again, if they were asked for
.lock              locked while a process trains in the folder

Every file is written whole or not at all, except those to which lines are added. If the
run was killed, the last line of metrics.jsonl may be incomplete.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import numpy as np

from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.from_config import encoding_from_config
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.training.checkpoints import (
    CheckpointError,
    Restored,
    SaveError,
    restore,
    saved_steps,
)
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.settings import (
    changeable_settings,
    config_json,
    model_of_checkpoints,
    read_config_json,
)
from lstm_music_jax.training.step import TrainState, initial_state
from lstm_music_jax.types import Float

_FIRST_SAVED = {"best": "after its first validation", "last": "before its first step"}


class RunState(NamedTuple):
    """The arrays that a run resumes from: the training state and the best model so far.

    One checkpoint holds both. So if a run is killed before it has saved its best model
    in the folder of best models, the model can be restored from this checkpoint.
    """

    state: TrainState
    best: MusicLSTM


def initial_run_state(
    model: ModelConfig,
    training: TrainingConfig,
    vocab_size: int,
    counts: Float[np.ndarray, "v"] | None = None,
) -> RunState:
    """Return the arrays of a run before its first step.

    The best model so far is the untrained one.

    Args:
        model: the settings of the model.
        training: the settings of the training.
        vocab_size: number of symbols in the vocabulary.
        counts: how often each symbol is a target of training, for the initial bias of
            the output; None for a bias of zero.
    """
    state = initial_state(model, training, vocab_size, counts)
    return RunState(state, state.model)


@dataclass(frozen=True)
class RunFolder:
    """The paths of the files of a run, and methods that write and read them."""

    path: Path

    @property
    def config(self) -> Path:
        """Path of the file of settings, in JSON."""
        return self.path / "config.json"

    @property
    def vocabulary(self) -> Path:
        """Path of the file of the vocabulary, in JSON."""
        return self.path / "vocabulary.json"

    @property
    def metrics(self) -> Path:
        """Path of the metrics file, which has one JSON object per line."""
        return self.path / "metrics.jsonl"

    def checkpoints(self, kind: Literal["best", "last"]) -> Path:
        """Path of the folder of checkpoints of one kind, "best" or "last"."""
        return self.path / "checkpoints" / kind

    def require_new(self) -> None:
        """Raise ValueError if the folder is not empty, or if a file is in its place.

        A file in the place of a folder above it counts too. Entries whose names begin
        with a dot do not count.
        """
        for place in (self.path, *self.path.parents):
            if place.is_file():
                raise ValueError(
                    f"run is {self.path}, and {place} is a file; it must be a folder"
                )
        # A file whose name begins with a dot is left over from a killed run, which was
        # writing it.
        if self.path.exists() and any(
            not path.name.startswith(".") for path in self.path.iterdir()
        ):
            raise ValueError(
                f"run is {self.path}, which is not empty; name a new folder, or resume"
            )

    def require_resumable(self) -> None:
        """Raise ValueError if a trained run has lost its last checkpoint.

        A run saves its first checkpoint before its first line of metrics. So a run that
        has metrics or a best model has had such a checkpoint. A run without any of them
        can be resumed from the start. Also raises ValueError if a folder is in the
        place of the metrics.
        """
        if self.metrics.is_dir():
            raise ValueError(f"{self.metrics} is a folder; move it away")
        if saved_steps(self.checkpoints("last")):
            return
        found = [
            name
            for name, exists in {
                "metrics": self.metrics.exists() and self.metrics.stat().st_size,
                "a best checkpoint": saved_steps(self.checkpoints("best")),
            }.items()
            if exists
        ]
        if found:
            raise ValueError(
                f"run is {self.path}, which has {' and '.join(found)}, but "
                f"{self.checkpoints('last')} holds no checkpoint to resume from; put "
                "it back, or start anew in a new folder"
            )

    def describe(
        self, model: ModelConfig, training: TrainingConfig, dataset: Dataset
    ) -> None:
        """Write the settings and the vocabulary of a run.

        Raises:
            SaveError: a file cannot be written.
        """
        content = config_json(model, training, dataset)
        try:
            # Settings are written first, because a folder that has them can be resumed.
            write_atomically(self.config, json.dumps(content, indent=2) + "\n")
            dataset.vocabulary.save(self.vocabulary)
        except OSError as error:
            raise SaveError(
                f"{self.path} cannot be written: {error.strerror}"
            ) from error

    def settings(self) -> dict[str, Any]:
        """Return the settings that `read_config_json` reads from config.json.

        Raises:
            FileNotFoundError: the folder is not a run folder.
            ValueError: the settings cannot be read.
        """
        if not self.config.is_file():
            raise FileNotFoundError(
                f"run is {self.path}; it must be a run folder, with a config.json"
            )
        return read_config_json(self.config)


@dataclass(frozen=True)
class Run:
    """A trained model with its vocabulary, its encoding and its settings.

    Attributes:
        model: the model of a checkpoint.
        vocabulary: maps symbols to ids and back.
        encoding: maps music to symbols and back.
        settings: the settings that `RunFolder.settings` returns.
    """

    model: MusicLSTM
    vocabulary: Vocabulary
    encoding: Encoding
    settings: dict[str, Any]


def load_run(path: str | Path, checkpoint: Literal["best", "last"] = "best") -> Run:
    """Load the model of a run folder, with its vocabulary and its encoding.

    The training data is not needed.

    Args:
        path: the run folder.
        checkpoint: "best" for the model with the lowest validation loss, "last" for
            the model after the last saved step.

    Raises:
        FileNotFoundError: the folder is not a run folder, or its vocabulary is missing.
        ValueError: the settings or the vocabulary cannot be read.
        CheckpointError: there is no checkpoint, none is intact, or the newest intact
            one belongs to another model.
    """
    folder = RunFolder(Path(path))
    settings = folder.settings()
    if not folder.vocabulary.is_file():
        raise FileNotFoundError(
            f"{folder.vocabulary} is missing; resume the run with the corpus that it "
            "was trained on to write the file again"
        )
    vocabulary = Vocabulary.load(folder.vocabulary)
    if not folder.checkpoints(checkpoint).is_dir():
        raise CheckpointError(
            f"run is {folder.path}, which has no {checkpoint} checkpoint; "
            f"a run saves one {_FIRST_SAVED[checkpoint]}"
        )
    shapes = jax.eval_shape(
        lambda: initial_run_state(
            settings["model"], settings["training"], len(vocabulary)
        )
    )
    like = shapes.state.model if checkpoint == "best" else shapes
    belongs_to = model_of_checkpoints(
        settings["model"], settings["encoding"], vocabulary
    )
    if checkpoint == "best":
        model = restore(folder.checkpoints("best"), like, belongs_to).tree
    else:
        model = restore_last(folder, like, belongs_to).tree.state.model
    return Run(model, vocabulary, encoding_from_config(settings["encoding"]), settings)


def restore_last(
    folder: RunFolder, like: RunState, belongs_to: Mapping[str, Any]
) -> Restored:
    """Restore the newest intact checkpoint of kind "last", from which a run resumes.

    Args:
        folder: the run folder.
        like: arrays of the shapes that the checkpoint must have.
        belongs_to: JSON that describes the run. Keys that the checkpoint also has must
            have the same values there.

    Raises:
        CheckpointError: there is no such checkpoint, or it does not fit (see
            `restore`), or its name differs from the step that it holds.
    """
    last = folder.checkpoints("last")
    restored = restore(last, like, belongs_to)
    step = int(restored.tree.state.step)
    if step != restored.step:
        raise CheckpointError(
            f"{last / str(restored.step)} holds step {step}; a checkpoint's name must "
            f"be its step, so rename it to {step}"
        )
    return restored


def require_same_run(
    folder: RunFolder, model: ModelConfig, training: TrainingConfig, dataset: Dataset
) -> ModelConfig:
    """Check that the settings and the dataset are those of the run in the folder.

    Settings that a resumed run may change are not compared: those of
    `changeable_settings`, and `cores`, which changes only the rounding.

    Returns:
        The model settings that the folder holds. They differ from `model` at most in
        `cores`.

    Raises:
        FileNotFoundError: the folder is not a run folder.
        ValueError: the dataset, or another setting, differs from that of the run. Or
            the settings in the folder cannot be read.
    """
    saved = folder.settings()
    changeable = changeable_settings(training) | {"cores"}
    for part, settings in {"model": model, "training": training}.items():
        for name, value in vars(settings).items():
            before = getattr(saved[part], name)
            if name not in changeable and value != before:
                raise ValueError(
                    f"{name} is {value}; the run to resume was started with {before}"
                )
    now = {"corpus": dataset.description, "encoding": dataset.encoding.config()}
    for name, value in now.items():
        if saved[name] != value:
            raise ValueError(
                f"{name} is {value}; the run to resume was started with {saved[name]}"
            )
    return dataclasses.replace(model, cores=saved["model"].cores)
