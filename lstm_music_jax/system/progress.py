"""Shows the progress of long work: a bar, or a plain line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")

# Where there is no terminal, a line is written after so many seconds, and not earlier.
SECONDS_PER_LINE = 30.0


class Bar:
    """Shows how many units of some work are done; a context manager.

    On a terminal it is a bar that moves. Elsewhere, such as in a log file, it writes a
    plain line at most every half minute, and none in the first half minute.
    """

    def __init__(
        self,
        unit: str,
        total: int,
        *,
        completed: int = 0,
        show: bool = True,
        stderr: bool = True,
    ) -> None:
        """Make a bar; it is shown inside a `with` block.

        Args:
            unit: what is counted, such as "step".
            total: the number of units.
            completed: the number of units that are done.
            show: whether to write anything at all, even by `print`.
            stderr: write to stderr, and remove the bar at the end. Otherwise write to
                stdout, and leave it there.
        """
        self.unit, self.total, self.completed = unit, total, completed
        self.show = show
        self.console = Console(stderr=stderr)
        self.is_plain = show and not self.console.is_terminal
        self.bar = Progress(
            TextColumn(unit + " {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(),
            TextColumn("{task.fields[status]}", markup=False),
            TimeRemainingColumn(),
            console=self.console,
            disable=not show or self.is_plain,
            transient=stderr,
            # Lines go above the bar. If stdout is a file, they must stay in it.
            redirect_stdout=not stderr or sys.stdout.isatty(),
        )
        self.task = self.bar.add_task("", total=total, completed=completed, status="")
        self.clock = time.monotonic()

    def __enter__(self) -> Bar:
        """Show the bar."""
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop showing the bar; `stderr` of the constructor says if it is erased."""
        self.bar.stop()

    def update(self, completed: int, status: str = "") -> None:
        """Show how many units are done by now.

        Args:
            completed: the number of units done so far, not only since the last call.
            status: a remark that is shown beside the bar, or at the end of the line.
        """
        self.completed = completed
        self.bar.update(self.task, completed=completed, status=status)
        now = time.monotonic()
        if self.is_plain and now - self.clock >= SECONDS_PER_LINE:
            self.clock = now
            self.print(f"{self.unit} {completed}/{self.total}  {status}".rstrip())

    def print(self, line: str) -> None:
        """Print a line above the bar; nothing if the bar was made with `show=False`."""
        if self.show:
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)


def tracked(
    items: Iterable[Item],
    unit: str,
    total: int | None = None,
    *,
    names: Sequence[str] = (),
    show: bool = True,
) -> Iterator[Item]:
    """Yield items, and show on stderr how many are done.

    Args:
        items: what is to be done.
        unit: what is counted, such as "strategy".
        total: the number of items; None if `items` has a length.
        names: a text for each item, such as its name, which is shown while the item is
            being done. By default there are none.
        show: whether to show anything.
    """
    if total is None:
        total = len(items)  # type: ignore[arg-type]
    with Bar(unit, total, show=show) as bar:
        for done, item in enumerate(items):
            bar.update(done, names[done] if names else "")
            yield item
        bar.update(total)
