"""Train a model: open a new run folder or resume one, then run the loop."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import jax

from lstm_music_jax import processes
from lstm_music_jax.devices import require_divisible
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.system.folder_lock import locked
from lstm_music_jax.training.checkpoints import (
    Restored,
    keep_newest,
    replace_all,
    saved_steps,
    set_aside,
)
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.data import target_counts, with_unseen
from lstm_music_jax.training.loop import Loop, Result
from lstm_music_jax.training.reporting import drop_lines_after
from lstm_music_jax.training.run_folder import (
    RunFolder,
    initial_run_state,
    require_same_run,
    restore_last,
)
from lstm_music_jax.training.settings import changeable_settings, owner_of_checkpoints
from lstm_music_jax.training.tally import Tally
from lstm_music_jax.training.tensorboard import require_tensorboard


class LostProcessError(RuntimeError):
    """Raised if a computation across several processes fails because one has ended."""


def train(
    folder: str | Path,
    dataset: Dataset,
    model: ModelConfig,
    training: TrainingConfig,
    *,
    resume: bool = False,
    devices: Sequence[jax.Device] | None = None,
    show: bool = True,
    tensorboard: bool = False,
) -> Result:
    """Train a model on a dataset, and save it in a run folder, which `load_run` reads.

    On SIGINT or SIGTERM, once training has begun, the training steps that the device is
    computing are completed, the run is saved, and Stopped is raised. A second signal
    exits the process immediately. Signals are only handled when `train` runs in the
    main thread.

    Args:
        folder: a new or empty folder, or the folder of the run to resume.
        dataset: the training and validation pieces, their vocabulary and encoding.
        model: the settings of the model. A resumed run ignores `cores`, and keeps the
            value that its folder holds.
        training: the settings of the training. A resumed run may change
            `evaluate_every`, `save_every` and `steps_per_dispatch`, and with a constant
            schedule also `steps`.
        resume: continue from the last checkpoint of the folder, or from the start if
            the run was stopped before it saved one.
        devices: the devices to use; their number must divide the batch size. The
            default is every device of every process (see `processes.join`); each
            process then calls `train`. A run may be resumed on another number of
            devices, which only changes rounding.
        show: print a progress bar, and a line per validation.
        tensorboard: also write the metrics to the folder `tensorboard` of the run.

    Raises:
        FileNotFoundError: `resume` is True, and the folder is not a run folder.
        ValueError: a setting is not allowed with this dataset or these devices. Or the
            folder is not empty although `resume` is False. Or it holds a run with other
            settings or another dataset, or one that cannot be resumed.
        RuntimeError: `tensorboard` is given, and tensorboardX is not installed. Or,
            with several processes, the first one cannot begin; its error says why.
        FolderInUseError: another process trains in the folder.
        NonFiniteLossError: the run has diverged. Its last checkpoint is kept.
        OSError: the folder cannot be opened for writing.
        SaveError: a file cannot be written. The checkpoints saved earlier are kept.
        LostProcessError: another process has ended. The checkpoints saved earlier are
            kept.
        Stopped: a signal came. The run is saved, and can be resumed.
    """
    if tensorboard:
        require_tensorboard()
    run_folder = RunFolder(Path(folder))
    dataset = with_unseen(dataset, training)
    if resume:
        model = require_same_run(run_folder, model, training, dataset)
    else:
        run_folder.require_new()
    devices = jax.devices() if devices is None else devices
    require_divisible(training.batch_size, len(devices))
    belongs_to = owner_of_checkpoints(model, training, dataset)
    start = Restored(
        0,
        initial_run_state(
            model, training, len(dataset.vocabulary), target_counts(dataset)
        ),
        Tally().as_json(),
    )
    loop = Loop(run_folder, dataset, training, devices, show, tensorboard)
    with ExitStack() as stack:
        processes.in_first(lambda: stack.enter_context(locked(run_folder.path)))
        if not resume:
            # Another process may have begun a run since this was checked above.
            run_folder.require_new()
        run_folder.require_resumable()
        if saved_steps(run_folder.checkpoints("last")):
            unchangeable = _unchangeable(belongs_to, training)
            start = restore_last(run_folder, start.tree, unchangeable)
        if training.steps < start.step:
            raise ValueError(
                f"steps is {training.steps}; it must be at least {start.step}, because "
                "the run has taken so many steps already"
            )
        # No process may change the folder before every process has read it.
        processes.wait_for_all("the run's folder is read")

        def prepare():
            run_folder.describe(model, training, dataset)
            _roll_back(run_folder, start, belongs_to)

        processes.in_first(prepare)
        try:
            return loop.run(start, belongs_to)
        except (RuntimeError, ValueError) as error:
            if not processes.has_lost_others(error):
                raise
            raise LostProcessError(
                "the processes cannot compute together any more, because one has ended "
                f"or failed; when all have ended, resume the run in {run_folder.path} "
                f"({error})"
            ) from error


def _unchangeable(belongs_to, training):
    fixed = dict(belongs_to["training"])
    for name in changeable_settings(training):
        del fixed[name]
    return belongs_to | {"training": fixed}


def _roll_back(run_folder, start, belongs_to):
    """Restore the run folder as it was when the checkpoint `start` was saved.

    Metrics of later steps are removed, because the run computes them again. Newer
    checkpoints of the training state are renamed. The best model of `start` becomes the
    only one in its folder. If `start` was saved before the first validation, the newest
    readable best model stays there.

    If the folder of the best model held a readable checkpoint, it holds one at any
    time, even if the function is interrupted.

    Args:
        run_folder: the run folder.
        start: the checkpoint from which the run resumes.
        belongs_to: JSON that describes the run, for the checkpoint of the best model.
    """
    tally, best_model = Tally.from_json(start.facts), start.tree.best
    drop_lines_after(run_folder.metrics, start.step, tally)
    last = run_folder.checkpoints("last")
    # Newer checkpoints are damaged; an intact one would have been restored.
    for step in saved_steps(last):
        if step > start.step:
            set_aside(last, step)
    best = run_folder.checkpoints("best")
    if tally.best_step:
        replace_all(best, belongs_to, tally.best_step, best_model)
    else:
        keep_newest(best, best_model)
