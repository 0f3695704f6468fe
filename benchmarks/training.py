"""Measures how fast the model trains, beside other libraries and the machine's limits.

    python benchmarks/training.py --quick
    python benchmarks/training.py --out benchmarks/results/MACHINE

One step trains an LSTM 512-256 over 308 symbols in float32. It predicts every position
of windows of 100 with dropout 0.3, clips the gradients to norm 1, and updates by Adam.
Every library starts from the same weights, and trains on the same batch, which is on
the device. Several batch sizes are measured. Install the libraries by
`pip install -e '.[bench]'`; one that is missing is left out. Some columns of the table
are:

    GFLOP/s            counts 6 operations per matrix entry and position: 2 for the
                       product, and 2 for each of its derivatives, by the inputs and by
                       the matrix. The first kernel does not count, because a step only
                       reads rows of it (other libraries multiply it with one-hot
                       vectors)
    share of products  time of a program that computes only these products, with the
                       faster of XLA and NumPy, divided by the program's time
    speed-up over X    time of library X's fastest program divided by the program's time
    same losses        "yes" if the losses before the first three steps, without
                       dropout, differ from this package's by 1e-4 at most; checked with
                       the smallest batch
    memory MB          arguments, results and all intermediate values
    memory / stored    the same, divided by the bytes that the backward pass has to
                       read: gates, cells, outputs and logits

A program is timed --repeats times. After --seconds it is not repeated again, but it is
timed at least three times, unless --repeats is less; the table says how often.

All batches take 16 minutes on two CPU cores with --repeats 5 --seconds 12. The batch of
2048 takes half of the time, and 6 GB of memory. --quick measures batches of 16 and 64
with two repeats and shorter runs; it takes less than a minute on an idle machine.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import jax
import jax.numpy as jnp
import limits
import numpy as np
import peers
import tyro
from programs import THIS_PACKAGE, weights_of
from steps import (
    StepProgram,
    limit_programs,
    motif_windows,
    package_step_program,
    step_products,
    stored_bytes,
)
from timing import REST, measure, write

from lstm_music_jax import ModelConfig, TrainingConfig
from lstm_music_jax.system.cores import count_cores
from lstm_music_jax.training.step import initial_state

LIBRARIES = "PyTorch", "Keras"
# Number of steps whose losses are compared, and the allowed difference in nats.
_COMPARED_STEPS, _TOLERANCE = 3, 1e-4
# Seconds that a run should take. A run is at most one dispatch. A dispatch begins by
# allocating memory, which takes a tenth of the time of a step of 64 windows. With more
# steps per run, this matters less.
_RUN_SECONDS, _QUICK_RUN_SECONDS = 5.0, 0.2


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Folder for training.json and training.md."""
    batches: tuple[int, ...] = (16, 64, 256, 2048)
    """Windows per step."""
    window: int = 100
    """Symbols per window."""
    vocabulary: int = 308
    """Number of symbols."""
    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer."""
    repeats: int = 7
    """Timed runs of each program, at most."""
    seconds: float = 20.0
    """Seconds of timed runs after which a program is repeated no more."""
    bfloat16: bool = False
    """Also measure this package with products in bfloat16."""
    precision: Literal["float32", "tensor-float32"] = "float32"
    """Format in which a GPU forms float32 products, in every library. A CPU ignores it.
    """
    quick: bool = False
    """Run a short version, described above."""


def main(arguments: Arguments) -> None:
    """Measure with each batch size."""
    if arguments.quick:
        arguments = replace(arguments, batches=(16, 64), repeats=2)
    precise = arguments.precision == "float32"
    jax.config.update(
        "jax_default_matmul_precision", "highest" if precise else "default"
    )
    libraries = peers.load(count_cores(), precise)
    same, rows = same_losses(arguments, libraries), []
    for batch in arguments.batches:
        for row in measure_batch(arguments, libraries, batch):
            rows.append(row | {"same losses": same.get(row["program"], "")})
        # Write after each batch, because the next one may not fit in memory.
        write(arguments.out, "training", rows, ("program", "batch"))


def training_programs(
    arguments: Arguments, libraries: Sequence[ModuleType], batch: int, dropout: float
) -> list[StepProgram]:
    """Return the programs of this package and of the other libraries.

    All start with the same weights.
    """
    model = ModelConfig(arguments.sizes, dropout)
    config = TrainingConfig(batch_size=batch, window=arguments.window)
    state = initial_state(model, config, arguments.vocabulary)
    windows = motif_windows(arguments.vocabulary, batch, arguments.window)
    found = [package_step_program(state, windows, config)]
    if arguments.bfloat16:
        low = replace(config, precision="bfloat16")
        found.append(package_step_program(state, windows, low))
    read = windows.at(jnp.arange(batch), arguments.window)
    weights = weights_of(state.model)
    return found + peers.programs_of(
        libraries, "training_programs", weights, read, config, dropout
    )


def same_losses(
    arguments: Arguments, libraries: Sequence[ModuleType]
) -> dict[str, str]:
    """Return, for each program of another library, whether its losses are the same."""
    arguments = replace(arguments, bfloat16=False)
    batch = min(arguments.batches)
    losses = {
        program.name: _attempt(program, _COMPARED_STEPS)
        for program in training_programs(arguments, libraries, batch, dropout=0.0)
    }
    found = {}
    for name, values in losses.items():
        if name != THIS_PACKAGE and values is not None:
            reference = np.asarray(losses[THIS_PACKAGE])
            apart = np.abs(np.asarray(values) - reference).max()
            found[name] = "yes" if apart <= _TOLERANCE else f"no: {apart:.1e} apart"
    return found


def measure_batch(
    arguments: Arguments, libraries: Sequence[ModuleType], batch: int
) -> list[dict[str, Any]]:
    """Warm all programs up and time them in turn; return one row per program."""
    model, vocabulary = ModelConfig(arguments.sizes), arguments.vocabulary
    products = step_products(model, vocabulary, batch, arguments.window)
    found = [
        *training_programs(arguments, libraries, batch, model.dropout),
        *limit_programs(products),
    ]
    found = [program for program in found if _attempt(program, 1) is not None]
    begin = time.perf_counter()
    _attempt(found[0], 1)
    wanted = _QUICK_RUN_SECONDS if arguments.quick else _RUN_SECONDS
    fitting = round(wanted / (time.perf_counter() - begin))
    steps = min(max(fitting, 1), TrainingConfig.steps_per_dispatch)
    timings = measure(
        {program.name: partial(program.run, steps) for program in found},
        arguments.repeats,
        arguments.seconds,
        REST,
    )
    seconds = {name: timing.best / steps for name, timing in timings.items()}
    positions = batch * arguments.window
    work = sum(product.flops for product in products)
    least = stored_bytes(model, vocabulary, positions)
    rows = []
    for program in found:
        name, memory = program.name, program.memory
        rows.append(
            {
                "program": name,
                "batch": batch,
                "runs on": program.runs_on,
                "steps per run": steps,
                "repeats": len(timings[name].repeats),
                "ms per step": seconds[name] * 1e3,
                "spread": timings[name].spread,
                "tokens/s": positions / seconds[name],
                "GFLOP/s": work / seconds[name] / 1e9,
                "share of products": _speedup(limits.PRODUCTS, name, seconds),
                **{
                    f"speed-up over {library}": _speedup(library, name, seconds)
                    for library in LIBRARIES
                },
                "memory MB": memory / 1e6 if memory else "",
                "memory / stored": memory / least if memory else "",
            }
        )
    return rows


def _attempt(program, steps):
    """Run steps; if the program of another library fails, print a line, return None."""
    try:
        return jax.block_until_ready(program.run(steps))
    except Exception as error:
        # A library may be installed and still lack a compiler, a device or memory.
        if program.name.startswith(THIS_PACKAGE):
            raise
        reason = (str(error) or repr(error)).strip().splitlines()[0]
        print(f"left out: {program.name} ({reason})", file=sys.stderr)
        return None


def _speedup(prefix, name, seconds):
    """Return how many times as fast a program is as the fastest one of a prefix.

    Return "" if there is no program of that prefix.
    """
    others = [taken for other, taken in seconds.items() if other.startswith(prefix)]
    return min(others) / seconds[name] if others else ""


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
