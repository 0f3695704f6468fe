"""What each sampling strategy costs: microseconds a note on top of a plain draw.

    python benchmarks/strategies.py --quick
    python benchmarks/strategies.py --out benchmarks/results

A model 512-256 over 308 symbols draws with a temperature alone, and with each strategy;
the difference is the strategy's, its share is of the plain step. Cost: 7 minutes on
two CPU cores; --quick (64 streams, few repeats) takes one.

Expect, at 64 streams on a quiet machine: at most a tenth of the step for every
stateless strategy but two, and at most a quarter for one with a state. The two are
top_h, whose entropy takes two sums a look (12 to 16%), and tail_free, the one that
needs a sort (14 to 20%).
"""

from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import tyro
from timing import measure, write

from lstm_music_jax import MusicLSTM, generate, strategies
from lstm_music_jax.strategies import chain, temperature

VOCABULARY = 308
# Symbols drawn a run: a run takes a good tenth of a second on two cores.
LENGTHS = {1: 500, 64: 60, 1024: 6}
PLAIN = "temperature"


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    out: Path = Path("runs/benchmarks")
    """Where to write strategies.json and strategies.md."""
    only: tuple[str, ...] = ()
    """Names of strategies; all by default."""
    repeats: int = 12
    """Timed runs of each program."""
    quick: bool = False
    """64 streams only, 5 repeats."""


def table() -> dict[str, strategies.Strategy]:
    """Return every per-stream strategy that needs no second model, as one uses it."""
    s = strategies
    stateless = {
        "greedy": s.greedy(),
        "dynamic_temperature": s.dynamic_temperature(0.5, 1.5),
        "edt": s.edt(1.0, 0.5),
        "top_k": s.top_k(20),
        "top_p": s.top_p(0.9),
        "min_p": s.min_p(0.05),
        "top_a": s.top_a(0.2),
        "typical": s.typical(0.9),
        "epsilon_cutoff": s.epsilon_cutoff(3e-4),
        "eta_cutoff": s.eta_cutoff(3e-4),
        "top_n_sigma": s.top_n_sigma(1.0),
        "top_h": s.top_h(0.4),
        "tail_free": s.tail_free(0.95),
        "quadratic_smoothing": s.quadratic_smoothing(0.2),
        "xtc": s.xtc(0.1, 0.5),
        "forbid": s.forbid([0]),
    }
    stateful = {
        "mirostat_1": s.mirostat_1(3.0),
        "mirostat_2": s.mirostat_2(3.0),
        "repetition_penalty": s.repetition_penalty(1.2),
        "frequency_penalty": s.frequency_penalty(0.1),
        "presence_penalty": s.presence_penalty(0.1),
        "no_repeat_ngram": s.no_repeat_ngram(4),
        "dry": s.dry(0.8),
        "look_back": s.look_back(0.1, 20),
        "adaptive_p": s.adaptive_p(0.3),
        "loop_breaker": s.loop_breaker(16, 3),
    }
    presets = {
        "transformers_order": s.transformers_order(
            repetition_penalty=1.2, temperature=0.9, top_k=50, top_p=0.95
        ),
        "llama_cpp_order": s.llama_cpp_order(
            repetition_penalty=1.1, top_k=40, top_p=0.95, min_p=0.05, temperature=0.8
        ),
    }
    return stateless | stateful | presets


def main(arguments: Arguments) -> None:
    """Measure at each number of streams."""
    model = MusicLSTM(VOCABULARY, key=jax.random.key(0))
    chosen = {
        name: strategy
        for name, strategy in table().items()
        if not arguments.only or name in arguments.only
    }
    rows = []
    for streams, length in LENGTHS.items():
        if arguments.quick and streams != 64:
            continue
        programs = {
            name: drawing(model, streams, length, chain(temperature(0.9), strategy))
            for name, strategy in chosen.items()
        }
        programs[PLAIN] = drawing(model, streams, length, chain(temperature(0.9)))
        programs[f"{PLAIN}, traced"] = drawing(
            model, streams, length, chain(temperature(0.9)), trace=True
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
    """Return a program without arguments that draws."""
    prompts = jnp.zeros((streams, 1), jnp.int32)
    key = jax.random.key(0)
    return lambda: generate(
        model, prompts, key, length=length, strategy=strategy, trace=trace
    )


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
