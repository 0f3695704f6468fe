"""The loop on the host: dispatch, watch, validate, save, and stop where it is told."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax import processes
from lstm_music_jax.devices import require_divisible, spread
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.training import run as runs
from lstm_music_jax.training.baselines import Baselines, ngram_cross_entropies
from lstm_music_jax.training.checkpoints import (
    Checkpoints,
    Restored,
    remove,
    replace_all,
    restore,
    saved_steps,
)
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.data import training_data
from lstm_music_jax.training.reporting import Report, drop_after
from lstm_music_jax.training.signals import Stopped, stop_on_signals
from lstm_music_jax.training.step import evaluate, train_steps
from lstm_music_jax.training.tally import Sums, Tally, line_end, saves_at


class NonFiniteLossError(RuntimeError):
    """The loss or the gradient stopped being a number; the run cannot go on."""


class Result(NamedTuple):
    """How a run ended: nats a symbol, of the lowest validation loss and of the last.

    Where nothing is held out, `best_loss` is the lowest mean training loss.
    `save_seconds` is for how long saving held the run up.
    """

    step: int
    best_loss: float
    last_loss: float
    baselines: Baselines | None
    save_seconds: float


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

    SIGINT and SIGTERM let the dispatch in flight end and the run be saved; a second
    one exits at once. (In the main thread, that is: elsewhere signals are left alone.)

    Args:
        folder: a new or empty folder, or the run to go on with.
        dataset: what to train on.
        model: the shape of the model.
        training: how to train it; a resumed run may only change `steps` and the
            settings that do not change what is computed.
        resume: go on from the last checkpoint of the folder, or from the beginning if
            it was stopped before the first one.
        devices: all there are by default, those of other processes included (see
            `processes.join`), which then call this too; they must divide the batch.
            Another number than the run was begun with changes its rounding only.
        show: print a progress bar and a line a validation.

    Raises:
        ValueError: a setting that does not fit, or a folder that does not.
        NonFiniteLossError: the run diverged; its last good checkpoint is kept.
        SaveError: a file cannot be written; the checkpoints before it are kept.
        Stopped: by a signal; everything up to there is saved.
    """
    files = runs.RunFolder(Path(folder))
    if resume:
        runs.require_same_run(files, model, training, dataset)
    else:
        files.require_new()
    devices = jax.devices() if devices is None else devices
    require_divisible(training.batch_size, len(devices))
    begin = Restored(
        0,
        runs.fresh_progress(model, training, len(dataset.vocabulary)),
        Tally().as_json(),
    )
    if saved_steps(files.checkpoints("last")):
        required = runs.identity(model, training, dataset, fixed=True)
        begin = restore(files.checkpoints("last"), begin.tree, required)
    loop = _Loop(files, dataset, training, devices, show)
    belongs_to = runs.identity(model, training, dataset, fixed=False)
    # Nothing changes in the folder before every process has read what it needs.
    processes.wait_for_all("the run's folder is read")
    if processes.is_first():
        files.describe(model, training, dataset)
        _agree_with_beginning(files, begin, belongs_to)
    return loop.run(begin, belongs_to)


def _agree_with_beginning(files, begin, belongs_to):
    """Make the folder what it was when the checkpoint to begin with was saved."""
    tally, best_model = Tally.from_json(begin.facts), begin.tree.best
    drop_after(files.metrics, begin.step, tally)
    last = files.checkpoints("last")
    # Damaged ones: a newer one that is not would have been begun with.
    for step in saved_steps(last):
        if step > begin.step:
            remove(last, step)
    best = files.checkpoints("best")
    replace_all(best, belongs_to, tally.best_step or None, best_model)


class _Loop:
    """One run: what stays the same from dispatch to dispatch, and the running state."""

    def __init__(self, files, dataset, training, devices, show):
        self.files, self.training = files, training
        self.show = show and processes.is_first()
        self.windows, self.validation = training_data(dataset, training)
        self.baselines = None
        if self.validation is not None:
            self.baselines = ngram_cross_entropies(
                dataset.train, dataset.validation, len(dataset.vocabulary)
            )
        self.step_many = spread(partial(train_steps, config=training), devices)
        self.evaluate = spread(partial(evaluate, config=training), devices)

    def run(self, begin: Restored, belongs_to: dict) -> Result:
        """Train to the end, or to a signal."""
        self.state, self.best_model = begin.tree
        self.step, self.tally = begin.step, Tally.from_json(begin.facts)
        last = self.files.checkpoints("last")
        self.saved = self.step if self.step in saved_steps(last) else None
        with ExitStack() as stack:
            enter = stack.enter_context
            signalled = enter(stop_on_signals(self._tell_of_signal))
            self.stop = lambda: processes.any_says(signalled())
            self.report = enter(
                Report(
                    self.files.metrics if processes.is_first() else Path(os.devnull),
                    self.training,
                    self.baselines,
                    self.step,
                    self.show,
                )
            )
            self.best = enter(Checkpoints(self.files.checkpoints("best"), belongs_to))
            self.last = enter(
                Checkpoints(self.files.checkpoints("last"), belongs_to, keep=2)
            )
            while self.step < self.training.steps and not self.stop():
                self._advance()
                if self.step % self.training.evaluate_every == 0:
                    self._keep_if_best(self._validate())
                if saves_at(self.training, self.step):
                    self._save()
            self._save()
            best_loss = self.tally.best_loss
            if self.step == self.training.steps:
                best_loss = self._close()
            stopped = self.stop()
        save_seconds = self.best.seconds + self.last.seconds
        if stopped:
            raise Stopped(self.files.path, self.step, self.training.steps)
        if self.show:
            print(f"saving held the run up for {save_seconds:.2f} s in all")
        last_loss = self.tally.last_loss
        return Result(self.step, best_loss, last_loss, self.baselines, save_seconds)

    def _advance(self):
        """Dispatch up to the next validation or checkpoint, or until told to stop."""
        self.report.restart_clock()
        step, pending, ended = self.step, None, False
        while not ended or pending:
            issued = None
            if not ended:
                end = min(line_end(self.training, step), self.training.steps)
                self.state, metrics = self.step_many(
                    self.state, self.windows, jnp.int32(end - step)
                )
                issued, step = (step, end, metrics), end
                ended = (
                    step == self.training.steps
                    or step % self.training.evaluate_every == 0
                    or saves_at(self.training, step)
                )
            # Read one dispatch late: the device is already busy with the next.
            if pending:
                self._read(*pending)
            pending = issued
            ended = ended or self.stop()
        self.step = step

    def _read(self, begin, end, metrics):
        values = {
            name: np.asarray(leaf)[: end - begin]
            for name, leaf in metrics._asdict().items()
        }
        finite = np.isfinite(values["loss"]) & np.isfinite(values["gradient_norm"])
        if not finite.all():
            raise NonFiniteLossError(
                "the loss or its gradient is not finite at step "
                f"{begin + 1 + int(np.argmin(finite))}; the checkpoints before it are "
                f"kept, and a learning_rate below {self.training.learning_rate:g} "
                "may help"
            )
        self.last.require_no_failure()
        self.tally.line.add(values, end - begin)
        self.tally.stretch.add(values, end - begin)
        if end == line_end(self.training, begin):
            self._write_line(end, end - begin)
            self.tally.line = Sums()

    def _write_line(self, step, count):
        seconds = self.best.seconds + self.last.seconds
        self.report.trained(step, count, self.tally.line, seconds)

    def _validate(self):
        train_loss = self.tally.stretch.means()["loss"]
        if self.validation is None:
            self.report.validated(self.step, train_loss, None, None)
            return train_loss
        totals = self.evaluate(self.state.model, self.validation)
        loss = float(totals.loss / totals.count)
        if not np.isfinite(loss):
            raise NonFiniteLossError(
                f"the validation loss is not finite at step {self.step}"
            )
        accuracy = float(totals.correct / totals.count)
        self.report.validated(self.step, train_loss, loss, accuracy)
        return loss

    def _keep_if_best(self, loss):
        self.tally.stretch, self.tally.last_loss = Sums(), loss
        if loss < self.tally.best_loss:
            self.tally.best_loss, self.tally.best_step = loss, self.step
            self.best_model = jax.device_get(self.state.model)
            self.best.save(self.step, self.best_model)

    def _save(self):
        if self.step != self.saved:
            progress = runs.Progress(self.state, self.best_model)
            self.last.save(self.step, progress, self.tally.as_json())
            self.saved = self.step

    def _close(self):
        """Report the steps behind the last validation; returns the lowest loss.

        This is for this end alone, and not in the checkpoint: a run that is given more
        steps later shall go on as if it had not ended here.
        """
        if self.tally.line.steps:
            self._write_line(self.step, self.tally.line.steps)
        if not self.tally.stretch.steps:
            return self.tally.best_loss
        loss = self.tally.last_loss = self._validate()
        if loss < self.tally.best_loss:
            self.best.save(self.step, self.state.model)
        return min(loss, self.tally.best_loss)

    def _tell_of_signal(self):
        if self.show:
            print(
                "stopping: saving after the dispatch in flight; "
                "a second signal ends at once",
                file=sys.stderr,
                flush=True,
            )
