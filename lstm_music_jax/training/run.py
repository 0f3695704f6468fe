"""The run folder: all that generation needs, and how to load it.

config.json        every setting, the encoding, where the corpus came from
vocabulary.json
metrics.jsonl      one line a dispatch, and one a validation
checkpoints/best/  the model of the lowest validation loss
checkpoints/last/  all that a run goes on from: the model, the optimiser, the best
                   model so far, and the sums that are not in the metrics yet

Every file is written whole or not at all, but for the metrics, whose last line may be
a part of one where the run was killed.
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax

from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.from_config import encoding_from_config
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.training.checkpoints import CheckpointError, SaveError, restore
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.step import TrainState, initial_state


class Progress(NamedTuple):
    """The arrays of the last checkpoint: the state, and the best model up to it.

    That the best one is here too makes a checkpoint one thing: whenever a run is
    killed, the two folders of checkpoints can be made to agree.
    """

    state: TrainState
    best: MusicLSTM


def fresh_progress(
    model: ModelConfig, training: TrainingConfig, vocab_size: int
) -> Progress:
    """Return the beginning of a run."""
    state = initial_state(model, training, vocab_size)
    return Progress(state, state.model)


@dataclass(frozen=True)
class RunFolder:
    """The files of a run."""

    path: Path

    @property
    def config(self) -> Path:
        """Settings, JSON."""
        return self.path / "config.json"

    @property
    def vocabulary(self) -> Path:
        """Vocabulary, JSON."""
        return self.path / "vocabulary.json"

    @property
    def metrics(self) -> Path:
        """Metrics, JSON lines."""
        return self.path / "metrics.jsonl"

    def checkpoints(self, kind: Literal["best", "last"]) -> Path:
        """Orbax checkpoints."""
        return self.path / "checkpoints" / kind

    def require_new(self) -> None:
        """Raise ValueError if there is anything in the folder already."""
        # A file that was being written as a run was killed has a dot in front.
        if self.path.exists() and any(
            not path.name.startswith(".") for path in self.path.iterdir()
        ):
            raise ValueError(
                f"run is {self.path}, which is not empty; name a new folder, or resume"
            )

    def describe(
        self, model: ModelConfig, training: TrainingConfig, dataset: Dataset
    ) -> None:
        """Write settings and vocabulary."""
        settings = _settings_json(model, training, dataset)
        try:
            # The settings first: where they are, a run can be resumed.
            write_atomically(self.config, json.dumps(settings, indent=2) + "\n")
            dataset.vocabulary.save(self.vocabulary)
        except OSError as error:
            raise SaveError(
                f"{self.path} cannot be written: {error.strerror}"
            ) from error

    def settings(self) -> dict[str, Any]:
        """Read the settings back.

        Raises:
            FileNotFoundError: this is no run folder.
            ValueError: its settings cannot be read.
        """
        if not self.config.is_file():
            raise FileNotFoundError(
                f"run is {self.path}; it must be a run folder, with a config.json"
            )
        try:
            settings = json.loads(self.config.read_text())
            settings["model"]["sizes"] = tuple(settings["model"]["sizes"])
            settings["model"] = ModelConfig(**settings["model"])
            settings["training"] = TrainingConfig(**settings["training"])
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self.config} cannot be read as a run's settings: {error!r}"
            ) from error
        return settings


@dataclass(frozen=True)
class Run:
    """A trained model and what turns its ids into music."""

    model: MusicLSTM
    vocabulary: Vocabulary
    encoding: Encoding
    settings: dict[str, Any]


def load_run(path: str | Path, checkpoint: Literal["best", "last"] = "best") -> Run:
    """Load the model of a run folder, with its vocabulary and its encoding.

    The training data is not needed.

    Raises:
        FileNotFoundError: no run folder.
        CheckpointError: no checkpoint in it, or one of another model.
    """
    folder = RunFolder(Path(path))
    settings = folder.settings()
    vocabulary = Vocabulary.load(folder.vocabulary)
    if not folder.checkpoints(checkpoint).is_dir():
        raise CheckpointError(
            f"run is {folder.path}, which has no {checkpoint} checkpoint; "
            "a run has one once its first validation is done"
        )
    shapes = jax.eval_shape(
        lambda: fresh_progress(settings["model"], settings["training"], len(vocabulary))
    )
    like = shapes.state.model if checkpoint == "best" else shapes
    belongs_to = {
        "model": dataclasses.asdict(settings["model"]),
        "encoding": settings["encoding"],
        "vocabulary": _vocabulary_json(vocabulary),
    }
    found = restore(folder.checkpoints(checkpoint), like, belongs_to).tree
    model = found if checkpoint == "best" else found.state.model
    return Run(model, vocabulary, encoding_from_config(settings["encoding"]), settings)


def identity(
    model: ModelConfig, training: TrainingConfig, dataset: Dataset, *, fixed: bool
) -> dict[str, Any]:
    """Return what a run's checkpoints belong to, JSON.

    With `fixed`, only the settings that a resumed run must share.
    """
    found = _settings_json(model, training, dataset)
    found["vocabulary"] = _vocabulary_json(dataset.vocabulary)
    if fixed:
        for name in _free(training):
            del found["training"][name]
    return found


def require_same_run(
    files: RunFolder, model: ModelConfig, training: TrainingConfig, dataset: Dataset
) -> None:
    """Raise ValueError naming a setting that is not the one a run was begun with."""
    saved = files.settings()
    for part, settings in {"model": model, "training": training}.items():
        for name, value in vars(settings).items():
            before = getattr(saved[part], name)
            if name not in _free(training) and value != before:
                raise ValueError(
                    f"{name} is {value}; the run to resume was begun with {before}"
                )
    now = {"corpus": dataset.description, "encoding": dataset.encoding.config()}
    for name, value in now.items():
        if saved[name] != value:
            raise ValueError(
                f"{name} is {value}; the run to resume was begun with {saved[name]}"
            )


def _free(training):
    free = {"steps_a_dispatch", "evaluate_every", "save_every"}
    return free | ({"steps"} if training.schedule == "constant" else set())


def _settings_json(model, training, dataset):
    return {
        "model": dataclasses.asdict(model),
        "training": dataclasses.asdict(training),
        "encoding": dataset.encoding.config(),
        "corpus": dataset.description,
    }


def _vocabulary_json(vocabulary):
    return {"symbols": list(vocabulary.symbols), "start": vocabulary.start}
