"""Reading many files into scores: in this process, or in several others.

The others are plain subprocesses that take paths and answer with scores as JSON. So a
file that crashes or stalls its reader costs itself only, nothing of the caller's
program is run again in a child (as multiprocessing's spawn would), and nothing forks a
process that holds JAX's threads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from lstm_music_jax.music.corpus.chorales import read_chorale
from lstm_music_jax.music.midi.reading import read_midi
from lstm_music_jax.music.score import Chord, Part, Score
from lstm_music_jax.system.cores import count_cores

Kind = Literal["midi", "chorale"]
Outcome = Score | str

SECONDS_PER_FILE = 60.0
# Starting a reader takes about as long as reading this much MIDI.
_WORTH_A_PROCESS = 512 * 2**10
_READERS: dict[str, Callable[[Path], Score]] = {
    "midi": read_midi,
    "chorale": read_chorale,
}


def read_scores(
    paths: Sequence[Path],
    kind: Kind,
    *,
    processes: int | None = None,
    progress: bool = True,
    seconds_per_file: float | int = SECONDS_PER_FILE,
) -> list[Outcome]:
    """The score of each file, or one line that says why there is none.

    Args:
      paths: the files; the result is in their order.
      kind: which reader: "midi" or "chorale" (MusicXML).
      processes: how many readers; None is one a core, fewer where there is little to
        read. With 1 all is read in this process, without a time limit.
      progress: show a bar on stderr while it takes its time.
      seconds_per_file: after this long a reader is killed and its file given up.
    """
    if processes is not None and processes < 1:
        raise ValueError(f"processes is {processes}; it must be 1 or more, or None")
    processes = min(processes or _sensible_count(paths, kind), max(len(paths), 1))
    outcomes: list[Outcome | None] = [None] * len(paths)
    for index, outcome in _with_progress(
        _read_here(paths, kind)
        if processes == 1
        else _read_elsewhere(paths, kind, processes, seconds_per_file),
        len(paths),
        progress,
    ):
        outcomes[index] = outcome
    return outcomes


def _sensible_count(paths: Sequence[Path], kind: Kind) -> int:
    cores = count_cores()
    if kind == "chorale":
        return cores
    return min(cores, 1 + sum(map(_size, paths)) // _WORTH_A_PROCESS)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def read_one(kind: str, path: Path) -> Outcome:
    """The score of one file, or why there is none, whatever is wrong with it."""
    try:
        return _READERS[kind](path)
    except OSError as error:
        return error.strerror or type(error).__name__
    except ValueError as error:
        return " ".join(str(error).split())
    # music21 documents no set of exceptions, and one bad file must not stop the rest.
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())


def _read_here(paths: Sequence[Path], kind: Kind) -> Iterator[tuple[int, Outcome]]:
    for index, path in enumerate(paths):
        yield index, read_one(kind, path)


def _read_elsewhere(
    paths: Sequence[Path], kind: Kind, processes: int, seconds: float
) -> Iterator[tuple[int, Outcome]]:
    readers = [_Reader(kind, seconds) for _ in range(processes)]
    idle: SimpleQueue[_Reader] = SimpleQueue()
    for reader in readers:
        idle.put(reader)

    def read(index: int) -> tuple[int, Outcome]:
        reader = idle.get()
        try:
            return index, reader.read(paths[index])
        finally:
            idle.put(reader)

    with ThreadPoolExecutor(processes) as threads:
        try:
            futures = [threads.submit(read, index) for index in range(len(paths))]
            for future in as_completed(futures):
                yield future.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for reader in readers:
                reader.close()


class _Reader:
    """A subprocess that reads files one at a time, started again when it has died."""

    def __init__(self, kind: Kind, seconds: float):
        self._kind, self._seconds = kind, seconds
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, path: Path) -> Outcome:
        process = self._process = self._process or _start(self._kind)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, give_up)
        timer.start()
        try:
            process.stdin.write(json.dumps(os.fspath(path)).encode() + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        finally:
            timer.cancel()
        if not answer.endswith(b"\n"):
            self.close()
            if late.is_set():
                return f"not read within {self._seconds:g} s"
            return "its reader died"
        return _from_json(json.loads(answer))

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with process:
                process.kill()


def _start(kind: Kind) -> subprocess.Popen[bytes]:
    program = f"from lstm_music_jax.music.corpus.reading import serve; serve({kind!r})"
    command = [sys.executable, "-c", program]
    # The child must find this package wherever the parent found it.
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def _with_progress(outcomes: Iterator, total: int, progress: bool) -> Iterator:
    from rich.console import Console
    from rich.progress import track

    return track(
        outcomes,
        "reading music",
        total=total,
        console=Console(stderr=True),
        transient=True,
        disable=not progress,
    )


def _to_json(outcome: Outcome):
    if isinstance(outcome, str):
        return outcome
    return [
        [part.name, [[c.onset, c.duration, c.pitches, c.name] for c in part.chords]]
        for part in outcome.parts
    ]


def _from_json(content) -> Outcome:
    if isinstance(content, str):
        return content
    return Score(
        tuple(
            Part(
                name,
                tuple(
                    Chord(onset, duration, tuple(pitches), spelling)
                    for onset, duration, pitches, spelling in chords
                ),
            )
            for name, chords in content
        )
    )


def serve(kind: str) -> None:
    """The subprocess: a path a line comes in, an outcome a line goes out."""
    with os.fdopen(os.dup(1), "wb") as answers:
        # Whatever a library prints must not end up among the answers.
        os.dup2(2, 1)
        for line in sys.stdin.buffer:
            outcome = read_one(kind, Path(json.loads(line)))
            answers.write(json.dumps(_to_json(outcome)).encode() + b"\n")
            answers.flush()
