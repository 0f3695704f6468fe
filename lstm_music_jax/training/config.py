"""The settings of a model and of its training: frozen dataclasses.

The scripts make a command-line flag of each field, with its docstring as help.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from lstm_music_jax.model.gates import SIGMOID, Gate, HardSigmoid

Batching = Literal["windows", "streams"]
Objective = Literal["all", "last"]
Schedule = Literal["constant", "cosine"]
InitialBias = Literal["counts", "zeros"]
Precision = Literal["float32", "bfloat16"]
MatmulPrecision = Literal["default", "tensorfloat32", "highest"]
Gates = Literal["sigmoid", "hard_sigmoid_fifth", "hard_sigmoid_sixth"]

_GATES: dict[str, Gate] = {
    "sigmoid": SIGMOID,
    "hard_sigmoid_fifth": HardSigmoid(1 / 5),
    "hard_sigmoid_sixth": HardSigmoid(1 / 6),
}
_CHOICES = {
    "batching": get_args(Batching),
    "objective": get_args(Objective),
    "schedule": get_args(Schedule),
    "initial_bias": get_args(InitialBias),
    "precision": get_args(Precision),
    "matmul_precision": get_args(MatmulPrecision),
}
_MAX_SEMITONES = 24
# Training takes about 20 bytes per parameter. If the memory is smaller, XLA aborts the
# process.
_MAX_PARAMETERS = 10**9


@dataclass(frozen=True)
class ModelConfig:
    """The architecture of the model, and how it is computed."""

    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer, the first layer first."""
    dropout: float = 0.3
    """Share of each layer's outputs that training drops, in [0, 1)."""
    gates: Gates = "sigmoid"
    """Activation of the gates: the logistic function, or a line of slope 1/5 or 1/6
    clipped to [0, 1]."""
    cores: int = 2
    """Number of CPU cores that share the matrix products when one sequence is
    generated. Apart from speed, it changes only the rounding of the logits. A resumed
    run keeps the value that it began with."""

    def __post_init__(self) -> None:
        """Raise ValueError if a setting of the model is not allowed.

        `gates` must name a known activation, and `cores` must be 1 or more. There must
        be at least one layer, and each size must be 1 or more. `dropout` must be in
        [0, 1). The kernels that do not depend on the vocabulary may have at most 10^9
        parameters.
        """
        if self.gates not in _GATES:
            raise ValueError(f"gates is {self.gates!r}; it must be one of {[*_GATES]}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}; it must be in [0, 1)")
        if self.cores < 1:
            raise ValueError(f"cores is {self.cores}; it must be 1 or more")
        if not self.sizes or min(self.sizes) < 1:
            raise ValueError(
                f"sizes is {self.sizes}; it takes one or more sizes of 1 or more"
            )
        # Biases, and the few parameters that depend on the vocabulary, are left out.
        inputs = (0, *self.sizes[:-1])
        parameters = sum(
            4 * size * (below + size)
            for below, size in zip(inputs, self.sizes, strict=True)
        )
        if parameters > _MAX_PARAMETERS:
            raise ValueError(
                f"sizes is {self.sizes}; its layers have {parameters:.0e} parameters, "
                f"and they may have at most {_MAX_PARAMETERS:.0e}"
            )

    @property
    def gate(self) -> Gate:
        """The activation function that `gates` names."""
        return _GATES[self.gates]


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of training."""

    steps: int = 2000
    """Number of training steps of the whole run."""
    batch_size: int = 64
    """Number of windows, or of streams, that a step reads."""
    window: int = 100
    """Number of symbols per window. With streams, number of symbols that a step reads
    from each stream."""
    batching: Batching = "windows"
    """`windows` cuts windows anywhere, shuffles them, and reads each from the zero
    state. `streams` lays all pieces end to end in shuffled order, cuts the result
    into batch_size parts, and reads each part from step to step, carrying its state.
    Gradients stop at the border between two steps."""
    cross_pieces: bool = False
    """Ignore the borders between pieces in training: a window may begin in one piece
    and end in the next, and a stream keeps its state when a new piece begins."""
    objective: Objective = "all"
    """Predict at every position of a window, or at the last position only."""
    initial_bias: InitialBias = "counts"
    """The output bias before the first step. `counts` begins with the frequencies of
    the symbols, so that training need not learn them. `zeros` favours no symbol, as in
    the original recipe."""
    learning_rate: float = 1e-3
    """Adam's learning rate at its peak."""
    schedule: Schedule = "constant"
    """Keep the learning rate constant, or let it fall to 0 along a cosine over all
    steps after the warm-up."""
    warmup_steps: int = 0
    """Number of steps before the learning rate is at its peak. It rises linearly, and
    is above 0 in the first step."""
    clip_norm: float | None = 1.0
    """Largest norm of the gradient; a longer one is scaled down. None for no
    clipping."""
    weight_decay: float = 0.0
    """Weight decay: a step subtracts this times the learning rate times each weight
    matrix."""
    label_smoothing: float = 0.0
    """Share of each target that is spread over the whole vocabulary, in [0, 1)."""
    unseen_share: float = 1e-3
    """Share of each target that is spread over the symbols that training never sees,
    if there are any, in [0, 1). So they keep a small probability. With label_smoothing,
    the sum of both must be below 1."""
    transpose: int = 0
    """Shift each window, or each piece of a stream, by a random number of semitones,
    at most this many up or down, among the shifts that the vocabulary allows; 0 to 24.
    If the vocabulary holds all symbols of the encoding Events or Performance, that is
    every shift within MIDI's 128 pitches."""
    stretch: float = 0.0
    """Stretch the time of each window, or of each piece of a stream, by a random one of
    five factors, at most this share below or above 1; in [0, 1). Only the encoding
    Performance counts time in seconds, so others must have 0."""
    precision: Precision = "float32"
    """Precision of the matrix products in training. bfloat16 adds them up in float32,
    and keeps parameters, states and gates in float32."""
    matmul_precision: MatmulPrecision = "default"
    """Precision of float32 products on hardware that offers several. The default is
    the device's own, tensorfloat32 on recent NVIDIA GPUs; highest is full float32."""
    evaluate_every: int = 100
    """Number of steps between two validations."""
    save_every: int | None = None
    """Number of steps between two checkpoints; None saves one at each validation."""
    steps_per_dispatch: int = 10
    """Largest number of steps per dispatch. A dispatch is one call of the compiled
    training program. It ends earlier if a validation or a checkpoint is due."""
    seed: int = 0
    """Seed of the parameters, the order of the data, its augmentation, and dropout."""

    def __post_init__(self) -> None:
        """Raise ValueError naming the first setting whose value is not allowed."""
        for name in (
            "steps",
            "batch_size",
            "window",
            "evaluate_every",
            "steps_per_dispatch",
        ):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} is {getattr(self, name)}; it must be 1 or more"
                )
        if self.save_every is not None and self.save_every < 1:
            raise ValueError(
                f"save_every is {self.save_every}; it must be 1 or more, or None"
            )
        if not 0 <= self.warmup_steps < self.steps:
            raise ValueError(
                f"warmup_steps is {self.warmup_steps}; it must be 0 or more, and below "
                f"the {self.steps} steps"
            )
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(
                f"learning_rate is {self.learning_rate}; it must be above 0 and finite"
            )
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise ValueError(
                f"clip_norm is {self.clip_norm}; it must be above 0, or None"
            )
        if not 0 <= self.weight_decay < float("inf"):
            raise ValueError(
                f"weight_decay is {self.weight_decay}; it must be 0 or more, and finite"
            )
        for name in ("label_smoothing", "unseen_share"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(
                    f"{name} is {getattr(self, name)}; it must be in [0, 1)"
                )
        if self.label_smoothing + self.unseen_share >= 1:
            raise ValueError(
                f"unseen_share is {self.unseen_share}; with a label_smoothing of "
                f"{self.label_smoothing} it must be below {1 - self.label_smoothing:g}"
            )
        if not 0 <= self.transpose <= _MAX_SEMITONES:
            raise ValueError(
                f"transpose is {self.transpose}; it must be 0 to {_MAX_SEMITONES}"
            )
        if not 0 <= self.stretch < 1:
            raise ValueError(f"stretch is {self.stretch}; it must be in [0, 1)")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; it must be one of {choices}"
                )
        if self.batching == "streams" and self.objective != "all":
            raise ValueError(
                f"objective is {self.objective!r}; with streams it must be 'all', "
                "because they predict at every position"
            )
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed is {self.seed}; it must be in [0, 2^32)")
