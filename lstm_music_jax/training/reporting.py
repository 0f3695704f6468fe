"""What a run says of itself: metrics, a progress bar, a line a validation."""

import json
import time
from pathlib import Path

import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.training.baselines import Baselines
from lstm_music_jax.training.checkpoints import SaveError
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.tally import Sums, Tally

_NAMES = {"loss": "train_loss", "accuracy": "train_accuracy"}


class Report:
    """The metrics file and the display of one run; a context."""

    def __init__(
        self,
        path: Path,
        training: TrainingConfig,
        baselines: Baselines | None,
        step: int,
        show: bool,
    ) -> None:
        """Go on from a step; `show` prints, the file is written anyway."""
        self.training, self.baselines, self.show = training, baselines, show
        # Unbuffered: what is written is in the file, whatever ends the process.
        self.path, self.file = path, path.open("ab", buffering=0)
        self.since, self.saved_before = time.perf_counter(), 0.0
        self.bar = Progress(
            TextColumn("step {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(),
            disable=not show,
        )
        self.task = self.bar.add_task(
            "", total=training.steps, completed=step, status=""
        )

    def __enter__(self) -> "Report":
        """Start the bar, and say what there is to beat."""
        self.bar.start()
        if self.baselines is not None:
            self.say(
                "to beat: unigram perplexity {:.2f}, 3-gram {:.2f}".format(
                    *np.exp(self.baselines)
                )
            )
            if not self.path.stat().st_size:
                self._write(
                    unigram_loss=self.baselines.unigram,
                    trigram_loss=self.baselines.trigram,
                )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the bar, close the file."""
        self.bar.stop()
        self.file.close()

    def restart_clock(self) -> None:
        """Leave out of the training's speed what was done since the last line."""
        self.since = time.perf_counter()

    def trained(self, step: int, count: int, line: Sums, save_seconds: float) -> None:
        """Note a dispatch of `count` steps that completes a line.

        `save_seconds` is for how long saving has held the run up so far.
        """
        now = time.perf_counter()
        symbols = count * self.training.batch_size * self.training.window
        rate, self.since = symbols / (now - self.since), now
        means = line.means()
        self._write(
            step=step,
            **{_NAMES.get(name, name): value for name, value in means.items()},
            notes_per_second=rate,
            save_seconds=save_seconds - self.saved_before,
        )
        self.saved_before = save_seconds
        status = f"loss {means['loss']:.3f}  {rate:,.0f} notes/s"
        self.bar.update(self.task, completed=step, status=status)

    def validated(
        self, step: int, train_loss: float, loss: float | None, accuracy: float | None
    ) -> None:
        """Note one validation, or the end of a stretch where nothing is held out."""
        if loss is None:
            self.say(f"step {step}: train {train_loss:.3f} nats")
            return
        self._write(step=step, validation_loss=loss, validation_accuracy=accuracy)
        self.say(
            f"step {step}: train {train_loss:.3f}, validation {loss:.3f} nats, "
            f"perplexity {np.exp(loss):.2f} "
            f"(3-gram {np.exp(self.baselines.trigram):.2f}), "
            f"accuracy {accuracy:.1%}"
        )

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if self.show:
            self.bar.console.print(line, highlight=False)

    def _write(self, **fields):
        line = (json.dumps(fields) + "\n").encode()
        try:
            # A disk that fills up takes a part of the line, and refuses the rest.
            while line:
                line = line[self.file.write(line) :]
        except OSError as error:
            raise SaveError(
                f"{self.path} cannot be written: {error.strerror}; the checkpoints "
                "saved before are kept"
            ) from error


def drop_after(path: Path, step: int, tally: Tally) -> None:
    """Drop the lines of what a run resumed at a step reports again.

    So are a line that was being written as the run was killed, and what the run noted
    at its end for that end alone.
    """
    if not path.exists():
        return
    trained, validated = step - tally.line.steps, step - tally.stretch.steps
    kept = []
    for line in path.read_bytes().decode(errors="replace").splitlines():
        try:
            fields = json.loads(line)
            last = validated if "validation_loss" in fields else trained
            if fields.get("step", 0) <= last:
                kept.append(line + "\n")
        except (ValueError, AttributeError, TypeError):
            continue
    write_atomically(path, "".join(kept))
