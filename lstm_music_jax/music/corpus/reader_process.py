"""A process that reads files: it receives paths and answers with scores as JSON.

`ReaderProcess` is the side of the caller; `answer_requests` is what the process runs.

The process is a plain subprocess, for three reasons. A file that crashes or stalls its
reader affects no other file. The caller's program is not run again in the child, as
multiprocessing's spawn would do. No process that holds JAX's threads is forked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from lstm_music_jax.music.corpus.score_file import (
    FileFormat,
    ScoreOrReason,
    read_score,
)
from lstm_music_jax.music.score import (
    Chord,
    InstrumentChange,
    Metre,
    Notes,
    Part,
    Pedal,
    Score,
    Tempo,
    Track,
)


class ReaderProcess:
    """A subprocess that reads files one at a time, and is restarted when it dies."""

    def __init__(self, file_format: FileFormat, seconds_per_file: float | int):
        """Prepare a reader; the first call of `read` starts its subprocess.

        Args:
            file_format: the format of the files.
            seconds_per_file: a file that takes longer is given up.
        """
        self._file_format, self._seconds = file_format, seconds_per_file
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, path: Path) -> ScoreOrReason:
        """Return the score of a file, or the reason why there is none, in one line."""
        process = self._process = self._process or _start(self._file_format)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._seconds, give_up)
        timer.start()
        assert process.stdin is not None
        assert process.stdout is not None
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
        """Kill the subprocess, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            with process:
                process.kill()


def _start(file_format: FileFormat) -> subprocess.Popen[bytes]:
    program = (
        f"from {__name__} import answer_requests; answer_requests({file_format!r})"
    )
    # The child must find this package wherever the parent has found it.
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def answer_requests(file_format: FileFormat) -> None:
    """Read one path per line from stdin, and write one answer per line to stdout."""
    with os.fdopen(os.dup(1), "wb") as answers:
        # From here on, what libraries print goes to stderr, apart from the answers.
        os.dup2(2, 1)
        for line in sys.stdin.buffer:
            result = read_score(Path(json.loads(line)), file_format)
            answers.write(json.dumps(_to_json(result)).encode() + b"\n")
            answers.flush()


def _to_json(result: ScoreOrReason):
    if isinstance(result, str):
        return result
    parts = result.written and [
        [part.name, [[c.onset, c.duration, c.pitches, c.spelling] for c in part.chords]]
        for part in result.written
    ]
    tracks = [
        [
            [column.tolist() for column in (*t.notes, t.channels, t.programs)],
            [[*change[:3], _data_to_json(change.data)] for change in t.changes],
        ]
        for t in result.tracks
    ]
    others = (result.tempos, result.metres, result.pedals)
    return [parts, tracks, result.ticks_per_quarter, result.endless, others]


def _from_json(content) -> ScoreOrReason:
    if isinstance(content, str):
        return content
    parts, tracks, ticks_per_quarter, endless, (tempos, metres, pedals) = content
    if parts is not None:
        return Score.from_parts(
            Part(
                name,
                tuple(
                    Chord(onset, duration, tuple(pitches), spelling)
                    for onset, duration, pitches, spelling in chords
                ),
            )
            for name, chords in parts
        )
    return Score(
        tuple(_track_from_json(*track) for track in tracks),
        ticks_per_quarter,
        tuple(Tempo(*each) for each in tempos),
        tuple(Metre(*each) for each in metres),
        tuple(Pedal(*each) for each in pedals),
        endless=endless,
    )


def _track_from_json(columns, changes) -> Track:
    *notes, channels, programs = (np.array(column, np.int64) for column in columns)
    return Track(
        Notes(*notes),
        channels,
        programs,
        tuple(
            InstrumentChange(tick, channel, kind, _data_from_json(data))
            for tick, channel, kind, data in changes
        ),
    )


def _data_to_json(data: int | bytes):
    return data if isinstance(data, int) else data.hex()


def _data_from_json(data):
    return data if isinstance(data, int) else bytes.fromhex(data)
