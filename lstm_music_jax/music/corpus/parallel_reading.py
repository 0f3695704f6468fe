"""Reading many files: in this process, or in several reader processes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from lstm_music_jax.music.corpus.reader_process import ReaderProcess
from lstm_music_jax.music.corpus.score_file import (
    FileFormat,
    ScoreOrReason,
    read_score,
)
from lstm_music_jax.system.cores import count_cores

SECONDS_PER_FILE = 60.0
# Starting a reader process takes about as long as reading this much MIDI.
_MIDI_BYTES_PER_PROCESS = 512 * 2**10


def read_scores(
    paths: Sequence[Path],
    file_format: FileFormat,
    *,
    processes: int | None = None,
    progress: bool = True,
    seconds_per_file: float | int = SECONDS_PER_FILE,
) -> list[ScoreOrReason]:
    """Return, for each file, its score or one line that says why there is none.

    Args:
        paths: the files.
        file_format: the format of all files.
        processes: how many files to read at the same time. None is one per core, or
            fewer if there is little to read. With 1, this process reads all files,
            without a time limit.
        progress: show a progress bar on stderr.
        seconds_per_file: a file that takes longer is given up.

    Raises:
        ValueError: `processes` is below 1.
    """
    if processes is not None and processes < 1:
        raise ValueError(f"processes is {processes}; it must be 1 or more, or None")
    processes = processes or _useful_processes(paths, file_format)
    processes = min(processes, max(len(paths), 1))
    numbered: Iterable[tuple[int, ScoreOrReason]]
    if processes == 1:
        numbered = _read_here(paths, file_format)
    else:
        numbered = _read_in_processes(paths, file_format, processes, seconds_per_file)
    if progress:
        numbered = _with_progress_bar(numbered, len(paths))
    results = dict(numbered)
    return [results[number] for number in range(len(paths))]


def _useful_processes(paths: Sequence[Path], file_format: FileFormat) -> int:
    cores = count_cores()
    # MusicXML is slow to parse: the chorales take many seconds in one process.
    if file_format == "musicxml":
        return cores
    return min(cores, 1 + sum(map(_size, paths)) // _MIDI_BYTES_PER_PROCESS)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _read_here(
    paths: Sequence[Path], file_format: FileFormat
) -> Iterator[tuple[int, ScoreOrReason]]:
    for number, path in enumerate(paths):
        yield number, read_score(path, file_format)


def _read_in_processes(
    paths: Sequence[Path], file_format: FileFormat, processes: int, seconds: float | int
) -> Iterator[tuple[int, ScoreOrReason]]:
    """Yield each file's number and result, in the order in which they are finished."""
    readers = [ReaderProcess(file_format, seconds) for _ in range(processes)]
    idle: SimpleQueue[ReaderProcess] = SimpleQueue()
    for reader in readers:
        idle.put(reader)

    def read(number: int) -> tuple[int, ScoreOrReason]:
        reader = idle.get()
        try:
            return number, reader.read(paths[number])
        finally:
            idle.put(reader)

    with ThreadPoolExecutor(processes) as threads:
        try:
            futures = [threads.submit(read, number) for number in range(len(paths))]
            for future in as_completed(futures):
                yield future.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for reader in readers:
                reader.close()


def _with_progress_bar(results: Iterable, total: int) -> Iterable:
    from rich.console import Console
    from rich.progress import track

    return track(
        results,
        "reading music",
        total=total,
        console=Console(stderr=True),
        transient=True,
    )
