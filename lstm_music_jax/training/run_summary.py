"""Summaries of run folders, read from their small files; no checkpoint is loaded."""

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lstm_music_jax.system.folder_lock import is_locked
from lstm_music_jax.training.baselines import Baselines
from lstm_music_jax.training.checkpoints import saved_steps
from lstm_music_jax.training.run_folder import RunFolder

State = Literal["going on", "finished", "stopped", "damaged"]

_BASELINES = ("unigram_loss", "trigram_loss", "five_gram_loss")
_NUMBERS = ("train_loss", "validation_loss", *_BASELINES)
_ENTRIES = {".lock", "config.json", "vocabulary.json", "metrics.jsonl", "checkpoints"}
# Other programs also write a config.json or a metrics.jsonl.
_FEWEST_ENTRIES = 2


@dataclass(frozen=True)
class RunSummary:
    """The state, the settings and the losses of a run, read from its small files.

    The small files are all files of the run folder but the checkpoints.

    Attributes:
        folder: the run folder.
        state: "going on" if a live process holds the lock of the folder, "finished" if
            the last step of the run is saved, and otherwise "stopped". It is "damaged"
            if the settings or the metrics cannot be read, or if there are metrics or a
            best model but no checkpoint to resume from. Then the values below `problem`
            are missing: they are the defaults.
        problem: why the run is damaged; empty if it is not.
        settings: the settings by name, such as "learning_rate" and "encoding.kind".
        steps: number of steps of the whole run; None if the run is damaged.
        step: the last step that is in the metrics or is saved.
        train_loss: the newest training loss, in nats per symbol; None before the first.
        best_loss: the lowest validation loss, in nats per symbol; None before the first
            validation, and if no pieces are held out.
        baselines: the losses of n-gram models on the validation pieces; None if the
            metrics do not hold them.
    """

    folder: Path
    state: State
    problem: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: int | None = None
    step: int = 0
    train_loss: float | None = None
    best_loss: float | None = None
    baselines: Baselines | None = None


def run_folders(folder: Path) -> list[Path]:
    """Return the run folders in a folder, at any depth, in alphabetical order.

    The folder itself may be one. A run folder holds at least two of the entries of a
    run, so a run that has lost its settings is found too. Links to folders are not
    followed.
    """
    found = []
    for path, folders, files in os.walk(folder):
        if len(_ENTRIES & {*folders, *files}) >= _FEWEST_ENTRIES:
            found.append(Path(path))
            folders[:] = [name for name in folders if name != "checkpoints"]
    return sorted(found)


def summarize_run(path: Path) -> RunSummary:
    """Return the summary of a run folder of any version; nothing is written.

    On a file system without locks, a run that is going on is called finished or
    stopped.
    """
    folder = RunFolder(path)
    try:
        # The lock is read first. So if the run is not going on, the files are complete.
        going_on = is_locked(path)
        saved = folder.settings()
        folder.require_resumable()
        metrics = _read_metrics(folder.metrics)
        checkpoints = saved_steps(folder.checkpoints("last"))
    except (ValueError, OSError) as error:
        return RunSummary(path, "damaged", " ".join(str(error).split()))
    steps = saved["training"].steps
    stopped: State = "finished" if steps in checkpoints else "stopped"
    return RunSummary(
        path,
        "going on" if going_on else stopped,
        settings=_by_name(saved),
        steps=steps,
        step=max([*checkpoints, *_values(metrics, "step")], default=0),
        train_loss=next(_values(reversed(metrics), "train_loss"), None),
        best_loss=min(_values(metrics, "validation_loss"), default=None),
        baselines=_baselines(metrics),
    )


def differing_settings(summaries: Sequence[RunSummary]) -> list[dict[str, Any]]:
    """Return, for each run, those of its settings that are not the same in all runs.

    A damaged run is not compared, and has an empty dictionary in the result.
    """
    compared = [summary.settings for summary in summaries if summary.settings]
    names = {name: None for settings in compared for name in settings}
    differing = [
        name
        for name in names
        if any(
            name not in settings or settings[name] != compared[0].get(name)
            for settings in compared
        )
    ]
    return [
        {name: each.settings[name] for name in differing if name in each.settings}
        for each in summaries
    ]


def _by_name(saved):
    plain = {
        **dataclasses.asdict(saved["model"]),
        **dataclasses.asdict(saved["training"]),
        "encoding": saved["encoding"],
        "corpus": saved["corpus"],
    }
    return dict(_flat(plain))


def _flat(values, prefix=""):
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _read_metrics(path):
    if not path.exists():
        return []
    *complete, _ = path.read_bytes().split(b"\n")
    return [_line(path, number, line) for number, line in enumerate(complete, 1)]


def _line(path, number, line):
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if (
        not isinstance(fields, dict)
        or type(fields.get("step", 0)) is not int
        or any(type(fields.get(name, 0.0)) not in (int, float) for name in _NUMBERS)
    ):
        raise ValueError(
            f"line {number} of {path} is not a line of metrics; restore the file from "
            "a copy, or delete the line"
        )
    return fields


def _values(metrics, name):
    return (line[name] for line in metrics if name in line)


def _baselines(metrics):
    for line in metrics:
        if all(name in line for name in _BASELINES):
            return Baselines(*(line[name] for name in _BASELINES))
    return None
