"""What each sampling strategy costs: microseconds a note on top of a plain draw.

    python benchmarks/strategies.py --quick
    python benchmarks/strategies.py --out benchmarks/results

A model 512-256 over 308 symbols draws with a temperature alone, and with each strategy;
the difference is the strategy's, its share is of the plain step. Cost: 7 minutes on
two CPU cores; --quick (64 streams, few repeats) takes one.

Expect, at 64 streams on a quiet machine: at most a tenth of the step for every
stateless strategy but two, and at most a quarter for one with a state. The two are
TopH, whose entropy takes two sums a look (12 to 16%), and TailFree, the one that
needs a sort (14 to 20%).
"""

from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import tyro
from timing import measure, write

from lstm_music_jax import MusicLSTM, generate, strategies
from lstm_music_jax.strategies import Chain, Temperature

VOCABULARY = 308
# Symbols drawn a run: a run takes a good tenth of a second on two cores.
LENGTHS = {1: 500, 64: 60, 1024: 6}
PLAIN = "Temperature"


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
        "Greedy": s.Greedy(),
        "DynamicTemperature": s.DynamicTemperature(0.5, 1.5),
        "EDT": s.EDT(1.0, 0.5),
        "TopK": s.TopK(20),
        "TopP": s.TopP(0.9),
        "MinP": s.MinP(0.05),
        "TopA": s.TopA(0.2),
        "Typical": s.Typical(0.9),
        "EpsilonCutoff": s.EpsilonCutoff(3e-4),
        "EtaCutoff": s.EtaCutoff(3e-4),
        "TopNSigma": s.TopNSigma(1.0),
        "TopH": s.TopH(0.4),
        "TailFree": s.TailFree(0.95),
        "QuadraticSmoothing": s.QuadraticSmoothing(0.2),
        "XTC": s.XTC(0.1, 0.5),
        "Forbid": s.Forbid([0]),
    }
    stateful = {
        "Mirostat1": s.Mirostat1(3.0),
        "Mirostat2": s.Mirostat2(3.0),
        "RepetitionPenalty": s.RepetitionPenalty(1.2),
        "FrequencyPenalty": s.FrequencyPenalty(0.1),
        "PresencePenalty": s.PresencePenalty(0.1),
        "NoRepeatNgram": s.NoRepeatNgram(4),
        "DRY": s.DRY(0.8),
        "LookBack": s.LookBack(0.1, 20),
        "AdaptiveP": s.AdaptiveP(0.3),
        "LoopBreaker": s.LoopBreaker(16, 3),
    }
    presets = {
        "TransformersOrder": s.TransformersOrder(
            s.RepetitionPenalty(1.2), s.Temperature(0.9), s.TopK(50), s.TopP(0.95)
        ),
        "LlamaCppOrder": s.LlamaCppOrder(
            s.RepetitionPenalty(1.1),
            s.TopK(40),
            s.TopP(0.95),
            s.MinP(0.05),
            s.Temperature(0.8),
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
    """Return a program without arguments that draws."""
    prompts = jnp.zeros((streams, 1), jnp.int32)
    key = jax.random.key(0)
    return lambda: generate(
        model, prompts, key, length=length, strategy=strategy, trace=trace
    )


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
