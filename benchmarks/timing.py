"""Times programs in turn, and writes tables that name the machine and the versions.

Each program is compiled and run once before any is timed. Then all programs run in
turn, several times, and each run is timed until its results are complete. So a slow
moment of the machine affects all of them, and ratios between them can be trusted,
although absolute figures change from day to day.
"""

import contextlib
import json
import math
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax

from lstm_music_jax.system.cores import count_cores

PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "music21")
# Other libraries, whose versions are recorded if they are installed.
PEERS = (
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "torch",
    "onnxruntime",
    "onnx",
    "miditok",
    "mido",
    "pretty_midi",
    "symusic",
)
# Seconds of rest between programs of different libraries. The threads of some libraries
# keep spinning for a while, and would take processor time from the next program.
REST = 0.1
# The fewest repeats of a slow program, because the median of fewer says nothing.
_FEWEST_REPEATS = 3
# Load average of the minute before the start, to tell whether the machine was idle.
_LOAD_AVERAGE = os.getloadavg()[0]


@dataclass(frozen=True)
class Timing:
    """Seconds that a program took: in its first call, and in the repeats after it."""

    first: float
    repeats: tuple[float, ...]

    @property
    def best(self) -> float:
        """The minimum of the repeats: the cost when nothing disturbs the program."""
        return min(self.repeats)

    @property
    def median(self) -> float:
        """The median of the repeats."""
        return statistics.median(self.repeats)

    @property
    def spread(self) -> float:
        """(median - minimum) / minimum of the repeats."""
        return self.median / self.best - 1


def measure(
    programs: Mapping[str, Callable[[], Any]],
    repeats: int,
    seconds: float = math.inf,
    rest: float = 0.0,
) -> dict[str, Timing]:
    """Time programs in turn.

    Args:
        programs: functions without arguments. If one returns a JAX array, the time
            lasts until the array is complete.
        repeats: timed runs of each program, at most.
        seconds: after this much time a program is not repeated again, but it is timed
            at least three times, or `repeats` times if that is less.
        rest: seconds to sleep before each run.
    """
    first = {name: _seconds(program, rest) for name, program in programs.items()}
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(repeats):
        for name, program in programs.items():
            if len(taken[name]) < _FEWEST_REPEATS or sum(taken[name]) < seconds:
                taken[name].append(_seconds(program, rest))
    return {name: Timing(first[name], tuple(taken[name])) for name in programs}


def _seconds(program, rest):
    time.sleep(rest)
    begin = time.perf_counter()
    jax.block_until_ready(program())
    return time.perf_counter() - begin


def circumstances() -> dict[str, Any]:
    """Return what the results depend on: machine, versions, precision, commit."""
    device = jax.devices()[0]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "device": device.device_kind if device.platform != "cpu" else _processor(),
        "platform": device.platform,
        "devices": jax.device_count(),
        "cores": count_cores(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        **_installed_versions(PEERS),
        "precision": "float32",
        "matmul_precision": jax.config.jax_default_matmul_precision or "default",
        "commit": _git("describe", "--always", "--dirty"),
        "load average at start": round(_LOAD_AVERAGE, 2),
    }


def _installed_versions(names):
    found = {}
    for name in names:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(*arguments):
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows, which all have the same keys, as a Markdown table."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns)]
    lines += [[_cell(row[column]) for column in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _cell(value):
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def write(
    folder: Path,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str] = (),
) -> None:
    """Write rows and circumstances as JSON and as Markdown; print the Markdown.

    `keys` names the columns that identify a row when two files are compared. By
    default these are the columns of text or whole numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {"circumstances": circumstances(), "rows": list(rows)}
    if keys:
        content["keys"] = list(keys)
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
    signature = ", ".join(f"{k} {v}" for k, v in content["circumstances"].items())
    text = f"{markdown(rows)}\n{signature}\n"
    (folder / f"{name}.md").write_text(text)
    print(text)
