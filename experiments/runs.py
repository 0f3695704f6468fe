"""List the runs in a folder, or follow one that is going on.

    python experiments/runs.py runs
    python experiments/runs.py runs/chorales --watch

A run is going on, finished, stopped or damaged. Settings are shown if they are not the
same in all runs. Losses are in nats per symbol, next to those of n-gram models on the
same pieces. Nothing is written, so runs may be listed while they train. --watch ends
with the run, or with Ctrl-C.

Cost: two seconds, most of them for imports. Expect: the run of quickstart.py is
finished, and its best loss is 1.5, below that of the 5-gram, 2.1.
"""

from command_line import run

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lstm_music_jax.system.printable import printable
from lstm_music_jax.training.run_summary import (
    RunSummary,
    differing_settings,
    run_folders,
    summarize_run,
)

_SECONDS_BETWEEN_LINES = 30
_COLUMNS = ("run", "state", "step", "best loss", "unigram", "3-gram", "5-gram")


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    folder: tyro.conf.Positional[Path]
    """Folder of the runs, at any depth, or of one run."""
    watch: bool = False
    """Follow the one run in the folder that is going on, until it ends."""
    every: float = 2.0
    """Number of seconds between two readings of a run that is followed."""


def main(arguments: Arguments) -> None:
    """List the runs, or follow one."""
    if not arguments.folder.is_dir():
        raise ValueError(f"folder is {arguments.folder}; it must be a folder of runs")
    if not 0 < arguments.every < math.inf:
        raise ValueError(f"every is {arguments.every}; it must be above 0 and finite")
    summaries = [summarize_run(path) for path in run_folders(arguments.folder)]
    if not summaries:
        raise ValueError(
            f"folder is {arguments.folder}, which holds no run; name a folder of runs"
        )
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        # In a file or a pipe, each run has one line, however long.
        console.width = 10_000
    if arguments.watch:
        watch(_one_going_on(arguments.folder, summaries), arguments.every, console)
        return
    console.print(table(summaries))
    for summary in summaries:
        if summary.problem:
            console.print(printable(f"damaged: {summary.problem}"), soft_wrap=True)


def table(summaries: Sequence[RunSummary]) -> Table:
    """Return a table with one row per run."""
    result = Table(box=None)
    for name in (*_COLUMNS, "settings that differ"):
        result.add_column(name, overflow="fold")
    for summary, settings in zip(summaries, differing_settings(summaries), strict=True):
        cells = [
            str(summary.folder),
            summary.state,
            _steps(summary),
            *map(_loss, (summary.best_loss, *(summary.baselines or [None] * 3))),
            ", ".join(_setting(*item) for item in settings.items()),
        ]
        result.add_row(*(Text(printable(cell)) for cell in cells))
    return result


def watch(summary: RunSummary, every: float, console: Console) -> None:
    """Show a run until it ends, in place on a terminal, and elsewhere line by line.

    `every` is the time between two looks at the run, in seconds.
    """
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            while True:
                live.update(_picture(summary), refresh=True)
                if summary.state != "going on":
                    return
                time.sleep(every)
                summary = summarize_run(summary.folder)
    shown = -math.inf
    while summary.state == "going on":
        if time.monotonic() - shown >= _SECONDS_BETWEEN_LINES:
            print(sentence(summary), flush=True)
            shown = time.monotonic()
        time.sleep(every)
        summary = summarize_run(summary.folder)
    print(sentence(summary), flush=True)


def sentence(summary: RunSummary) -> str:
    """Return the state, the steps and the losses of a run in one line."""
    if summary.problem:
        return printable(f"{summary.folder}: damaged: {summary.problem}")
    parts = [f"{summary.folder}: {summary.state}", f"step {_steps(summary)}"]
    if summary.train_loss is not None:
        parts.append(f"train loss {summary.train_loss:.3f} nats")
    if summary.best_loss is not None:
        parts.append(f"best validation loss {summary.best_loss:.3f}")
    if summary.baselines is not None:
        unigram, trigram, five_gram = map(_loss, summary.baselines)
        parts.append(f"unigram {unigram}, 3-gram {trigram}, 5-gram {five_gram}")
    return printable(", ".join(parts))


def _picture(summary):
    picture = Table.grid()
    picture.add_row(ProgressBar(total=summary.steps, completed=summary.step, width=40))
    picture.add_row(Text(sentence(summary), overflow="fold"))
    return picture


def _one_going_on(folder, summaries):
    going_on = [each for each in summaries if each.state == "going on"]
    if len(going_on) != 1:
        found = ", ".join(str(each.folder) for each in going_on) or "no run"
        verb = "are" if len(going_on) > 1 else "is"
        raise ValueError(
            f"folder is {folder}; with --watch exactly one run in it must be going on, "
            f"and {found} {verb}"
        )
    return going_on[0]


def _steps(summary):
    return "" if summary.steps is None else f"{summary.step}/{summary.steps}"


def _loss(loss):
    return "" if loss is None else f"{loss:.3f}"


def _setting(name, value):
    # The first digits of a fingerprint tell corpora apart.
    return f"{name}={value[:8] if name == 'corpus.fingerprint' else value}"


if __name__ == "__main__":
    run(main, Arguments)
