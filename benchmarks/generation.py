"""How fast notes are drawn: ours, other libraries, and what the machine could do.

    python benchmarks/generation.py --quick
    python benchmarks/generation.py --out benchmarks/results/MACHINE

Four parts, each a JSON file and a Markdown table (`--only` chooses):

    window    1000 notes of one piece, the argmax of an exact sliding window of 100;
              of several pieces (`--pieces`) ours only
    carried   draws from a carried state, 1 stream to 4096; with a plot
    compile   tracing, compiling and the first call, apart from what follows
    files     from a process's start to the MIDI file; MIDI and corpora

An LSTM 512-256 over 308 symbols, float32, with random weights and with trained ones,
the same in every library (`pip install -e '.[bench]'`; what is not there is left out).
The limits are measured in turn with the programs: `share of limit` is of what the
machine could do if it only read the weights and multiplied with them.

Two options of XLA's CPU compiler are left alone. `small_while_loop_byte_threshold` no
longer changes a step of one stream, since all cores take part in that; it could only be
set for a whole process, before it starts: it lives in a map of extra options, which
`jit(compiler_options=...)` refuses ("not a valid message value").
`prefer_vector_width=512` took 2% off 64 streams and more on an AMD EPYC; but a function
compiled with options of its own cannot be called within another one's `jit`.

A program is timed --repeats times; no more once that took --seconds, but three times at
least. Cost: 30 minutes on two CPU cores; --quick (parts `window` and `carried` unless
others are asked for, fewer streams, random weights only, no torch.compile, no chorales)
ends within a minute. On a GPU, where nothing has been measured yet:

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
    FEW,
    IN_BFLOAT16,
    OURS,
    agreement,
    carried_in_python,
    ids,
    ours_carried,
    ours_windowed,
    pace,
    weights_of,
    windowed_again,
)
from timing import REST, measure, write
from trained import fresh_model, motifs, trained_model

from lstm_music_jax import MusicLSTM
from lstm_music_jax.system.cores import count_cores

Part = Literal["window", "carried", "compile", "files"]


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Where to write."""
    only: tuple[Part, ...] = ()
    """Which parts; by default all, of --quick the first two."""
    streams: tuple[int, ...] = (1, 8, 64, 512, 4096)
    """Streams at once, of the part `carried`."""
    vocabulary: int = 308
    """Symbols."""
    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer."""
    pieces: tuple[int, ...] = (1,)
    """Pieces at once, of the part `window`."""
    notes: int = 1000
    """Notes of the part `window`; programs that are too slow for it draw fewer."""
    window: int = 100
    """Notes that each of these is predicted from."""
    updates: int = 60
    """Updates of the trained weights; 0 for random ones only."""
    seconds: float = 40.0
    """About how long all timed runs of a program may take."""
    repeats: int = 20
    """Timed runs of each program, if there is time."""
    precision: Literal["float32", "tensor-float32"] = "float32"
    """On a GPU: form float32 products in float32, or in its shorter format, everywhere.
    A CPU has one way."""
    bfloat16: bool = False
    """Also ours with weights in bfloat16."""
    quick: bool = False
    """See above."""

    def __post_init__(self) -> None:
        """Leave with one line where there is nothing to draw."""
        for name in ("streams", "pieces", "sizes"):
            given = getattr(self, name)
            if min(given, default=0) < 1:
                sys.exit(f"error: {name} is {given}; it takes numbers of 1 or more")


def main(arguments: Arguments) -> None:
    """Measure the parts that were asked for."""
    quick = arguments.quick
    parts = arguments.only or get_args(Part)[: 2 if quick else None]
    precise = arguments.precision == "float32"
    jax.config.update(
        "jax_default_matmul_precision", "highest" if precise else "default"
    )
    shape = arguments.vocabulary, arguments.sizes
    models = {"random": fresh_model(*shape)}
    if {"window", "carried"} & {*parts}:
        if arguments.updates and not quick:
            models["trained"] = trained_model(*shape, arguments.updates)
        others = peers.load(count_cores(), precise)
    if "window" in parts:
        rows = [
            row
            for name, model in models.items()
            for pieces in arguments.pieces
            for row in window(arguments, others, model, name, pieces)
        ]
        keys = ("program", "pieces", "weights")
        write(arguments.out, "generation-window", rows, keys)
    if "carried" in parts:
        rows = carried(arguments, others, models)
        keys = ("program", "streams", "weights")
        write(arguments.out, "generation-carried", rows, keys)
        plot(rows, arguments.out / "generation-carried.png")
    if "compile" in parts:
        from startup import compilation

        rows = compilation(models["random"], 1 if quick else 5, short=quick)
        write(arguments.out, "generation-compile", rows, ("program", "phase"))
    if "files" in parts:
        from startup import files

        rows = files(1 if quick else 5, corpora=not quick)
        write(arguments.out, "generation-files", rows, ("what",))


def window(
    arguments: Arguments,
    others: Sequence[Any],
    model: MusicLSTM,
    name: str,
    pieces: int,
) -> list[dict]:
    """Measure the sliding window with one model; the others draw one piece."""
    size = arguments.window
    prompt = np.array(motifs(arguments.vocabulary)[-1][:size], np.int32)
    weights, cores = weights_of(model), count_cores()
    notes = 100 if arguments.quick else arguments.notes
    programs = [ours_windowed(model, prompt, notes, cores, pieces)]
    if arguments.bfloat16:
        programs.append(
            ours_windowed(
                model.in_bfloat16(), prompt, notes, cores, pieces, IN_BFLOAT16
            )
        )
    if pieces == 1:
        programs += [
            windowed_again(model, prompt, notes, cores),
            *peers.programs(others, "window_programs", weights, prompt),
        ]
    # Only the oldest of a window's states is read out.
    rows_read = {"rows": size * pieces, "head_rows": pieces}
    bounds = limits.products(weights, **rows_read)
    rows = _measured(
        arguments,
        programs,
        bounds,
        0.2 if arguments.quick else 2.5,
        notes,
        {"pieces": pieces, "weights": name},
    )
    limit = max(_rates(rows, limits.PRODUCTS))
    work = limits.flops(weights, **rows_read)
    for row in rows:
        row["GFLOP/s"] = row["notes a second"] / pieces * work / 1e9
        row["share of limit"] = row["notes a second"] / limit
    return rows


def carried(
    arguments: Arguments, others: Sequence[Any], models: Mapping[str, MusicLSTM]
) -> list[dict]:
    """Measure carried states; the peers and the limits with random weights only."""
    quick, rows = arguments.quick, []
    for streams in (1, 64) if quick else arguments.streams:
        for name, model in models.items():
            weights = weights_of(model)
            programs = [
                ours_carried(model, streams, count_cores()),
                carried_in_python(model, streams, count_cores()),
            ]
            if arguments.bfloat16:
                half = model.in_bfloat16()
                programs.append(ours_carried(half, streams, count_cores(), IN_BFLOAT16))
            bounds = []
            if name == "random":
                bounds = [*limits.reading(weights), *limits.products(weights, streams)]
                programs += peers.programs(others, "carried_programs", weights, streams)
            if quick:
                programs = [p for p in programs if "torch.compile" not in p.name]
                # The check by argmax is a program to compile: once will do.
                programs = [
                    p if streams == 1 else dataclasses.replace(p, by_argmax=None)
                    for p in programs
                ]
            seconds = 0.1 if quick else 0.4
            labels = {"streams": streams, "weights": name}
            # Before a first note ours reads a prompt, here of one symbol: a tenth of
            # the time of ten notes.
            fewest = FEW if quick else 50
            rows += _measured(
                arguments, programs, bounds, seconds, 10_000, labels, fewest
            )
    _add_shares(rows, weights)
    return rows


def _add_shares(rows, weights):
    """Add rates, and their share of the limit: reading or, at many streams, products.

    Each is the best that any of the limits' programs reached at any number of streams:
    who multiplies has read the weights as well.
    """
    bounds = [row for row in rows if _is_limit(row)]
    reads = 1e3 / min(row["ms a note"] for row in bounds)
    most = max(_rates(bounds, limits.PRODUCTS))
    for row in rows:
        there = [bound for bound in bounds if bound["streams"] == row["streams"]]
        rate, streams = row["notes a second"], row["streams"]
        row["GB/s"] = rate / streams * limits.footprint(weights) / 1e9
        row["GFLOP/s"] = rate * limits.flops(weights) / 1e9
        row["share of limit"] = rate / min(streams * reads, most)
        row["share of products"] = rate / max(_rates(there, limits.PRODUCTS))
        if limits.READING in row["program"]:
            # It multiplies nothing.
            row |= dict.fromkeys(("GFLOP/s", "share of limit", "share of products"), "")


def _rates(rows, kind):
    return [row["notes a second"] for row in rows if kind in row["program"]]


def _measured(arguments, programs, bounds, seconds, most, labels, fewest=FEW):
    """Warm up, time in turn, compare the notes; returns a row a program."""
    streams = labels.get("streams") or labels["pieces"]
    paces, left, drawn = {}, {}, {}
    for program in (*programs, *bounds):
        try:
            paces[program.name] = pace(program, seconds, most, fewest)
            if program.by_argmax and program.by_argmax is not program.draw:
                drawn[program.name] = program.by_argmax(FEW)
        except Exception as error:
            # A peer may fail where it is installed: no compiler, no such device.
            if program.name == OURS:
                raise
            reason = (str(error) or repr(error)).strip().splitlines()[0]
            print(f"left out: {program.name} ({reason})", file=sys.stderr)
        else:
            left[program.name] = program

    def run(program):
        result = program.draw(paces[program.name].notes)
        if program.by_argmax is program.draw:
            drawn[program.name] = result
        return result

    timings = measure(
        {name: partial(run, program) for name, program in left.items()},
        2 if arguments.quick else arguments.repeats,
        arguments.seconds,
        rest=REST,
    )
    drawn = {name: ids(result) for name, result in drawn.items()}
    rows = []
    for name, timing in timings.items():
        notes = paces[name].notes
        same = agreement(drawn[name], drawn[OURS]) if name in drawn else ""
        rows.append(
            {
                "program": name,
                **labels,
                "runs on": left[name].runs_on,
                "notes": notes,
                "same notes": same,
                "ms a note": timing.best / notes * 1e3,
                "median ms": timing.median / notes * 1e3,
                "spread": timing.spread,
                "notes a second": streams * notes / timing.best,
                "start s": paces[name].start,
            }
        )
    return rows


def _is_limit(row):
    return row["program"].startswith("limit")


def plot(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw throughput against streams, the limits dashed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), dpi=100, layout="constrained")
    axes = figure.subplots()
    rows = [row for row in rows if row["weights"] == "random"]
    for name in dict.fromkeys(row["program"] for row in rows):
        points = [
            (row["streams"], row["notes a second"])
            for row in rows
            if row["program"] == name
        ]
        style = {"ls": "--", "lw": 1} if name.startswith("limit") else {"marker": "o"}
        if name == OURS:
            style |= {"color": "black", "lw": 2.5, "zorder": 3}
        axes.plot(*zip(*points, strict=True), label=name, **style)
    axes.set(xscale="log", yscale="log", xlabel="streams", ylabel="notes a second")
    # Reading for many streams at once limits nothing: its line leaves the picture.
    axes.set_ylim(top=3 * max(_rates(rows, limits.PRODUCTS)))
    streams = sorted({row["streams"] for row in rows})
    axes.set_xticks(streams, [f"{count}" for count in streams])
    axes.minorticks_off()
    axes.grid(color="0.9")
    figure.legend(loc="outside lower center", ncols=2)
    figure.savefig(path)


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
