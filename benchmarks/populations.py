"""Measures what competition costs: populations against streams that do not compete.

    python benchmarks/populations.py --quick
    python benchmarks/populations.py --out benchmarks/results/MACHINE

An LSTM 512-256 over 308 symbols continues one prompt by a population. A beam chooses
the best of all continuations at each symbol, and sequential Monte Carlo (SMC) weights
and resamples its members. Both then copy the states of the ancestors. They are compared
with as many independent streams, which draw from the same distributions, and with a
batched beam search that is written by hand in PyTorch, with the same weights. The
weights are random ones times four, because random weights alone give nearly flat
distributions, in which rounding decides between continuations.

All programs run in turn, so their ratios can be trusted. Some columns of the table are:

    same pieces        the share of the members of this package's beam, after 16 symbols
                       or fewer, that the program holds too; rounding decides between
                       nearly equal ones
    of a step          by how much the program takes longer than as many independent
                       streams with the same strategy, as a share of their time
    spread             (median - minimum) / minimum of the repeats

Cost: 4 minutes on two CPU cores; --quick takes one. Expect: at 64 members and more,
competition costs at most a fifth of a step.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import peers
import tyro
from programs import Program, as_array, describe_device, weights_of
from timing import REST, measure, write
from trained import random_model

from lstm_music_jax import SMC, BeamSearch, Decoder, MusicLSTM, generate
from lstm_music_jax.strategies import Chain, Strategy, TopP
from lstm_music_jax.system.cores import count_cores

BEAM = "BeamSearch"
# Each program, its strategy and its decoder; None for independent streams.
_CUT = TopP(0.9)
PROGRAMS: dict[str, tuple[Strategy, type[Decoder] | None]] = {
    "independent streams": (Chain(), None),
    BEAM: (Chain(), BeamSearch),
    "independent streams, TopP": (_CUT, None),
    "SMC, TopP": (_CUT, SMC),
}
# The program with which another one is compared.
_PLAIN = {BEAM: "independent streams", "SMC, TopP": "independent streams, TopP"}
# Members times symbols of a run, so that a run takes about a tenth of a second or more.
# But a run has 8 to 1000 symbols.
_WORK = 4096
# The results of this many symbols are compared.
_COMPARED = 16


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Folder for the tables."""
    members: tuple[int, ...] = (4, 16, 64, 256, 1024)
    """Sizes of the populations."""
    vocabulary: int = 308
    """Number of symbols."""
    sizes: tuple[int, ...] = (512, 256)
    """Units of each LSTM layer."""
    repeats: int = 20
    """Timed runs of each program."""
    quick: bool = False
    """Populations of 4 and 64 members, 5 repeats."""

    def __post_init__(self) -> None:
        """Exit with one line if members are empty or go below 1."""
        if min(self.members, default=0) < 1:
            sys.exit(f"error: members is {self.members}; it takes numbers of 1 or more")


def main(arguments: Arguments) -> None:
    """Measure each size of the population, and write one table."""
    model = random_model(arguments.vocabulary, arguments.sizes)
    model = jax.tree.map(lambda leaf: 4 * leaf, model)
    libraries = peers.load(count_cores(), precise=True)
    rows = []
    for members in (4, 64) if arguments.quick else arguments.members:
        rows += measure_members(arguments, libraries, model, members)
    write(arguments.out, "populations", rows, ("program", "members"))


def measure_members(
    arguments: Arguments, libraries: Any, model: MusicLSTM, members: int
) -> list[dict[str, Any]]:
    """Time all programs with one size of the population; return one row for each."""
    symbols = min(1000, max(8, _WORK // members))
    programs = [
        *(population_program(model, name, members) for name in PROGRAMS),
        *peers.programs_of(libraries, "beam_programs", weights_of(model), members),
    ]
    timings = measure(
        {each.name: partial(each.draw, symbols) for each in programs},
        5 if arguments.quick else arguments.repeats,
        rest=REST,
    )
    drawn = {
        each.name: _pieces(each.by_argmax(min(symbols, _COMPARED)))
        for each in programs
        if each.by_argmax
    }
    rows = []
    for each in programs:
        timing = timings[each.name]
        row: dict[str, Any] = {
            "program": each.name,
            "members": members,
            "runs on": each.runs_on,
            "symbols": symbols,
            "same pieces": "",
            "ms per symbol": timing.best / symbols * 1e3,
            "median ms per symbol": timing.median / symbols * 1e3,
            "spread": timing.spread,
            "of a step": "",
        }
        if each.name in drawn:
            both = drawn[each.name] & drawn[BEAM]
            row["same pieces"] = f"{len(both) / len(drawn[BEAM]):.0%}"
        if plain := _PLAIN.get(each.name):
            row["of a step"] = f"{timing.best / timings[plain].best - 1:+.0%}"
        rows.append(row)
    return rows


def _pieces(drawn):
    return {tuple(piece) for piece in as_array(drawn).tolist()}


def population_program(model: MusicLSTM, name: str, members: int) -> Program:
    """Return a program of `PROGRAMS`, which continues one symbol."""
    strategy, decoder = PROGRAMS[name]
    options: Mapping[str, Any] = {"strategy": strategy}
    rows = members
    if decoder is not None:
        options, rows = {**options, "decoder": decoder(members)}, 1
    prompts = jnp.zeros((rows, 1), jnp.int32)

    def draw(length):
        key = jax.random.key(0)
        tokens = generate(model, prompts, key, length=length, **options).tokens
        return tokens if decoder is None else tokens[0]

    by_argmax = draw if decoder is BeamSearch else None
    return Program(name, describe_device(count_cores()), draw, by_argmax)


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
