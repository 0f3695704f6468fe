"""Measures what happens before and after drawing: compilation, start-up, files."""

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
    generate,
    load_chorales,
    read_midi,
    strategies,
    write_midi,
)

_EXPERIMENTS = Path(__file__).parent.parent / "experiments"
_NOTES = 1000


def measure_compilation(model: MusicLSTM, repeats: int, short: bool) -> list[dict]:
    """Time tracing, compiling, the first call and a later call, on one device.

    No compilation cache on disk is used. `short` leaves out the last program. Return
    one row per program and phase.
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


def measure_files(repeats: int, corpora: bool) -> list[dict]:
    """Time generate.py up to its files, MIDI reading and writing, and the chorales.

    The chorales are read only if `corpora`. Return one row per operation.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        taken = _time_scripts(folder, repeats)
        taken |= _time_midi(folder, max(repeats, 5))
        if corpora:
            taken |= _time_corpora(folder, repeats)
        else:
            print("left out: chorales (--quick)", file=sys.stderr)
    return [{"operation": name, **_figures(seconds)} for name, seconds in taken.items()]


def _time_scripts(folder, repeats):
    """Time generate.py with a 512-256 model that was trained for one step.

    A model that was trained for longer is as fast.
    """
    random = np.random.default_rng(0)
    for number in range(4):
        write_midi(_score(random, 300), folder / "midi" / f"{number}.mid")
    _run_script(
        "train.py",
        *("--run", folder / "run", "--midi", folder / "midi"),
        *("--encoding", "note-names", "--steps", 1, "--batch-size", 8),
        cache=folder / "training",
    )
    taken: dict[str, list[float]] = {}
    for number in range(repeats):
        # The first run fills the cache, and the second one reads it.
        cache = folder / f"cache{number}"
        for state in ("cold", "warm"):
            for end, seconds in _time_generate(folder, cache).items():
                operation = f"generate.py to {end}, {state} compilation cache"
                taken.setdefault(operation, []).append(seconds)
    return dict(sorted(taken.items()))


def _time_generate(folder, cache):
    out = Path(tempfile.mkdtemp(dir=folder))
    begin, clock = time.perf_counter(), time.time()
    arguments = ("--run", folder / "run", "--notes", _NOTES, "--out", out)
    _run_script("generate.py", *arguments, cache=cache)
    end = time.perf_counter() - begin
    # File times come from another clock, and are exact to hundredths of a second.
    written = (out / "piece-000.mid").stat().st_mtime - clock
    return {"the MIDI file": written, "its end, with a piano roll": end}


def _run_script(name: str, *arguments: Any, cache: Path) -> None:
    root = str(_EXPERIMENTS.parent)
    known = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        "LSTM_MUSIC_CACHE": str(cache),
        "PYTHONPATH": os.pathsep.join(known),
    }
    # This process already holds most of a GPU's memory.
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


def _time_midi(folder, repeats):
    score = _score(np.random.default_rng(0), _NOTES)
    path = folder / "timed.mid"
    programs: Mapping[str, Callable[[], Any]] = {
        f"write_midi, {_NOTES} notes": lambda: write_midi(score, path),
        f"read_midi, {_NOTES} notes": lambda: read_midi(path),
    }
    return _repeats_of(measure(programs, repeats))


def _time_corpora(folder, repeats):
    encoding, kept = Events(), folder / "kept"
    load_chorales(encoding, cache=kept, progress=False)

    def parse():
        cache = tempfile.mkdtemp(dir=folder)
        load_chorales(encoding, cache=cache, progress=False)

    parsing = measure({"chorales, parsed": parse}, min(repeats, 2))
    reading = {
        "chorales, cached": lambda: load_chorales(encoding, cache=kept, progress=False)
    }
    return _repeats_of(parsing | measure(reading, repeats))


def _repeats_of(timings: Mapping[str, Timing]):
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
    """Return random eighth notes; every fourth one starts with the one before it."""
    lowest, highest = 36, 97
    pitches = random.integers(lowest, highest, notes).tolist()
    return Score.from_notes(
        Note(6 * (k - k // 4), pitch, 6) for k, pitch in enumerate(pitches)
    )
