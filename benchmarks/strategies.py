"""Measures the cost of each sampling strategy: added microseconds per note.

    python benchmarks/strategies.py --quick
    python benchmarks/strategies.py --out benchmarks/results/MACHINE

An LSTM 512-256 over 308 symbols draws with a temperature alone, and then with each
strategy after the temperature. The difference is the strategy's cost, which is also
given as a share of the plain step. Every strategy that needs no other object, such as a
model, is measured with the settings of `testing/examples.py`. The promises are
measured too: `CopyLimit` with 200 pieces of 1,000 symbols, and `Obey` with 16 bars, an
automaton of about 9,000 states, alone and behind `WellFormed`. A second table says how
long their tables take to build, and their memory. Cost: 8 minutes on two CPU cores;
--quick (64 streams, few repeats) takes one.

Expect, with 64 streams, as in `benchmarks/results`: at most 15% of the step for most
strategies and for promises, and 17% for the presets, which are chains of strategies.
Four cost more: TopH, whose bisection takes two sums per attempt (16% on an Intel Xeon),
TailFree, which is the only one that needs a sort (40%), Mirostat1 (30%) and LookBack
(39%). On a busy AMD EPYC, these four took 0 to 24%.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from timing import measure, write

from lstm_music_jax import (
    Events,
    KnownPieces,
    MusicLSTM,
    Vocabulary,
    bars,
    generate,
    strategies,
)
from lstm_music_jax.strategies import Chain, CopyLimit, Obey, Temperature, WellFormed
from lstm_music_jax.system.cores import count_cores
from lstm_music_jax.testing.examples import EXAMPLES

VOCABULARY = 308
# Symbols drawn per run, so that a run takes about a tenth of a second on two cores.
LENGTHS = {1: 500, 64: 60, 1024: 6}
PLAIN = "Temperature"


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Folder for strategies.json, strategies.md, promises.json and promises.md."""
    only: tuple[str, ...] = ()
    """Names of strategies and promises; all by default."""
    repeats: int = 12
    """Timed runs of each program."""
    quick: bool = False
    """64 streams only, 5 repeats."""


def table() -> dict[str, strategies.Strategy]:
    """Return the examples of all strategies that need no other object, such as a model.

    Temperature is left out, because every program has it.
    """
    return {
        example.name: example.make()
        for example in EXAMPLES
        if not example.needs and example.name != PLAIN
    }


def vocabulary() -> Vocabulary:
    """Return the symbols of `Events`, and names without a meaning, 308 in all."""
    symbols = Events().symbols
    others = (f"other_{number}" for number in range(VOCABULARY - len(symbols)))
    return Vocabulary((*symbols, *others))


def copy_limit() -> CopyLimit:
    """Return a limit for 200 pieces of 1,000 symbols, of which a few are frequent."""
    rng = np.random.default_rng(0)
    pieces = np.minimum(rng.zipf(1.5, size=(200, 1000)) - 1, VOCABULARY - 1)
    return CopyLimit(2, KnownPieces([*pieces], vocabulary(), Events()))


def obey() -> Obey:
    """Return a promise of 16 bars in sixteenths, without notes across bar lines."""
    automaton = bars(16, vocabulary(), Events(), crossing=False, grid=3)
    return Obey(automaton, 400)


def masked_obey() -> Chain:
    """Return the promise behind the mask that `compose` puts in front of it."""
    return Chain(WellFormed(vocabulary(), Events()), obey())


PROMISES = {
    "CopyLimit": copy_limit,
    "Obey": obey,
    "WellFormed and Obey": masked_obey,
}


def built(
    names: Sequence[str],
) -> tuple[dict[str, strategies.Strategy], list[dict[str, Any]]]:
    """Build promises; also return how long this takes, and the memory of each."""
    made, rows = {}, []
    for name in names:
        begin = time.perf_counter()
        made[name] = jax.block_until_ready(PROMISES[name]())
        rows.append(
            {
                "promise": name,
                "seconds to build": time.perf_counter() - begin,
                "MB": sum(leaf.nbytes for leaf in jax.tree.leaves(made[name])) / 1e6,
            }
        )
    return made, rows


def main(arguments: Arguments) -> None:
    """Measure with each number of streams."""
    model = MusicLSTM(VOCABULARY, cores=count_cores(), key=jax.random.key(0))
    chosen = {
        name: strategy
        for name, strategy in table().items()
        if not arguments.only or name in arguments.only
    }
    promises, memory = built(
        [name for name in PROMISES if not arguments.only or name in arguments.only]
    )
    if memory:
        write(arguments.out, "promises", memory)
    chosen |= promises
    rows = []
    for streams, length in LENGTHS.items():
        if arguments.quick and streams != 64:
            continue
        programs = {
            name: drawing(model, streams, length, Chain(Temperature(0.9), strategy))
            for name, strategy in chosen.items()
        }
        programs[PLAIN] = drawing(model, streams, length, Chain(Temperature(0.9)))
        programs[f"{PLAIN}, traced"] = drawing(
            model, streams, length, Chain(Temperature(0.9)), trace=True
        )
        timings = measure(programs, 5 if arguments.quick else arguments.repeats)
        notes = streams * length
        plain = timings[PLAIN].best
        rows += [
            {
                "strategy": name,
                "streams": streams,
                "us per note": timing.best / notes * 1e6,
                "us added": (timing.best - plain) / notes * 1e6,
                "share of the step": timing.best / plain - 1,
                "spread": timing.spread,
            }
            for name, timing in timings.items()
        ]
    write(arguments.out, "strategies", rows)


def drawing(model, streams, length, strategy, trace=False):
    """Return a function without arguments that draws."""
    prompts = jnp.zeros((streams, 1), jnp.int32)
    key = jax.random.key(0)
    return lambda: generate(
        model, prompts, key, length=length, strategy=strategy, trace=trace
    )


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
