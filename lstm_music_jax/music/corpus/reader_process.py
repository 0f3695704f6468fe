"""A process that reads and encodes files: it receives paths and answers with symbols.

The caller uses `ReaderProcess`; the process runs `answer_requests`.

The process is a plain subprocess, for three reasons. A file that crashes or stalls its
reader affects no other file. The program of the caller is not run again in the process,
as it would be by the spawn method of multiprocessing. No process that holds JAX's
threads is forked.

A request is a line of JSON, with the paths of some files. The answer has two parts per
file. The first is a line of JSON, which holds the file's distinct symbols, the size of
the second part in bytes, and the losses. The second is an int32 array, which holds, for
each symbol of the file, its position in the list of distinct symbols. A file that gave
no symbols has only a line of JSON, with the fields of its `Failure`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from lstm_music_jax.music.corpus.encoded_file import (
    Encoded,
    Failure,
    Outcome,
    Reading,
    encode_file,
)
from lstm_music_jax.music.losses import Losses

_NUMBER = np.dtype("<i4")


class ReaderProcess:
    """A subprocess that reads and encodes files, and is restarted when it dies."""

    def __init__(
        self,
        reading: Mapping[str, Any],
        seconds_per_file: float | int,
    ):
        """Store the arguments; the first call of `read` starts the subprocess.

        Args:
            reading: the `config()` of a `Reading`: file format, encoding, and selected
                notes.
            seconds_per_file: time limit of a file; a file that takes longer is a
                `Failure`.
        """
        self._reading = reading
        self._seconds = seconds_per_file
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def read(self, paths: Sequence[Path]) -> Iterator[Outcome]:
        """Yield the symbols of each file, or the reason why it gave none.

        If the subprocess dies, the file that it was reading is tried again, alone. So
        no file fails because an earlier file has damaged the subprocess. After `close`,
        no more files are read.
        """
        done = 0
        while done < len(paths) and not self._closed:
            for outcome in self._answers(paths[done:]):
                if outcome is None and self._closed:
                    return
                if outcome is None:
                    (outcome,) = self._answers(paths[done : done + 1])
                done += 1
                yield outcome or Failure("its reader died", transient=True)

    def _answers(self, paths: Sequence[Path]) -> Iterator[Outcome | None]:
        """Yield the symbols or failure of each file until the subprocess ends.

        If it ends early, the last result is a `Failure` if the file took too long, and
        None if the subprocess died.
        """
        process = self._process = self._process or _start(self._reading)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            request = json.dumps([os.fspath(path) for path in paths])
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            self._end()
            yield None
            return
        for _ in paths:
            late = threading.Event()

            def give_up(late=late) -> None:
                late.set()
                process.kill()

            timer = threading.Timer(self._seconds, give_up)
            timer.start()
            outcome = _receive(process.stdout)
            timer.cancel()
            if outcome is None:
                self._end()
                yield (
                    Failure(f"not read within {self._seconds:g} s", transient=True)
                    if late.is_set()
                    else None
                )
                return
            yield outcome

    def close(self) -> None:
        """Kill the subprocess, if there is one, and read no more files."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            # Closing flushes requests that the subprocess no longer reads.
            with suppress(BrokenPipeError), process:
                process.kill()


def _start(reading: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    argument = repr(dict(reading))
    program = f"from {__name__} import answer_requests; answer_requests({argument})"
    # The subprocess must import this package from the same place.
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def answer_requests(config: Mapping[str, Any]) -> None:
    """Read requests from stdin, and write the answer for each file to stdout.

    The subprocess of a `ReaderProcess` runs this function.

    Args:
        config: the `config()` of a `Reading`.
    """
    reading = Reading.from_config(config)
    with os.fdopen(os.dup(1), "wb") as answers:
        # From here on, libraries print to stderr, so that stdout holds only the
        # answers.
        os.dup2(2, 1)
        for line in sys.stdin.buffer:
            for path in json.loads(line):
                _send(answers, encode_file(Path(path), reading))


def _send(answers: IO[bytes], outcome: Outcome) -> None:
    if isinstance(outcome, Failure):
        answers.write(json.dumps([*outcome]).encode() + b"\n")
    else:
        content = outcome.numbers.astype(_NUMBER).tobytes()
        line = json.dumps([outcome.symbols, len(content), outcome.losses]).encode()
        answers.write(line + b"\n" + content)
    answers.flush()


def _receive(answers: IO[bytes]) -> Outcome | None:
    """Read the answer for one file; return None if the subprocess has ended."""
    line = answers.readline()
    if not line.endswith(b"\n"):
        return None
    answer = json.loads(line)
    if len(answer) == len(Failure._fields):
        return Failure(*answer)
    symbols, size, losses = answer
    content = answers.read(size)
    if len(content) < size:
        return None
    return Encoded(symbols, np.frombuffer(content, _NUMBER), Losses(*losses))
