"""What comes before and after the drawing: compiling, starting, reading and writing."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from timing import Timing, measure

from lstm_music_jax import (
    Events,
    MusicLSTM,
    Note,
    Score,
    SlidingWindow,
    chorales,
    generate,
    read_midi,
    strategies,
    write_midi,
)

_EXPERIMENTS = Path(__file__).parent.parent / "experiments"
_NOTES = 1000


def compilation(model: MusicLSTM, repeats: int, short: bool) -> list[dict]:
    """Take tracing, compiling, the first call and a later one apart.

    On one device, and with no compilation cache on disk. `short` leaves out the last.
    """
    one = jax.local_devices()[:1]
    key = jax.random.key(0)
    prompt, many = jnp.zeros((1, 100), jnp.int32), jnp.zeros((64, 1), jnp.int32)
    windowed = partial(
        generate, strategy=strategies.Greedy(), context=SlidingWindow(100)
    )
    programs = {
        "200 notes, window of 100": (windowed, prompt, 200),
        "1000 notes, carried": (generate, many[:1], 1000),
        "50 notes of 64 streams, carried": (generate, many, 50),
    }
    if short:
        programs.popitem()
    rows = []
    for name, (draw, prompts, length) in programs.items():
        taken: dict[str, list[float]] = {}
        for _ in range(repeats):
            jax.clear_caches()
            draw_all = partial(draw, length=length, devices=one)
            phases = _phases(jax.jit(draw_all), (model, prompts, key))
            for phase, seconds in phases.items():
                taken.setdefault(phase, []).append(seconds)
        rows += [
            {"program": name, "phase": phase, **_figures(seconds)}
            for phase, seconds in taken.items()
        ]
    return rows


def _phases(compiled, arguments):
    begin = time.perf_counter()
    lowered = compiled.lower(*arguments)
    traced = time.perf_counter()
    program = lowered.compile()
    ready = time.perf_counter()
    calls = measure({"call": lambda: program(*arguments)}, 2)["call"]
    return {
        "trace": traced - begin,
        "compile": ready - traced,
        "first call": calls.first,
        "later call": calls.best,
    }


def files(repeats: int, corpora: bool) -> list[dict]:
    """Time scripts from their start to the MIDI file, and the work on files."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        taken = _scripts(place, repeats)
        taken |= _midi(place, max(repeats, 5))
        if corpora:
            taken |= _corpora(place, repeats)
        else:
            print("left out: chorales (--quick)", file=sys.stderr)
    return [{"what": name, **_figures(seconds)} for name, seconds in taken.items()]


def _scripts(place, repeats):
    """Start generate.py on a fresh 512-256 model, whose speed is that of any other."""
    random = np.random.default_rng(0)
    for number in range(4):
        write_midi(_score(random, 300), place / "midi" / f"{number}.mid")
    _script(
        "train.py",
        *("--run", place / "run", "--midi", place / "midi"),
        *("--encoding", "note-names", "--steps", 1, "--batch-size", 8),
        cache=place / "training",
    )
    taken: dict[str, list[float]] = {}
    for number in range(repeats):
        # A run fills the cache, the next one finds it.
        for name in ("cold", "warm"):
            for end, seconds in _generate(place, place / f"cache{number}").items():
                what = f"generate.py to {end}, {name} compilation cache"
                taken.setdefault(what, []).append(seconds)
    return dict(sorted(taken.items()))


def _generate(place, cache):
    out = Path(tempfile.mkdtemp(dir=place))
    begin, clock = time.perf_counter(), time.time()
    arguments = ("--run", place / "run", "--notes", _NOTES, "--out", out)
    _script("generate.py", *arguments, cache=cache)
    end = time.perf_counter() - begin
    # The clock of the files is not that of the processor: good for hundredths.
    written = (out / "piece-000.mid").stat().st_mtime - clock
    return {"the MIDI file": written, "its end, a piano roll drawn": end}


def _script(name: str, *arguments: Any, cache: Path) -> None:
    root = str(_EXPERIMENTS.parent)
    known = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        "LSTM_MUSIC_CACHE": str(cache),
        "PYTHONPATH": os.pathsep.join(known),
    }
    # A GPU's memory is this process's already, all but a part.
    environment.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    command = [sys.executable, _EXPERIMENTS / name, *arguments]
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr}")


def _midi(place, repeats):
    score = _score(np.random.default_rng(0), _NOTES)
    path = place / "timed.mid"
    programs: Mapping[str, Callable[[], Any]] = {
        f"write_midi, {_NOTES} notes": lambda: write_midi(score, path),
        f"read_midi, {_NOTES} notes": lambda: read_midi(path),
    }
    return _repeats(measure(programs, repeats))


def _corpora(place, repeats):
    encoding, kept = Events(), place / "kept"
    chorales(encoding, cache=kept, progress=False)

    def parse():
        cache = tempfile.mkdtemp(dir=place)
        chorales(encoding, cache=cache, progress=False)

    parsing = measure({"chorales, parsed": parse}, min(repeats, 2))
    reading = {
        "chorales, cached": lambda: chorales(encoding, cache=kept, progress=False)
    }
    return _repeats(parsing | measure(reading, repeats))


def _repeats(timings: Mapping[str, Timing]):
    return {name: timing.repeats for name, timing in timings.items()}


def _figures(seconds):
    timing = Timing(seconds[0], tuple(seconds))
    return {
        "seconds": timing.best,
        "median": timing.median,
        "spread": timing.spread,
        "repeats": len(seconds),
    }


def _score(random: np.random.Generator, notes: int) -> Score:
    """Make up eighth notes, every fourth with a second voice."""
    lowest, highest = 36, 97
    pitches = random.integers(lowest, highest, notes).tolist()
    return Score.from_notes(
        Note(6 * (k - k // 4), pitch, 6) for k, pitch in enumerate(pitches)
    )
