"""Measures the time, memory and disk space that collections of MIDI files take.

For comparison, symusic and MidiTok read the same files.

    python benchmarks/corpora.py --quick
    python benchmarks/corpora.py --out benchmarks/results/MACHINE
    python benchmarks/corpora.py --out benchmarks/results/MACHINE --large

The files are generated: each has 2000 random notes, and its rhythm changes. Each
operation runs in a new process and is timed after the imports. The operating system has
the files in its cache.

    parse          all files, with an empty cache and a reader process per core
    open           the same corpus from the cache
    dataset        open the corpus and make a dataset with nothing held out
    split          open the corpus and hold out a tenth, which finds near-duplicates
    end to end     parse, train 100 steps, generate and read it (at most 10,000 files)
    symusic        reads the same files into notes, in one process
    MidiTok        tokenises the same files by REMI, in one process
    add 10 files   the same corpus with ten more files

    us per note and core   microseconds divided by the notes; for `parse`, times the
                           number of cores
    ns per symbol          nanoseconds divided by the symbols of the corpus
    MB                     peak memory of the process with its imports, in 2^20 bytes
    reader MB              the same of the largest reader process
    bytes per symbol       size of the cache divided by the symbols; for `parse` only

Install MidiTok by `pip install -e '.[bench,test]'`; it is left out if it is missing.
Cost: six minutes for 1000 and 10,000 files on two cores. --large measures 100,000 files
as well, and needs two hours, 4 GB of disk and 6 GB of memory. Half of this time is
MidiTok's. --quick takes 100 files and a minute.
Expect: from 1000 to 10,000 files, an operation takes 7 to 15 times as long. Only `end
to end` takes 4 times as long, because its training stays the same. A corpus of 115
million symbols opens in less than a second.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import symusic
import tyro
from timing import write

from lstm_music_jax.system.cores import count_cores

_NOTES = 2000
_TICKS = 480
_MOST_END_TO_END = 10_000
_SCRIPT = Path(__file__).with_name("corpus_operations.py")


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Folder for corpora.json, corpora.md and corpora.png."""
    files: tuple[int, ...] = (1000, 10_000)
    """Numbers of files."""
    large: bool = False
    """Measure 100,000 files as well."""
    quick: bool = False
    """100 files only."""


def main(arguments: Arguments) -> None:
    """Measure collections of all sizes; write the table after each, then the plot."""
    sizes = (100,) if arguments.quick else arguments.files
    if arguments.large:
        sizes = (*sizes, 100_000)
    rows: list[dict[str, Any]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows += measure_files(size, Path(folder))
        write(arguments.out, "corpora", rows, ("operation", "files"))
    plot(rows, arguments.out / "corpora.png")


def measure_files(size: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield one row per operation on `size` files."""
    songs, cache = folder / "songs", folder / "cache"
    generate_files(songs, range(size))
    notes, cores = _NOTES * size, count_cores()
    parsed = run("load", songs, cache)
    symbols = parsed["count"]
    per_symbol = disk_bytes(cache) / symbols

    def row(operation, measured, cores=1, **others):
        return {
            "operation": operation,
            "files": size,
            "seconds": measured["seconds"],
            "us per note and core": 1e6 * measured["seconds"] * cores / notes,
            "ns per symbol": 1e9 * measured["seconds"] / symbols,
            "MB": measured["own"],
            "reader MB": measured["child"] or "",
            "bytes per symbol": others.get("bytes_per_symbol", ""),
        }

    yield row("parse", parsed, cores, bytes_per_symbol=per_symbol)
    for operation in ("open", "dataset", "split"):
        name = "load" if operation == "open" else operation
        yield row(operation, run(name, songs, cache))
    if size <= _MOST_END_TO_END:
        yield row("end to end", run("end_to_end", songs, folder / "another"))
    yield row("symusic", run("symusic", songs, cache))
    if find_spec("miditok"):
        yield row("MidiTok", run("miditok", songs, cache))
    generate_files(songs, range(size, size + 10))
    yield row("add 10 files", run("load", songs, cache))


def generate_files(folder: Path, numbers: Sequence[int]) -> None:
    """Write a file of random notes for each number, which is its seed and its name."""
    folder.mkdir(exist_ok=True)
    for number in numbers:
        random = np.random.default_rng(number)
        onsets = np.cumsum(random.choice([0, 0, 120, 240, 480], _NOTES))
        score = symusic.Score(_TICKS)
        track = symusic.Track(program=0)
        track.notes = symusic.Note.from_numpy(
            onsets.astype(np.int32),
            random.choice([120, 240, 480, 720], _NOTES).astype(np.int32),
            random.integers(36, 97, _NOTES).astype(np.int8),
            np.full(_NOTES, 90, np.int8),
        )
        score.tracks.append(track)
        score.dump_midi(folder / f"{number:06d}.mid")


def run(operation: str, songs: Path, cache: Path) -> dict[str, Any]:
    """Run an operation in a new process; return what it measured."""
    command = [sys.executable, str(_SCRIPT), operation, str(songs), str(cache)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def disk_bytes(folder: Path) -> int:
    """Return the size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def plot(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw seconds and memory of each operation against the number of files."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, quantity in zip(figure.subplots(1, 2), ("seconds", "MB"), strict=True):
        for operation in dict.fromkeys(row["operation"] for row in rows):
            chosen = [row for row in rows if row["operation"] == operation]
            axes.plot(
                [row["files"] for row in chosen],
                [row[quantity] for row in chosen],
                marker="o",
                label=operation,
            )
        axes.set(xscale="log", yscale="log", xlabel="files", ylabel=quantity)
        axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
