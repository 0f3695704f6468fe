"""The training loop on the host: train, report, validate, save, stop on a signal.

A dispatch is one compiled call that takes several training steps.
"""

import os
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax import processes
from lstm_music_jax.devices import spread
from lstm_music_jax.training.baselines import Baselines, ngram_cross_entropies
from lstm_music_jax.training.checkpoints import Checkpoints, Restored, saved_steps
from lstm_music_jax.training.data import training_data
from lstm_music_jax.training.reporting import Report
from lstm_music_jax.training.run_folder import RunState
from lstm_music_jax.training.signals import Stopped, stop_on_signals
from lstm_music_jax.training.step import evaluate, train_steps
from lstm_music_jax.training.tally import Sums, Tally, dispatch_end, saves_after
from lstm_music_jax.training.tensorboard import TENSORBOARD, EventFile


class NonFiniteLossError(RuntimeError):
    """Raised if the loss or its gradient is infinite or NaN; the run has failed."""


class Result(NamedTuple):
    """The result of a training run.

    Attributes:
        step: the number of training steps that the run has taken.
        best_loss: the lowest validation loss, in nats per symbol. If nothing is held
            out, each validation loss is replaced by the mean training loss since the
            validation before.
        last_loss: the last validation loss, or what replaces it, in nats per symbol.
        baselines: the losses of n-gram models on the validation pieces; None if nothing
            is held out.
        save_seconds: how long training has waited while checkpoints were saved, since
            the run was started or resumed.
    """

    step: int
    best_loss: float
    last_loss: float
    baselines: Baselines | None
    save_seconds: float


class Loop:
    """A run in progress: its data, its compiled functions, and its training state."""

    def __init__(self, run_folder, dataset, training, devices, show, tensorboard):
        self.run_folder, self.training = run_folder, training
        self.show = show and processes.is_first()
        self.tensorboard = tensorboard and processes.is_first()
        self.data, self.validation_data = training_data(dataset, training)
        self.baselines = None
        if self.validation_data is not None:
            self.baselines = ngram_cross_entropies(
                dataset.train, dataset.validation, len(dataset.vocabulary)
            )
        unseen = dataset.vocabulary.unseen_ids
        self.train_steps = spread(
            partial(train_steps, config=training, unseen=unseen), devices
        )
        self.evaluate = spread(partial(evaluate, config=training), devices)

    def run(self, start: Restored, belongs_to: dict) -> Result:
        """Train to the last step, or until a signal comes.

        Args:
            start: the checkpoint to start from.
            belongs_to: JSON that describes the run, for its checkpoints.

        Raises:
            Stopped: a signal came. The run is saved.
            NonFiniteLossError: a loss or a gradient is not finite.
            SaveError: a file cannot be written.
        """
        self.state, self.best_model = start.tree
        self.step, self.tally = start.step, Tally.from_json(start.facts)
        best, last = (self.run_folder.checkpoints(kind) for kind in ("best", "last"))
        self.saved_step = self.step if self.step in saved_steps(last) else None
        with ExitStack() as stack:
            enter = stack.enter_context
            signalled = enter(stop_on_signals(self._announce_stop))
            # All processes must stop after the same step.
            self.stop = lambda: processes.any_process(signalled())
            self.best = enter(Checkpoints(best, belongs_to))
            self.last = enter(Checkpoints(last, belongs_to, keep=2))
            if self.saved_step is None:
                # The first checkpoint is saved before the first line of metrics. So a
                # run that has metrics but no checkpoint must have lost its checkpoint.
                self._save()
                self.last.wait()
            self.report = enter(
                Report(
                    self.run_folder.metrics
                    if processes.is_first()
                    else Path(os.devnull),
                    self.training,
                    self.baselines,
                    self.step,
                    self.show,
                    self._event_file() if self.tensorboard else None,
                )
            )
            while self.step < self.training.steps and not self.stop():
                self._advance()
                if self.step % self.training.evaluate_every == 0:
                    self._keep_if_best(self._validate())
                if saves_after(self.training, self.step):
                    self._save()
            self._save()
            best_loss = self.tally.best_loss
            if self.step == self.training.steps:
                best_loss = self._finish()
            stopped = self.stop()
        save_seconds = self.best.seconds + self.last.seconds
        if stopped:
            raise Stopped(self.run_folder.path, self.step, self.training.steps)
        if self.show:
            print(f"saving blocked training for {save_seconds:.2f} s in all")
        last_loss = self.tally.last_loss
        return Result(self.step, best_loss, last_loss, self.baselines, save_seconds)

    def _event_file(self):
        metrics = self.run_folder.metrics
        metrics.touch()
        return EventFile(self.run_folder.path / TENSORBOARD, metrics)

    def _advance(self):
        """Train until the next validation or checkpoint, a signal, or the last step."""
        self.report.restart_clock()
        step, pending, ended = self.step, None, False
        while not ended or pending:
            issued = None
            if not ended:
                end = min(dispatch_end(self.training, step), self.training.steps)
                self.state, metrics = self.train_steps(
                    self.state, self.data.batcher_at(step), jnp.int32(end - step)
                )
                issued, step = (step, end, metrics), end
                ended = (
                    step == self.training.steps
                    or step % self.training.evaluate_every == 0
                    or saves_after(self.training, step)
                )
            # Reading metrics waits until their dispatch has ended. So they are read
            # after the next dispatch is issued, and the device need not wait for it.
            if pending:
                self._record(*pending)
            pending = issued
            ended = ended or self.stop()
        self.step = step

    def _record(self, first, end, metrics):
        """Add the metrics of steps `first + 1` to `end` to the sums of the run.

        A line of metrics is written if a dispatch ends with these steps.

        Raises:
            NonFiniteLossError: a loss or a gradient is not finite.
            SaveError: the checkpoint that is being saved has failed, or the line
                cannot be written.
        """
        values = {
            name: np.asarray(leaf)[: end - first]
            for name, leaf in metrics._asdict().items()
        }
        finite = np.isfinite(values["loss"]) & np.isfinite(values["gradient_norm"])
        if not finite.all():
            raise NonFiniteLossError(
                "the loss or its gradient is not finite at step "
                f"{first + 1 + int(np.argmin(finite))}; the checkpoints before it are "
                f"kept, and a learning_rate below {self.training.learning_rate:g} "
                "may help"
            )
        self.last.require_no_failure()
        self.tally.since_line.add(values, end - first)
        self.tally.since_validation.add(values, end - first)
        if end == dispatch_end(self.training, first):
            self._write_line(end, end - first)
            self.tally.since_line = Sums()

    def _write_line(self, step, count):
        seconds = self.best.seconds + self.last.seconds
        self.report.trained(step, count, self.tally.since_line, seconds)

    def _validate(self):
        train_loss = self.tally.since_validation.means()["loss"]
        if self.validation_data is None:
            self.report.validated(self.step, train_loss, None, None)
            return train_loss
        totals = self.evaluate(self.state.model, self.validation_data)
        loss = float(totals.loss / totals.targets)
        if not np.isfinite(loss):
            raise NonFiniteLossError(
                f"the validation loss is not finite at step {self.step}"
            )
        accuracy = float(totals.correct / totals.targets)
        self.report.validated(self.step, train_loss, loss, accuracy)
        return loss

    def _keep_if_best(self, loss):
        self.tally.since_validation, self.tally.last_loss = Sums(), loss
        if loss < self.tally.best_loss:
            self.tally.best_loss, self.tally.best_step = loss, self.step
            self.best_model = jax.device_get(self.state.model)
            self._save_best(self.best_model)

    def _save_best(self, model):
        # If the run was killed and resumed, the model of this step may exist already.
        if self.step not in saved_steps(self.best.folder):
            self.best.save(self.step, model)

    def _save(self):
        if self.step != self.saved_step:
            run_state = RunState(self.state, self.best_model)
            self.last.save(self.step, run_state, self.tally.as_json())
            self.saved_step = self.step

    def _finish(self):
        """Report the last steps of a complete run; return its lowest validation loss.

        These are the steps since the last line of metrics, and since the last
        validation. The last checkpoint was saved before, so it still counts them as not
        reported. If the run is resumed to take more steps, it can therefore report the
        same as a run that took all steps at once.
        """
        if self.tally.since_line.steps:
            self._write_line(self.step, self.tally.since_line.steps)
        if not self.tally.since_validation.steps:
            return self.tally.best_loss
        loss = self.tally.last_loss = self._validate()
        if loss < self.tally.best_loss:
            self._save_best(self.state.model)
        return min(loss, self.tally.best_loss)

    def _announce_stop(self):
        if self.show:
            print(
                "stopping: saving after the training steps in progress; "
                "a second signal exits immediately",
                file=sys.stderr,
                flush=True,
            )
