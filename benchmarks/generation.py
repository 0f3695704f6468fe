"""Measures how fast notes are drawn, beside other libraries and the machine's limits.

    python benchmarks/generation.py --quick
    python benchmarks/generation.py --out benchmarks/results/MACHINE

There are four parts; `--only` chooses some of them. Each writes a JSON file and a
Markdown table:

    window    1000 notes of one piece by argmax, with an exact sliding window of 100;
              with several pieces (`--pieces`) only this package and the limits are
              measured
    carried   draws with a carried state, from 1 stream to 4096; with a plot
    compile   times of tracing, compiling, the first call and a later call
    files     times from the start of a script to its MIDI file; of reading and writing
              a MIDI file; and of reading the chorales

The model is an LSTM 512-256 over 308 symbols in float32. The first two parts measure it
with random weights and with trained ones, and every library gets the same weights. In
the part `carried`, other libraries only get random ones. Install the libraries by
`pip install -e '.[bench]'`; one that is missing is left out.

The limits are programs that only read the weights or only multiply with them. They are
timed in turn with the others. Some columns of the tables are:

    same notes         number of notes before the first that differs from this package's
    spread             (median - minimum) / minimum of the repeats
    start-up s         how much longer the first call took than a later one
    share of limit     speed divided by the speed that the limits allow
    share of products  speed divided by that of the matrix products alone, with the same
                       number of streams

Two options of XLA's CPU compiler are left at their defaults.
`small_while_loop_byte_threshold` no longer changes the speed of one stream, because all
cores share its step. It could only be set for a whole process before it starts, because
`jit(compiler_options=...)` refuses it ("not a valid message value").
`prefer_vector_width=512` saved 2% with 64 streams and more on an AMD EPYC. But a
function that is compiled with its own options cannot be called inside another `jit`.

In the first two parts, a program is timed --repeats times. After --seconds it is not
repeated again, but it is timed at least three times. All parts take 30 minutes on two
CPU cores. --quick takes less than a minute: it times each program twice, and runs the
parts `window` and `carried` unless --only names others, with fewer streams, only random
weights, no torch.compile and no chorales.

No GPU has been measured yet. On one, run:

    python benchmarks/generation.py --out benchmarks/results/MACHINE --bfloat16 \\
        --streams 1 64 1024 8192 32768 --pieces 1 64
"""

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import jax
import limits
import numpy as np
import peers
import tyro
from programs import (
    FEWEST_NOTES,
    IN_BFLOAT16,
    THIS_PACKAGE,
    agreement,
    as_array,
    carried_program,
    choose_length,
    python_loop_program,
    rerun_window_program,
    weights_of,
    window_program,
)
from timing import REST, measure, write
from trained import motif_pieces, random_model, trained_model

from lstm_music_jax import MusicLSTM
from lstm_music_jax.system.cores import count_cores

Part = Literal["window", "carried", "compile", "files"]


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Folder for the tables."""
    only: tuple[Part, ...] = ()
    """Parts to run. By default all; with --quick the first two."""
    streams: tuple[int, ...] = (1, 8, 64, 512, 4096)
    """Numbers of streams of the part `carried`."""
    vocabulary: int = 308
    """Number of symbols."""
    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer."""
    pieces: tuple[int, ...] = (1,)
    """Numbers of pieces, drawn at the same time, of the part `window`."""
    notes: int = 1000
    """Notes per run of the part `window`. Slow programs draw fewer."""
    window: int = 100
    """Notes that the part `window` predicts each note from."""
    updates: int = 60
    """Training updates of the trained weights. With 0, only random ones are used."""
    seconds: float = 40.0
    """Seconds of timed runs after which a program is repeated no more."""
    repeats: int = 20
    """Timed runs of each program, at most."""
    precision: Literal["float32", "tensor-float32"] = "float32"
    """Format in which a GPU forms float32 products, in every library. A CPU ignores it.
    """
    bfloat16: bool = False
    """Also measure this package with weights in bfloat16."""
    quick: bool = False
    """Run a short version, described above."""

    def __post_init__(self) -> None:
        """Exit with one line if streams, pieces or sizes are empty or go below 1."""
        for name in ("streams", "pieces", "sizes"):
            given = getattr(self, name)
            if min(given, default=0) < 1:
                sys.exit(f"error: {name} is {given}; it takes numbers of 1 or more")


def main(arguments: Arguments) -> None:
    """Measure the chosen parts."""
    quick = arguments.quick
    parts = arguments.only or get_args(Part)[: 2 if quick else None]
    precise = arguments.precision == "float32"
    jax.config.update(
        "jax_default_matmul_precision", "highest" if precise else "default"
    )
    shape = arguments.vocabulary, arguments.sizes
    models = {"random": random_model(*shape)}
    if {"window", "carried"} & {*parts}:
        if arguments.updates and not quick:
            models["trained"] = trained_model(*shape, arguments.updates)
        libraries = peers.load(count_cores(), precise)
    if "window" in parts:
        rows = [
            row
            for name, model in models.items()
            for pieces in arguments.pieces
            for row in measure_window(arguments, libraries, model, name, pieces)
        ]
        keys = ("program", "pieces", "weights")
        write(arguments.out, "generation-window", rows, keys)
    if "carried" in parts:
        rows = measure_carried(arguments, libraries, models)
        keys = ("program", "streams", "weights")
        write(arguments.out, "generation-carried", rows, keys)
        plot_throughput(rows, arguments.out / "generation-carried.png")
    if "compile" in parts:
        from startup import measure_compilation

        rows = measure_compilation(models["random"], 1 if quick else 5, short=quick)
        write(arguments.out, "generation-compile", rows, ("program", "phase"))
    if "files" in parts:
        from startup import measure_files

        rows = measure_files(1 if quick else 5, corpora=not quick)
        write(arguments.out, "generation-files", rows, ("operation",))


def measure_window(
    arguments: Arguments,
    libraries: Sequence[Any],
    model: MusicLSTM,
    name: str,
    pieces: int,
) -> list[dict]:
    """Measure the sliding window with one model; return one row per program.

    Other libraries are only measured with one piece.
    """
    size = arguments.window
    prompt = np.array(motif_pieces(arguments.vocabulary)[-1][:size], np.int32)
    weights, cores = weights_of(model), count_cores()
    notes = 100 if arguments.quick else arguments.notes
    programs = [window_program(model, prompt, notes, cores, pieces)]
    if arguments.bfloat16:
        half = model.in_bfloat16()
        programs.append(window_program(half, prompt, notes, cores, pieces, IN_BFLOAT16))
    if pieces == 1:
        programs += [
            rerun_window_program(model, prompt, notes, cores),
            *peers.programs_of(libraries, "window_programs", weights, prompt),
        ]
    # For every note, the kernels multiply all states of a window, but the head only
    # multiplies the oldest state.
    multiplied = {"rows": size * pieces, "head_rows": pieces}
    rows = _measure_programs(
        arguments,
        programs,
        limits.product_programs(weights, **multiplied),
        0.2 if arguments.quick else 2.5,
        notes,
        {"pieces": pieces, "weights": name},
    )
    limit = max(_rates(rows, limits.PRODUCTS))
    work = limits.step_flops(weights, **multiplied)
    for row in rows:
        row["GFLOP/s"] = row["notes per second"] / pieces * work / 1e9
        row["share of limit"] = row["notes per second"] / limit
    return rows


def measure_carried(
    arguments: Arguments, libraries: Sequence[Any], models: Mapping[str, MusicLSTM]
) -> list[dict]:
    """Measure carried states; return one row per program, streams and weights.

    The other libraries and the limits are only measured with random weights.
    """
    quick, rows = arguments.quick, []
    for streams in (1, 64) if quick else arguments.streams:
        for name, model in models.items():
            weights = weights_of(model)
            programs = [
                carried_program(model, streams, count_cores()),
                python_loop_program(model, streams, count_cores()),
            ]
            if arguments.bfloat16:
                half = model.in_bfloat16()
                programs.append(
                    carried_program(half, streams, count_cores(), IN_BFLOAT16)
                )
            limit_programs = []
            if name == "random":
                limit_programs += limits.reading_programs(weights)
                limit_programs += limits.product_programs(weights, streams)
                programs += peers.programs_of(
                    libraries, "carried_programs", weights, streams
                )
            if quick:
                programs = [p for p in programs if "torch.compile" not in p.name]
                # Compare the notes with one stream only, because the argmax is another
                # program to compile.
                programs = [
                    p if streams == 1 else dataclasses.replace(p, by_argmax=None)
                    for p in programs
                ]
            seconds = 0.1 if quick else 0.4
            labels = {"streams": streams, "weights": name}
            # In a run of only ten notes, the fixed cost of a call would be too large a
            # part of the time.
            fewest = FEWEST_NOTES if quick else 50
            rows += _measure_programs(
                arguments, programs, limit_programs, seconds, 10_000, labels, fewest
            )
    _add_shares(rows, weights)
    return rows


def _add_shares(rows, weights):
    """Add to each row its rates, and its share of the speed that the limits allow.

    With few streams, reading the weights is the limit; with many streams, the products
    are. Each limit is the best figure of its programs with any number of streams. For
    reading, all limit programs count, because the product programs also read all
    weights.
    """
    limit_rows = [row for row in rows if row["program"].startswith("limit")]
    steps_per_second = 1e3 / min(row["ms per note"] for row in limit_rows)
    most = max(_rates(limit_rows, limits.PRODUCTS))
    for row in rows:
        rate, streams = row["notes per second"], row["streams"]
        same_streams = [each for each in limit_rows if each["streams"] == streams]
        row["GB/s"] = rate / streams * limits.weight_bytes(weights) / 1e9
        row["GFLOP/s"] = rate * limits.step_flops(weights) / 1e9
        row["share of limit"] = rate / min(streams * steps_per_second, most)
        row["share of products"] = rate / max(_rates(same_streams, limits.PRODUCTS))
        if limits.READING in row["program"]:
            # This program multiplies nothing.
            row |= dict.fromkeys(("GFLOP/s", "share of limit", "share of products"), "")


def _rates(rows, kind):
    return [row["notes per second"] for row in rows if kind in row["program"]]


def _measure_programs(
    arguments,
    programs,
    limit_programs,
    seconds,
    most,
    labels,
    fewest=FEWEST_NOTES,
):
    """Warm all programs up, time them in turn, and compare their notes.

    A run takes `seconds` or less, and draws from `fewest` to `most` notes. If `fewest`
    notes take longer, it draws these. A program with a fixed number of notes draws that
    many. Return one row per program, with `labels` in it.
    """
    streams = labels.get("streams") or labels["pieces"]
    lengths, working, drawn = {}, {}, {}
    for program in (*programs, *limit_programs):
        try:
            lengths[program.name] = choose_length(program, seconds, most, fewest)
            if program.by_argmax and program.by_argmax is not program.draw:
                drawn[program.name] = program.by_argmax(FEWEST_NOTES)
        except Exception as error:
            # Another library may be installed and still fail, because it finds no
            # compiler or does not know the device.
            if program.name == THIS_PACKAGE:
                raise
            reason = (str(error) or repr(error)).strip().splitlines()[0]
            print(f"left out: {program.name} ({reason})", file=sys.stderr)
        else:
            working[program.name] = program

    def run(program):
        result = program.draw(lengths[program.name].notes)
        if program.by_argmax is program.draw:
            drawn[program.name] = result
        return result

    timings = measure(
        {name: partial(run, program) for name, program in working.items()},
        2 if arguments.quick else arguments.repeats,
        arguments.seconds,
        rest=REST,
    )
    drawn = {name: as_array(result) for name, result in drawn.items()}
    rows = []
    for name, timing in timings.items():
        notes = lengths[name].notes
        same = ""
        if name in drawn:
            same = agreement(drawn[name], drawn[THIS_PACKAGE])
        rows.append(
            {
                "program": name,
                **labels,
                "runs on": working[name].runs_on,
                "notes": notes,
                "same notes": same,
                "ms per note": timing.best / notes * 1e3,
                "median ms per note": timing.median / notes * 1e3,
                "spread": timing.spread,
                "notes per second": streams * notes / timing.best,
                "start-up s": lengths[name].startup,
            }
        )
    return rows


def plot_throughput(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Plot notes per second against streams, with dashed lines for the limits."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), dpi=100, layout="constrained")
    axes = figure.subplots()
    rows = [row for row in rows if row["weights"] == "random"]
    for name in dict.fromkeys(row["program"] for row in rows):
        points = [
            (row["streams"], row["notes per second"])
            for row in rows
            if row["program"] == name
        ]
        style = {"ls": "--", "lw": 1} if name.startswith("limit") else {"marker": "o"}
        if name == THIS_PACKAGE:
            style |= {"color": "black", "lw": 2.5, "zorder": 3}
        axes.plot(*zip(*points, strict=True), label=name, **style)
    axes.set(xscale="log", yscale="log", xlabel="streams", ylabel="notes per second")
    # With many streams, reading the weights is not a limit, so its line may leave the
    # picture.
    axes.set_ylim(top=3 * max(_rates(rows, limits.PRODUCTS)))
    streams = sorted({row["streams"] for row in rows})
    axes.set_xticks(streams, [f"{count}" for count in streams])
    axes.minorticks_off()
    axes.grid(color="0.9")
    figure.legend(loc="outside lower center", ncols=2)
    figure.savefig(path)


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
