"""The run folder: all that generation needs, and how to load it.

config.json        every setting, the encoding, where the corpus came from
vocabulary.json
metrics.jsonl      one line a dispatch, and one a validation
checkpoints/best/  the model of the lowest validation loss
checkpoints/last/  the model and the optimiser, to go on from
"""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.music.encodings import Encoding, encoding_from_config
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.training.checkpoints import CheckpointError, restore
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.dataset import Dataset
from lstm_music_jax.training.step import TrainState, initial_state
from lstm_music_jax.types import Scalar


class Progress(NamedTuple):
    """What the last checkpoint holds: the state, and the best loss up to it, nats."""

    state: TrainState
    best_loss: Scalar


def fresh_progress(
    model: ModelConfig, training: TrainingConfig, vocab_size: int
) -> Progress:
    """Return the beginning of a run."""
    state = initial_state(model, training, vocab_size)
    return Progress(state, jnp.float32(jnp.inf))


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
        if self.path.exists() and any(self.path.iterdir()):
            raise ValueError(
                f"run is {self.path}, which is not empty; name a new folder, or resume"
            )

    def describe(
        self, model: ModelConfig, training: TrainingConfig, dataset: Dataset
    ) -> None:
        """Write settings and vocabulary."""
        self.path.mkdir(parents=True, exist_ok=True)
        settings = {
            "model": dataclasses.asdict(model),
            "training": dataclasses.asdict(training),
            "encoding": dataset.encoding.config(),
            "corpus": dataset.description,
        }
        self.config.write_text(json.dumps(settings, indent=2) + "\n")
        dataset.vocabulary.save(self.vocabulary)

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
    saved = folder.checkpoints(checkpoint)
    if checkpoint == "best":
        model = restore(saved, shapes.state.model)
    else:
        model = restore(saved, shapes).state.model
    return Run(model, vocabulary, encoding_from_config(settings["encoding"]), settings)
