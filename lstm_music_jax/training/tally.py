"""The losses and the sums of metrics that the host keeps during a run.

Checkpoints hold them without rounding.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lstm_music_jax.training.config import TrainingConfig


@dataclass
class Sums:
    """Sums of the metrics of training steps, by name, and the number of these steps.

    Steps are added one after another, in float64. So the sums do not depend on how many
    steps a compiled call takes.
    """

    steps: int = 0
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, metrics: Mapping[str, np.ndarray], steps: int) -> None:
        """Add the metrics of some training steps, one array `[steps]` per metric."""
        for name, values in metrics.items():
            total = self.sums.get(name, 0.0)
            for value in values.tolist():
                total += value
            self.sums[name] = total
        self.steps += steps

    def means(self) -> dict[str, float]:
        """Return the mean of each metric over the steps that were added."""
        return {name: total / self.steps for name, total in self.sums.items()}


@dataclass
class Tally:
    """The best and last loss of a run, and sums of the metrics of its latest steps.

    `best_loss` is the lowest validation loss so far, and `best_step` the step at which
    it was measured. `last_loss` is the newest one. Losses are in nats per symbol. If no
    pieces are held out, mean training losses take the place of validation losses.
    Before the first validation, the losses are infinite and the step is 0.
    """

    best_step: int = 0
    best_loss: float = float("inf")
    last_loss: float = float("inf")
    since_line: Sums = field(default_factory=Sums)
    """Sums over the steps since the last line of training in the metrics file."""
    since_validation: Sums = field(default_factory=Sums)
    """Sums over the steps since the last validation."""

    def as_json(self) -> dict[str, Any]:
        """Return the tally as JSON, without rounding its floats."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> "Tally":
        """Restore a tally from the result of `as_json`."""
        sums = {
            name: Sums(**saved[name]) for name in ("since_line", "since_validation")
        }
        return cls(**{**saved, **sums})


def dispatch_end(config: TrainingConfig, step: int) -> int:
    """Return the last step of the dispatch that takes the step after `step`.

    A dispatch is one compiled call that takes several training steps. It ends, at the
    latest, at the next step after which the run validates or saves a checkpoint. Its
    end depends only on the settings and on `step`, so a resumed run has the same
    dispatches.
    """
    periods = [config.evaluate_every, config.save_every or config.evaluate_every]
    start = max(step - step % period for period in periods)
    position = (step - start) % config.steps_per_dispatch
    ends = [step - step % period + period for period in periods]
    return min(step - position + config.steps_per_dispatch, *ends)


def saves_after(config: TrainingConfig, step: int) -> bool:
    """Return whether the settings ask for a checkpoint after this step."""
    return step % (config.save_every or config.evaluate_every) == 0
