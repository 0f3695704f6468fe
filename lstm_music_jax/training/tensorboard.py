"""Writes the metrics of a run for TensorBoard, with tensorboardX."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The folder in a run folder that holds its event file.
TENSORBOARD = "tensorboard"


class EventFile:
    """An event file of TensorBoard that holds the lines of a metrics file.

    It is written anew when a run is resumed. So it has each point once, like the
    metrics file, even if a run was killed and took some steps again.
    """

    def __init__(self, folder: Path, metrics: Path) -> None:
        """Replace the event files of a folder by one that has the metrics so far.

        Args:
            folder: the folder for TensorBoard; a missing one is created.
            metrics: the metrics file.
        """
        from tensorboardX import SummaryWriter

        for path in folder.glob("events.out.tfevents.*"):
            path.unlink()
        self.writer = SummaryWriter(str(folder), flush_secs=10)
        for line in metrics.read_text().splitlines():
            self.add(json.loads(line))

    def add(self, fields: Mapping[str, Any]) -> None:
        """Add each number of a line of metrics as a point, at the step of the line.

        The line with the losses of the n-gram models has no step. They are added at
        step 0.

        Args:
            fields: the line; it maps names to numbers, and "step" to the step.
        """
        for name, value in fields.items():
            if name != "step" and value is not None:
                self.writer.add_scalar(name, value, fields.get("step", 0))

    def close(self) -> None:
        """Write what is left, and close the file."""
        self.writer.close()


def require_tensorboard() -> None:
    """Raise RuntimeError unless tensorboardX is installed."""
    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        raise RuntimeError(
            "tensorboardX is missing; tensorboard needs it: pip install "
            "'lstm-music-jax[tensorboard]'"
        ) from None
