"""How everything here is measured: warmed up, blocked on, interleaved, and signed.

Each program is compiled and run once before any is timed. Then all of them are run in
turn, again and again, so that a slow moment of the machine falls on all alike, and
ratios within a run can be trusted where absolute figures of two days cannot.
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
# Compared with, where they are installed.
PEERS = ("keras", "tensorflow", "tensorflow-cpu", "torch", "onnxruntime", "onnx")
# Seconds between programs of several libraries: the threads of one spin for a while
# when they are done, and would take the next one's cores.
REST = 0.1
# Repeats of a slow program: fewer have no median that tells anything.
_FEWEST = 3
# Of the last minute, before anything was measured: whether the machine was quiet.
_LOAD = os.getloadavg()[0]


@dataclass(frozen=True)
class Timing:
    """Seconds of one program: the first call, and the repeats after it."""

    first: float
    repeats: tuple[float, ...]

    @property
    def best(self) -> float:
        """Minimum: what the program costs when nothing disturbs it."""
        return min(self.repeats)

    @property
    def median(self) -> float:
        """Median of the repeats."""
        return statistics.median(self.repeats)

    @property
    def spread(self) -> float:
        """(median - minimum) / minimum."""
        return self.median / self.best - 1


def measure(
    programs: Mapping[str, Callable[[], Any]],
    repeats: int,
    seconds: float = math.inf,
    rest: float = 0.0,
) -> dict[str, Timing]:
    """Time programs that return JAX arrays (or anything), in turn, `repeats` times.

    A program that has been timed for `seconds` is repeated no more, once it has been
    three times. Before each run there are `rest` seconds of nothing.
    """
    first = {name: _seconds(program, rest) for name, program in programs.items()}
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(repeats):
        for name, program in programs.items():
            if len(taken[name]) < _FEWEST or sum(taken[name]) < seconds:
                taken[name].append(_seconds(program, rest))
    return {name: Timing(first[name], tuple(taken[name])) for name in programs}


def _seconds(program, rest):
    time.sleep(rest)
    begin = time.perf_counter()
    jax.block_until_ready(program())
    return time.perf_counter() - begin


def circumstances() -> dict[str, Any]:
    """Say what was measured where: machine, versions, precision, commit."""
    device = jax.devices()[0]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "device": device.device_kind if device.platform != "cpu" else _processor(),
        "platform": device.platform,
        "devices": jax.device_count(),
        "cores": count_cores(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        **_installed(PEERS),
        "precision": "float32",
        "matmul_precision": jax.config.jax_default_matmul_precision or "default",
        "commit": _git("describe", "--always", "--dirty"),
        "load before": round(_LOAD, 2),
    }


def _installed(names):
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
    """Return rows of equal keys as a Markdown table."""
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
    """Write rows as JSON, with the circumstances, and as Markdown; print the latter.

    `keys` are the columns that tell the rows apart, for a later comparison; by default
    those of text or whole numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {"circumstances": circumstances(), "rows": list(rows)}
    if keys:
        content["keys"] = list(keys)
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
    signed = ", ".join(f"{k} {v}" for k, v in content["circumstances"].items())
    text = f"{markdown(rows)}\n{signed}\n"
    (folder / f"{name}.md").write_text(text)
    print(text)
