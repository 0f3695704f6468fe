"""How fast the model is trained: ours, other libraries, and what the machine could do.

    python benchmarks/training.py --quick
    python benchmarks/training.py --out benchmarks/results/MACHINE

A step of an LSTM 512-256 over 308 symbols on windows of 100, predicting every position:
forward, backward, gradients clipped to norm 1, Adam; dropout 0.3, float32. Several
batch sizes; from the same weights, on the same batch, which lies on the device. What is
not installed is left out (`pip install -e '.[bench]'`).

    GFLOP/s            2 x 3 operations a number of each matrix and position: the
                       product forward, and its derivatives by inputs and by matrix.
                       Not the first kernel's, whose rows are read (the others multiply
                       it with one-hot vectors, which counts as no work)
    share of products  time of exactly these products, formed by the faster of XLA and
                       NumPy at the step's shapes, by the program's time
    times PyTorch      the library's time by the program's: how many times as fast
    same losses        without dropout, the losses before the first three steps are ours
                       to 1e-4; checked at the smallest batch
    memory             arguments, results and all in between, in MB; by what is stored
                       for the backward pass at least: gates, cells, outputs, logits

A program is timed `repeats` times; no more once that took `seconds`, but three times
at least: the table says how often.

Cost: on two CPU cores 16 minutes with --repeats 5 --seconds 12, half of them (and 6 GB)
for the batch of 2048. --quick (batches of 16 and 64, two repeats, shorter runs) ends
within a minute on a quiet machine.
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
from programs import OURS, weights_of
from steps import (
    StepProgram,
    limit_programs,
    ours,
    products,
    stored,
    windows_of_motifs,
)
from timing import REST, measure, write

from lstm_music_jax import ModelConfig, TrainingConfig
from lstm_music_jax.system.cores import count_cores
from lstm_music_jax.training.step import initial_state

LIBRARIES = "PyTorch", "Keras"
# Steps that are compared, and how near their losses are, in nats.
_COMPARED, _NEAR = 3, 1e-4
# Seconds; a run takes as many steps as fill them, one dispatch's at most: the more
# there are, the less it weighs that a dispatch's memory is new to it (a tenth of a
# step of 64 windows).
_A_RUN, _A_QUICK_RUN = 5.0, 0.2


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Where to write training.json and training.md."""
    batches: tuple[int, ...] = (16, 64, 256, 2048)
    """Windows a step."""
    window: int = 100
    """Symbols a window."""
    vocabulary: int = 308
    """Symbols to tell apart."""
    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer."""
    repeats: int = 7
    """Timed runs of each program, at most."""
    seconds: float = 20.0
    """Of timed runs, after which a program is repeated no more."""
    bfloat16: bool = False
    """Also ours with products in bfloat16."""
    precision: Literal["float32", "tensor-float32"] = "float32"
    """On a GPU: form float32 products in float32, or in its shorter format, everywhere.
    A CPU has one way."""
    quick: bool = False
    """See above."""


def main(arguments: Arguments) -> None:
    """Measure at each batch size."""
    if arguments.quick:
        arguments = replace(arguments, batches=(16, 64), repeats=2)
    precise = arguments.precision == "float32"
    jax.config.update(
        "jax_default_matmul_precision", "highest" if precise else "default"
    )
    others = peers.load(count_cores(), precise)
    same, rows = same_losses(arguments, others), []
    for batch in arguments.batches:
        for row in measured(arguments, others, batch):
            rows.append(row | {"same losses": same.get(row["program"], "")})
        # Each time, because a later batch may be more than the memory holds.
        write(arguments.out, "training", rows, ("program", "batch"))


def programs(
    arguments: Arguments, others: Sequence[ModuleType], batch: int, dropout: float
) -> list[StepProgram]:
    """Return ours and the other libraries', from the same weights."""
    model = ModelConfig(arguments.sizes, dropout)
    config = TrainingConfig(batch_size=batch, window=arguments.window)
    state = initial_state(model, config, arguments.vocabulary)
    windows = windows_of_motifs(arguments.vocabulary, batch, arguments.window)
    found = [ours(state, windows, config)]
    if arguments.bfloat16:
        found.append(ours(state, windows, replace(config, precision="bfloat16")))
    read = windows.at(jnp.arange(batch), arguments.window)
    return found + peers.programs(
        others, "training_programs", weights_of(state.model), read, config, dropout
    )


def same_losses(arguments: Arguments, others: Sequence[ModuleType]) -> dict[str, str]:
    """Say of each program in float32 whether it computes what ours does."""
    arguments = replace(arguments, bfloat16=False)
    losses = {
        program.name: _attempt(program, _COMPARED)
        for program in programs(arguments, others, min(arguments.batches), dropout=0.0)
    }
    found = {}
    for name, values in losses.items():
        if name != OURS and values is not None:
            apart = np.abs(np.asarray(values) - np.asarray(losses[OURS])).max()
            found[name] = "yes" if apart <= _NEAR else f"no: {apart:.1e} apart"
    return found


def measured(
    arguments: Arguments, others: Sequence[ModuleType], batch: int
) -> list[dict[str, Any]]:
    """Warm up and time in turn; returns a row a program."""
    model, vocabulary = ModelConfig(arguments.sizes), arguments.vocabulary
    needed = products(model, vocabulary, batch, arguments.window)
    found = [
        *programs(arguments, others, batch, model.dropout),
        *limit_programs(needed),
    ]
    found = [program for program in found if _attempt(program, 1) is not None]
    begin = time.perf_counter()
    _attempt(found[0], 1)
    wanted = _A_QUICK_RUN if arguments.quick else _A_RUN
    fitting = round(wanted / (time.perf_counter() - begin))
    steps = min(max(fitting, 1), TrainingConfig.steps_per_dispatch)
    timings = measure(
        {program.name: partial(program.take, steps) for program in found},
        arguments.repeats,
        arguments.seconds,
        REST,
    )
    seconds = {name: timing.best / steps for name, timing in timings.items()}
    positions = batch * arguments.window
    work = sum(product.flops for product in needed)
    least = stored(model, vocabulary, positions)
    rows = []
    for program in found:
        name, memory = program.name, program.memory
        rows.append(
            {
                "program": name,
                "batch": batch,
                "runs on": program.runs_on,
                "steps a run": steps,
                "repeats": len(timings[name].repeats),
                "ms a step": seconds[name] * 1e3,
                "spread": timings[name].spread,
                "tokens/s": positions / seconds[name],
                "GFLOP/s": work / seconds[name] / 1e9,
                "share of products": _times(limits.PRODUCTS, name, seconds),
                **{f"times {x}": _times(x, name, seconds) for x in LIBRARIES},
                "memory MB": memory / 1e6 if memory else "",
                "memory / stored": memory / least if memory else "",
            }
        )
    return rows


def _attempt(program, steps):
    """Take steps; None, with a line, where another library cannot."""
    try:
        return jax.block_until_ready(program.take(steps))
    except Exception as error:
        # It may be installed, and yet have no compiler, device or memory to run.
        if program.name.startswith(OURS):
            raise
        reason = (str(error) or repr(error)).strip().splitlines()[0]
        print(f"left out: {program.name} ({reason})", file=sys.stderr)
        return None


def _times(others, name, seconds):
    """How many times as fast as the fastest program of these, "" where none is."""
    there = [taken for other, taken in seconds.items() if other.startswith(others)]
    return min(there) / seconds[name] if there else ""


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
