"""Vary one argument of a sampling strategy, the knob, and see how the music changes.

    python experiments/sweep_strategy.py --run runs/quickstart \
        --strategy Temperature --knob value --values 0.5 0.7 0.9 1.1 1.3
    python experiments/sweep_strategy.py --run runs/quickstart \
        --strategy DRY --knob multiplier --values 0 0.5 1 2 --fixed base=1.75

--strategy is any strategy of `lstm_music_jax.strategies` whose arguments are numbers.
The arguments `vocabulary` and `encoding` are those of the run. One compiled program
draws all pieces with all values, and all values get the same noise. A knob that fixes
the size of arrays needs one program per value.

Cost: 6 temperatures x 8 pieces x 1000 symbols took 7 s on two CPU cores, start-up and
compilation included. Expect: a table, and a picture of entropy, repetition and distinct
4-grams against the knob.
"""

from command_line import require_folder, require_seed, run

import ast
import difflib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from lstm_music_jax import (
    Run,
    Trace,
    generate,
    knob_curves,
    load_run,
    repetition,
    stack,
    start_prompts,
    strategies,
    sweep,
)
from lstm_music_jax.system.atomic_write import write_atomically


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: Path
    """Run folder."""
    strategy: str
    """Name of a strategy, such as TopP."""
    knob: str
    """The argument of the strategy to vary, such as p."""
    values: tuple[float, ...]
    """Values of the knob."""
    fixed: tuple[str, ...] = ()
    """Other arguments of the strategy, each as NAME=VALUE."""
    length: int = 1000
    """Symbols per piece."""
    pieces: int = 8
    """Pieces per value."""
    seed: int = 0
    """Seed of the noise, which all values share."""
    out: Path | None = None
    """Folder for the table (JSON) and the picture; by default in the run folder."""


def main(arguments: Arguments) -> None:
    """Check the arguments, generate, print the table and draw the picture."""
    if not arguments.values:
        raise ValueError("values is empty; give one value or more")
    require_seed(arguments.seed)
    out = arguments.out or arguments.run / "sweeps"
    require_folder("out", out)
    loaded = load_run(arguments.run)
    make = strategy_maker(loaded, arguments)
    settings = [make(_whole(value)) for value in arguments.values]
    drawn = generate_all(loaded, settings, arguments)
    rows = [
        measure(value, *of_setting)
        for value, of_setting in zip(arguments.values, drawn, strict=True)
    ]
    name = f"{arguments.strategy}-{arguments.knob}"
    write_atomically(out / f"{name}.json", json.dumps(rows, indent=2) + "\n")
    knob_curves(
        rows, out / f"{name}.png", knob=f"{arguments.knob} of {arguments.strategy}"
    )
    print("  ".join(f"{column:>12}" for column in rows[0]))
    for row in rows:
        print("  ".join(f"{value:12.4g}" for value in row.values()))
    print(f"table and picture: {out / name}.json, .png")


def strategy_maker(loaded: Run, arguments: Arguments) -> Callable:
    """Return a function from a value of the knob to the strategy."""
    strategy_class = strategy_named(arguments.strategy)
    names = list(inspect.signature(strategy_class).parameters)
    given = {"vocabulary": loaded.vocabulary, "encoding": loaded.encoding}
    given = {name: value for name, value in given.items() if name in names}
    for setting in arguments.fixed:
        name, equals, value = setting.partition("=")
        if not equals or name not in names:
            raise ValueError(f"fixed is {setting}; it takes NAME=VALUE of {names}")
        try:
            given[name] = ast.literal_eval(value)
        except (SyntaxError, ValueError):
            raise ValueError(
                f"fixed is {setting}; its value must be a number"
            ) from None
    if arguments.knob not in names or arguments.knob in given:
        free = [name for name in names if name not in given]
        raise ValueError(f"knob is {arguments.knob}; it must be one of {free}")
    forbidden = loaded.vocabulary.marker_ids + loaded.vocabulary.unseen_ids

    def make(value):
        try:
            strategy = strategy_class(**given, **{arguments.knob: value})
        except TypeError as error:
            raise ValueError(f"strategy is {arguments.strategy}: {error}") from None
        if not forbidden:
            return strategies.Chain(strategy)
        return strategies.Chain(strategies.Forbid(forbidden), strategy)

    return make


def strategy_named(name: str) -> type[strategies.Strategy]:
    """Return the strategy class of that name.

    Raises:
        ValueError: the name is unknown; the message holds the most similar names.
    """
    classes = {
        known.__name__.lower(): known
        for known in vars(strategies).values()
        if inspect.isclass(known) and issubclass(known, strategies.Strategy)
    }
    del classes["strategy"]
    for known in classes.values():
        if known.__name__ == name:
            return known
    spelled = name.lower().replace("_", "")
    nearest = difflib.get_close_matches(spelled, classes) or classes
    names = ", ".join(classes[spelling].__name__ for spelling in nearest)
    raise ValueError(f"strategy is {name}; it must be a known one, such as {names}")


def generate_all(
    loaded: Run, settings: list[strategies.Strategy], arguments: Arguments
) -> list[tuple[np.ndarray, Trace]]:
    """Return the symbols `[b n]` and the trace of each setting.

    One program draws all settings, unless they differ in the size of arrays.
    """
    prompts = start_prompts(loaded, arguments.pieces)
    key = jax.random.key(arguments.seed)
    length = arguments.length
    if len({jax.tree.structure(setting) for setting in settings}) == 1:
        stacked = stack(settings)
        swept = sweep(loaded.model, prompts, key, stacked, length=length, trace=True)
        both = swept.tokens, swept.trace
        return [
            jax.tree.map(lambda leaf, k=k: np.asarray(leaf[k]), both)
            for k in range(len(settings))
        ]
    drawn = [
        generate(
            loaded.model, prompts, key, length=length, strategy=setting, trace=True
        )
        for setting in settings
    ]
    return [(np.asarray(each.tokens), each.trace) for each in drawn]


def measure(value: float, tokens: np.ndarray, trace: Trace) -> dict[str, float]:
    """Return a row of the table: means over the pieces of one setting."""
    pieces = [repetition(piece) for piece in tokens]
    return {
        "value": value,
        "entropy": float(np.mean(trace.strategy_entropy)),
        "model": float(np.mean(trace.model_entropy)),
        "surprisal": float(np.mean(trace.surprisal)),
        "kept mass": float(np.mean(trace.kept_mass)),
        "kept count": float(np.mean(trace.kept_count)),
        "repeated": float(np.mean([piece.repeated for piece in pieces])),
        "distinct": float(np.mean([piece.distinct for piece in pieces])),
        "longest loop": float(np.mean([piece.longest_loop for piece in pieces])),
    }


def _whole(value: float) -> float | int:
    """Return a whole number as an int, because some arguments must be ints."""
    return int(value) if value == int(value) else value


if __name__ == "__main__":
    run(main, Arguments)
