"""The loop on the host: dispatch, watch, validate, save, and say how it goes."""

import json
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from lstm_music_jax import parallel
from lstm_music_jax.training import run as runs
from lstm_music_jax.training.baselines import Baselines, ngram_cross_entropies
from lstm_music_jax.training.checkpoints import Checkpoints, restore
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.data import Windows, cut_windows
from lstm_music_jax.training.dataset import Dataset
from lstm_music_jax.training.step import StepMetrics, evaluate, train_steps


class NonFiniteLossError(RuntimeError):
    """The loss or the gradient stopped being a number; the run cannot go on."""


class Result(NamedTuple):
    """How a run ended: nats a symbol, of the lowest validation loss and of the last.

    Where nothing is held out, `best_loss` is the lowest mean training loss.
    """

    step: int
    best_loss: float
    last_loss: float
    baselines: Baselines | None


def train(
    folder: str | Path,
    dataset: Dataset,
    model: ModelConfig,
    training: TrainingConfig,
    *,
    resume: bool = False,
    devices: Sequence[jax.Device] | None = None,
    show: bool = True,
) -> Result:
    """Train a model on a dataset into a run folder, to be read by `load_run`.

    Args:
        folder: a new or empty folder, or the run to go on with.
        dataset: what to train on.
        model: the shape of the model.
        training: how to train it; a resumed run may only change `steps` and the
            settings that do not change what is computed.
        resume: go on from the last checkpoint of the folder.
        devices: all local ones by default; they must divide the batch.
        show: print a progress bar and a line a validation.

    Raises:
        ValueError: a setting that does not fit, or a folder that does not.
        NonFiniteLossError: the run diverged; its last good checkpoint is kept.
    """
    files = runs.RunFolder(Path(folder))
    if resume:
        _require_same_run(files, model, training, dataset)
    else:
        files.require_new()
    devices = jax.local_devices() if devices is None else devices
    parallel.require_divisible(training.batch_size, len(devices))
    begin = runs.fresh_progress(model, training, len(dataset.vocabulary))
    if resume:
        begin = restore(files.checkpoints("last"), begin)
    loop = _Loop(files, dataset, training, devices, show)
    files.describe(model, training, dataset)
    return loop.run(begin)


class _Loop:
    """One run: what stays the same from dispatch to dispatch, and the running state."""

    def __init__(self, files, dataset, training, devices, show):
        self.files, self.training = files, training
        self.windows, self.validation = _cut(dataset, training)
        self.baselines = None
        if self.validation is not None:
            self.baselines = ngram_cross_entropies(
                dataset.train, dataset.validation, len(dataset.vocabulary)
            )
        self.step_many = parallel.spread(partial(train_steps, config=training), devices)
        self.evaluate = parallel.spread(partial(evaluate, config=training), devices)
        self.show = show

    def run(self, begin: runs.Progress) -> Result:
        """Train to the end."""
        state, best_loss = begin.state, float(begin.best_loss)
        step, loss = int(state.step), best_loss
        _truncate(self.files.metrics, step)
        with (
            Checkpoints(self.files.checkpoints("best")) as best,
            Checkpoints(self.files.checkpoints("last"), keep=2) as last,
            open(self.files.metrics, "a") as metrics,
            _Display(self, step, metrics) as display,
        ):
            while step < self.training.steps:
                state, train_loss = self._until_evaluation(state, step, display)
                step = int(state.step)
                loss = self._validate(state, step, train_loss, display)
                if loss < best_loss:
                    best_loss = loss
                    best.save(step, state.model)
                last.save(step, runs.Progress(state, jnp.float32(best_loss)))
        return Result(step, best_loss, loss, self.baselines)

    def _until_evaluation(self, state, step, display):
        """Dispatch up to the next validation; returns the mean loss on the way."""
        every = self.training.evaluate_every
        end = min(step - step % every + every, self.training.steps)
        losses, pending = [], None
        while step < end or pending:
            issued = None
            if step < end:
                count = min(self.training.steps_a_dispatch, end - step)
                state, metrics = self.step_many(state, self.windows, jnp.int32(count))
                issued = (step, count, metrics)
                step += count
            # Read one dispatch late: the device is already busy with the next.
            if pending:
                losses.append(self._read(*pending, display))
            pending = issued
        return state, float(np.mean(np.concatenate(losses)))

    def _read(self, step, count, metrics, display):
        metrics = StepMetrics(*(np.asarray(leaf)[:count] for leaf in metrics))
        finite = np.isfinite(metrics.loss) & np.isfinite(metrics.gradient_norm)
        if not finite.all():
            raise NonFiniteLossError(
                "the loss or its gradient is not finite at step "
                f"{step + 1 + int(np.argmin(finite))}; the checkpoints before it are "
                f"kept, and a learning_rate below {self.training.learning_rate:g} "
                "may help"
            )
        display.trained(step + count, count, metrics)
        return metrics.loss

    def _validate(self, state, step, train_loss, display):
        if self.validation is None:
            display.validated(step, train_loss, None, None)
            return train_loss
        totals = self.evaluate(state.model, self.validation)
        loss = float(totals.loss / totals.count)
        if not np.isfinite(loss):
            raise NonFiniteLossError(
                f"the validation loss is not finite at step {step}"
            )
        display.validated(step, train_loss, loss, float(totals.correct / totals.count))
        return loss


class _Display:
    """The metrics file, the progress bar, and a line a validation."""

    def __init__(self, loop, step, metrics):
        self.loop, self.metrics, self.last_time = loop, metrics, time.perf_counter()
        self.bar = Progress(
            TextColumn("step {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(),
            disable=not loop.show,
        )
        self.task = self.bar.add_task(
            "", total=loop.training.steps, completed=step, status=""
        )

    def __enter__(self):
        self.bar.start()
        if self.loop.baselines is not None:
            self._say(
                "to beat: unigram perplexity {:.2f}, 3-gram {:.2f}".format(
                    *np.exp(self.loop.baselines)
                )
            )
            self._write(
                unigram_loss=self.loop.baselines.unigram,
                trigram_loss=self.loop.baselines.trigram,
            )
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def trained(self, step: int, count: int, metrics: StepMetrics) -> None:
        """Note one dispatch."""
        now = time.perf_counter()
        symbols = count * self.loop.training.batch_size
        symbols *= self.loop.training.window
        rate, self.last_time = symbols / (now - self.last_time), now
        loss = float(metrics.loss.mean())
        self._write(
            step=step,
            train_loss=loss,
            train_accuracy=float(metrics.accuracy.mean()),
            gradient_norm=float(metrics.gradient_norm.mean()),
            notes_per_second=rate,
        )
        status = f"loss {loss:.3f}  {rate:,.0f} notes/s"
        self.bar.update(self.task, completed=step, status=status)

    def validated(
        self, step: int, train_loss: float, loss: float | None, accuracy: float | None
    ) -> None:
        """Note one validation, or the end of a stretch where nothing is held out."""
        if loss is None:
            self._say(f"step {step}: train {train_loss:.3f} nats")
            return
        self._write(step=step, validation_loss=loss, validation_accuracy=accuracy)
        self._say(
            f"step {step}: train {train_loss:.3f}, validation {loss:.3f} nats, "
            f"perplexity {np.exp(loss):.2f} "
            f"(3-gram {np.exp(self.loop.baselines.trigram):.2f}), "
            f"accuracy {accuracy:.1%}"
        )

    def _say(self, line):
        if self.loop.show:
            self.bar.console.print(line, highlight=False)

    def _write(self, **fields):
        self.metrics.write(json.dumps(fields) + "\n")
        self.metrics.flush()


def _cut(dataset: Dataset, training: TrainingConfig) -> tuple[Windows, Windows | None]:
    every_position = training.objective == "all"
    pieces = dataset.train
    if training.crossing:
        pieces = [np.concatenate(pieces)]
    windows = cut_windows(pieces, training.window, partial=every_position)
    if not dataset.validation:
        return windows, None
    # Predicting only the last position of a window takes a window a prediction: a
    # tenth of them is enough to tell how the loss goes.
    stride = training.window if every_position else max(1, training.window // 10)
    return windows, cut_windows(
        dataset.validation, training.window, stride=stride, partial=every_position
    )


def _require_same_run(files, model, training, dataset):
    saved = files.settings()
    free = {"steps_a_dispatch", "evaluate_every"}
    if training.schedule == "constant":
        free.add("steps")
    now = {"model": model, "training": training}
    for part, settings in now.items():
        for name, value in vars(settings).items():
            before = getattr(saved[part], name)
            if name not in free and value != before:
                raise ValueError(
                    f"{name} is {value}; the run to resume was begun with {before}"
                )
    if saved["corpus"] != dataset.description:
        raise ValueError(
            f"corpus is {dataset.description}; the run to resume was begun with "
            f"{saved['corpus']}"
        )
    if saved["encoding"] != dataset.encoding.config():
        raise ValueError(
            f"encoding is {dataset.encoding.config()}; the run to resume was begun "
            f"with {saved['encoding']}"
        )


def _truncate(path: Path, step: int) -> None:
    """Drop the lines of steps that a resumed run takes again."""
    if path.exists():
        lines = [
            line
            for line in path.read_text().splitlines()
            if json.loads(line).get("step", step + 1) <= step
        ]
        path.write_text("".join(line + "\n" for line in lines))
