"""What the host keeps of a run, exact to the bit wherever it is interrupted."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lstm_music_jax.training.config import TrainingConfig


@dataclass
class Sums:
    """Sums of the steps' metrics, by name.

    One step is added after the other, in float64: the mean does not depend on how
    many a dispatch took.
    """

    steps: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, metrics: Mapping[str, np.ndarray], steps: int) -> None:
        """Add metrics, each over the same steps."""
        for name, values in metrics.items():
            total = self.sums.get(name, 0.0)
            for value in values.tolist():
                total += value
            self.sums[name] = total
        self.steps += steps

    def means(self) -> dict[str, float]:
        """Return each metric's mean over the steps."""
        return {name: total / self.steps for name, total in self.sums.items()}


@dataclass
class Tally:
    """The losses so far, nats, and what has been summed and not yet been reported."""

    best_step: int = 0
    best_loss: float = float("inf")
    last_loss: float = float("inf")
    line: Sums = field(default_factory=Sums)
    """Since the last line of metrics."""
    stretch: Sums = field(default_factory=Sums)
    """Since the last validation."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, which keeps a float to the bit."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> "Tally":
        """Take back what `as_json` gave."""
        sums = {name: Sums(**saved[name]) for name in ("line", "stretch")}
        return cls(**{**saved, **sums})


def line_end(config: TrainingConfig, step: int) -> int:
    """Return where the dispatch that step + 1 is part of ends, for the settings alone.

    Dispatches are cut at validations and at checkpoints. Where they end depends on the
    step's number only, so that a resumed run reports the same steps together.
    """
    periods = [config.evaluate_every, config.save_every or config.evaluate_every]
    begin = max(step - step % period for period in periods)
    inside = (step - begin) % config.steps_a_dispatch
    ends = [step - step % period + period for period in periods]
    return min(step - inside + config.steps_a_dispatch, *ends)


def saves_at(config: TrainingConfig, step: int) -> bool:
    """Tell whether a checkpoint is due after a step."""
    return step % (config.save_every or config.evaluate_every) == 0
