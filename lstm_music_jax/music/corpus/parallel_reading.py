"""Reading many files: in this process, or in several reader processes at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue

from lstm_music_jax.music.corpus.encoded_file import (
    FileFormat,
    Outcome,
    Reading,
    encode_file,
)
from lstm_music_jax.music.corpus.reader_process import ReaderProcess
from lstm_music_jax.system.cores import count_cores
from lstm_music_jax.system.progress import tracked

SECONDS_PER_FILE = 60.0
# Starting a reader process takes about as long as reading this many bytes of MIDI.
_MIDI_BYTES_PER_PROCESS = 512 * 2**10
_FILES_PER_REQUEST = 32
# If there are enough files, there are at least this many requests per process, so that
# all processes finish at about the same time.
_REQUESTS_PER_PROCESS = 8

# The position of a file in `paths`, and its symbols or its failure.
ReadFile = tuple[int, Outcome]


def encode_files(
    paths: Sequence[Path],
    reading: Reading,
    *,
    processes: int | None = None,
    progress: bool = True,
    seconds_per_file: float | int = SECONDS_PER_FILE,
) -> Iterator[ReadFile]:
    """Read and encode files; yield each file's position in `paths` and its symbols.

    A file that gives no symbols gives a `Failure` in their place. One process yields
    the files in their order. Several processes yield them in groups of up to 32, in any
    order.

    Args:
        paths: the files.
        reading: the format of the files, the encoding, and the notes to keep.
        processes: the number of files to read at the same time. None is one per core,
            or fewer if there is little to read. If that is 1, or if there is only one
            file, this process reads all files, without a time limit.
        progress: show a progress bar on stderr.
        seconds_per_file: time limit of a file for other processes; a file that takes
            longer is a `Failure`.

    Raises:
        ValueError: `processes` is below 1.
    """
    if processes is not None and processes < 1:
        raise ValueError(f"processes is {processes}; it must be 1 or more, or None")
    processes = processes or _useful_processes(paths, reading.file_format)
    processes = min(processes, max(len(paths), 1))
    numbered: Iterable[ReadFile]
    if processes == 1:
        numbered = (
            (number, encode_file(path, reading)) for number, path in enumerate(paths)
        )
    else:
        readers = [
            ReaderProcess(reading.config(), seconds_per_file) for _ in range(processes)
        ]
        numbered = _read_in_processes(paths, readers)
    return tracked(numbered, "reading file", len(paths), show=progress)


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


def _read_in_processes(
    paths: Sequence[Path], readers: Sequence[ReaderProcess]
) -> Iterator[ReadFile]:
    """Yield, for each file, its position in `paths`, and its symbols or its failure.

    A process reads a group of up to 32 files at a time. The groups are yielded in any
    order. At the end, the readers are closed.
    """
    idle: SimpleQueue[ReaderProcess] = SimpleQueue()
    for reader in readers:
        idle.put(reader)

    def read(request: range) -> list[ReadFile]:
        reader = idle.get()
        try:
            outcomes = reader.read([paths[number] for number in request])
            return [*zip(request, outcomes, strict=False)]
        finally:
            idle.put(reader)

    per_request = len(paths) // (len(readers) * _REQUESTS_PER_PROCESS)
    per_request = min(max(per_request, 1), _FILES_PER_REQUEST)
    requests = (
        range(first, min(first + per_request, len(paths)))
        for first in range(0, len(paths), per_request)
    )
    with ThreadPoolExecutor(len(readers)) as threads:
        pending: set[Future[list[ReadFile]]] = set()
        try:
            for request in requests:
                # Results that wait to be used take memory, so their number is bounded.
                if len(pending) > 2 * len(readers):
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield from future.result()
                pending.add(threads.submit(read, request))
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for reader in readers:
                reader.close()
