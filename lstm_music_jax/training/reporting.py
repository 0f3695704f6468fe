"""The reports of a run: a metrics file, a progress bar, and a line per validation.

The metrics can also go to an event file for TensorBoard.

The baselines are the losses of n-gram models on the validation pieces. They are
reported for comparison with the losses of the LSTM.
"""

import json
import time
from pathlib import Path

import numpy as np

from lstm_music_jax.system.atomic_write import write_atomically
from lstm_music_jax.system.progress import Bar
from lstm_music_jax.training.baselines import Baselines
from lstm_music_jax.training.checkpoints import SaveError
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.tally import Sums, Tally
from lstm_music_jax.training.tensorboard import EventFile

_NAMES = {"loss": "train_loss", "accuracy": "train_accuracy"}


class Report:
    """Writes the metrics file of a run and shows its progress; a context manager."""

    def __init__(
        self,
        path: Path,
        training: TrainingConfig,
        baselines: Baselines | None,
        step: int,
        show: bool,
        events: EventFile | None = None,
    ) -> None:
        """Open the metrics file to append to it.

        Args:
            path: the metrics file.
            training: the settings of the run.
            baselines: the losses of n-gram models on the validation pieces; None if no
                pieces are held out.
            step: the step that the run starts or resumes from.
            show: whether to print as well. The metrics file is always written.
            events: an event file that also gets the metrics, and is closed at the end.
        """
        self.training, self.baselines = training, baselines
        self.events = events
        # The file is unbuffered, so that no line is lost however the process ends.
        self.path, self.file = path, path.open("ab", buffering=0)
        self.clock, self.save_seconds = time.perf_counter(), 0.0
        self.bar = Bar("step", training.steps, completed=step, show=show, stderr=False)

    def __enter__(self) -> "Report":
        """Start the progress bar, and report the baselines, if there are any."""
        self.bar.__enter__()
        if self.baselines is not None:
            self.bar.print(
                "to beat: unigram perplexity {:.2f}, 3-gram {:.2f}, "
                "Kneser-Ney 5-gram {:.2f}".format(*np.exp(self.baselines))
            )
            if not self.path.stat().st_size:
                self._write(
                    unigram_loss=self.baselines.unigram,
                    trigram_loss=self.baselines.trigram,
                    five_gram_loss=self.baselines.five_gram,
                )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the progress bar, and close the files."""
        self.bar.__exit__()
        self.file.close()
        if self.events is not None:
            self.events.close()

    def restart_clock(self) -> None:
        """Measure the training speed from now on, not from the last line of metrics."""
        self.clock = time.perf_counter()

    def trained(
        self, step: int, count: int, metrics: Sums, save_seconds: float
    ) -> None:
        """Write a line of metrics, after a compiled call has taken its training steps.

        Args:
            step: the number of the last step of this call.
            count: number of steps since this method or `restart_clock` was called last.
                The reported speed is that of these steps. It has no meaning if a
                complete run is resumed and takes no step.
            metrics: sums over the steps since the last line of metrics.
            save_seconds: total time that training has waited while checkpoints were
                saved.
        """
        now = time.perf_counter()
        symbols = count * self.training.batch_size * self.training.window
        rate, self.clock = symbols / (now - self.clock), now
        means = metrics.means()
        self._write(
            step=step,
            **{_NAMES.get(name, name): value for name, value in means.items()},
            notes_per_second=rate,
            save_seconds=save_seconds - self.save_seconds,
        )
        self.save_seconds = save_seconds
        status = f"loss {means['loss']:.3f}  {rate:,.0f} notes/s"
        self.bar.update(step, status)

    def validated(
        self, step: int, train_loss: float, loss: float | None, accuracy: float | None
    ) -> None:
        """Report a validation; without held-out pieces, only print the training loss.

        Args:
            step: number of training steps taken so far.
            train_loss: mean training loss since the last validation, in nats per
                symbol.
            loss: loss of the validation pieces, in nats per symbol; None if no pieces
                are held out.
            accuracy: share of the validation pieces' symbols that the model predicts
                correctly; None if no pieces are held out.
        """
        if loss is None or self.baselines is None:
            self.bar.print(f"step {step}: train {train_loss:.3f} nats")
            return
        self._write(step=step, validation_loss=loss, validation_accuracy=accuracy)
        self.bar.print(
            f"step {step}: train {train_loss:.3f}, validation {loss:.3f} nats, "
            f"perplexity {np.exp(loss):.2f} "
            f"(3-gram {np.exp(self.baselines.trigram):.2f}, "
            f"5-gram {np.exp(self.baselines.five_gram):.2f}), "
            f"accuracy {accuracy:.1%}"
        )

    def _write(self, **fields):
        line = (json.dumps(fields) + "\n").encode()
        try:
            # A disk that fills up accepts a part of the line, then refuses the rest.
            while line:
                line = line[self.file.write(line) :]
        except OSError as error:
            raise SaveError(
                f"{self.path} cannot be written: {error.strerror}; the checkpoints "
                "saved before are kept"
            ) from error
        if self.events is not None:
            self.events.add(fields)


def drop_lines_after(path: Path, step: int, tally: Tally) -> None:
    """Delete the lines of a metrics file that a run resumed at `step` will write again.

    A killed run may leave an incomplete line, which is deleted too. A complete run
    reports its last steps at its end. These lines are deleted too, because a resumed
    run may report the same steps together with later ones.

    Args:
        path: the metrics file.
        step: the step of the checkpoint from which the run is resumed.
        tally: the sums of metrics in this checkpoint. They count the steps from the
            last line of training, and from the last validation, to `step`. Later lines
            of each kind are deleted.
    """
    if not path.exists():
        return
    last_line = step - tally.since_line.steps
    last_validation = step - tally.since_validation.steps
    kept = []
    for line in path.read_bytes().decode(errors="replace").splitlines():
        try:
            fields = json.loads(line)
            last = last_validation if "validation_loss" in fields else last_line
            if fields.get("step", 0) <= last:
                kept.append(line + "\n")
        except (ValueError, AttributeError, TypeError):
            continue
    write_atomically(path, "".join(kept))
