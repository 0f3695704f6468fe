"""The settings of a run: frozen dataclasses, saved as JSON in its folder."""

from dataclasses import dataclass
from typing import Literal, get_args

from lstm_music_jax.model.gates import SIGMOID, Gate, HardSigmoid

Batching = Literal["windows", "streams"]
Objective = Literal["all", "last"]
Schedule = Literal["constant", "cosine"]
Precision = Literal["float32", "bfloat16"]
MatmulPrecision = Literal["default", "tensorfloat32", "highest"]
Gates = Literal["sigmoid", "hard_sigmoid_fifth", "hard_sigmoid_sixth"]

_GATES = {
    "sigmoid": SIGMOID,
    "hard_sigmoid_fifth": HardSigmoid(1 / 5),
    "hard_sigmoid_sixth": HardSigmoid(1 / 6),
}


_CHOICES = {
    "batching": get_args(Batching),
    "objective": get_args(Objective),
    "schedule": get_args(Schedule),
    "precision": get_args(Precision),
    "matmul_precision": get_args(MatmulPrecision),
}
_MOST_SEMITONES = 24


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the model."""

    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer, the first one first."""
    dropout: float = 0.3
    """Share of units dropped behind each layer, in [0, 1)."""
    gates: Gates = "sigmoid"
    """What opens the gates: the logistic function, or a line of slope 1/5 or 1/6."""

    def __post_init__(self) -> None:
        """Raise ValueError for gates of another name."""
        if self.gates not in _GATES:
            raise ValueError(f"gates is {self.gates!r}; it must be one of {[*_GATES]}")

    @property
    def gate(self) -> Gate:
        """The gates' activation, as the layers take it."""
        return _GATES[self.gates]


@dataclass(frozen=True)
class TrainingConfig:
    """How it is trained."""

    steps: int = 2000
    """Updates in all."""
    batch_size: int = 64
    """Windows, or streams, an update."""
    window: int = 100
    """Symbols a window, or of each stream an update."""
    batching: Batching = "windows"
    """Windows from anywhere, shuffled, each from the zero state; or streams: all
    pieces end to end in shuffled order, cut into batch_size parts, each read on from
    update to update with its state carried. Gradients stop at an update's border."""
    crossing: bool = False
    """Let windows cross from piece to piece; let streams carry their state there."""
    objective: Objective = "all"
    """Predict every position of a window, or the last one only."""
    learning_rate: float = 1e-3
    """Adam's, at its peak."""
    schedule: Schedule = "constant"
    """Keep the learning rate, or let it fall to 0 as a cosine over all steps."""
    warmup: int = 0
    """Updates over which the learning rate rises from 0 to its peak."""
    clip: float | None = 1.0
    """Largest norm of the gradient; None for no clipping."""
    weight_decay: float = 0.0
    """Share of each matrix taken off an update, times the learning rate."""
    label_smoothing: float = 0.0
    """Share of each target spread over the whole vocabulary, in [0, 1)."""
    transpose: int = 0
    """Shift each window, or piece of a stream, by a random number of semitones up to
    this many up or down, out of the shifts that the vocabulary allows."""
    precision: Precision = "float32"
    """Of the matrix products in training: bfloat16 adds them up in float32, and keeps
    parameters, states and gates in float32."""
    matmul_precision: MatmulPrecision = "default"
    """Of float32 products on hardware that has several: the device's default is
    tensorfloat32 on recent NVIDIA GPUs; highest is float32 proper."""
    evaluate_every: int = 100
    """Updates between validations."""
    save_every: int | None = None
    """Updates between checkpoints; None for one at each validation."""
    steps_a_dispatch: int = 10
    """Updates in one call of the device."""
    seed: int = 0
    """Of parameters, window order and dropout."""

    def __post_init__(self) -> None:
        """Raise ValueError naming the first setting out of its range."""
        for name in (
            "steps",
            "batch_size",
            "window",
            "evaluate_every",
            "steps_a_dispatch",
        ):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} is {getattr(self, name)}; it must be 1 or more"
                )
        if self.save_every is not None and self.save_every < 1:
            raise ValueError(
                f"save_every is {self.save_every}; it must be 1 or more, or None"
            )
        if not 0 <= self.warmup < self.steps:
            raise ValueError(
                f"warmup is {self.warmup}; it must be 0 or more, and below the "
                f"{self.steps} steps"
            )
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(
                f"learning_rate is {self.learning_rate}; it must be above 0 and finite"
            )
        if self.clip is not None and not self.clip > 0:
            raise ValueError(f"clip is {self.clip}; it must be above 0, or None")
        if not 0 <= self.weight_decay < float("inf"):
            raise ValueError(
                f"weight_decay is {self.weight_decay}; it must be 0 or more, and finite"
            )
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(
                f"label_smoothing is {self.label_smoothing}; it must be in [0, 1)"
            )
        if not 0 <= self.transpose <= _MOST_SEMITONES:
            raise ValueError(
                f"transpose is {self.transpose}; it must be 0 to {_MOST_SEMITONES}"
            )
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; it must be one of {choices}"
                )
        if self.batching == "streams" and self.objective != "all":
            raise ValueError(
                f"objective is {self.objective!r}; streams predict every position "
                "('all')"
            )
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed is {self.seed}; it must be in [0, 2^32)")
