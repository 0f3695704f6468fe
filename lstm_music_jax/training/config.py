"""The settings of a run: frozen dataclasses, saved as JSON in its folder."""

from dataclasses import dataclass
from typing import Literal

from lstm_music_jax.training.objective import Objective

Schedule = Literal["constant", "cosine"]


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the model."""

    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer, the first one first."""
    dropout: float = 0.3
    """Share of units dropped behind each layer, in [0, 1)."""


@dataclass(frozen=True)
class TrainingConfig:
    """How it is trained."""

    steps: int = 2000
    """Updates in all."""
    batch_size: int = 64
    """Windows an update."""
    window: int = 100
    """Symbols a window."""
    crossing: bool = False
    """Let windows cross from piece to piece."""
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
    evaluate_every: int = 100
    """Updates between validations, each with a checkpoint."""
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
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"seed is {self.seed}; it must be in [0, 2^32)")
