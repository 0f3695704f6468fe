"""Vary one argument of a sampling strategy, the knob, and see how the music changes.

    python experiments/sweep_strategy.py --run runs/quickstart \
        --strategy "Temperature(sweep(0.5, 0.7, 0.9, 1.1, 1.3))"
    python experiments/sweep_strategy.py --run runs/quickstart \
        --strategy "Chain(DRY(sweep(0, 0.5, 1, 2), base=1.75), TopP(0.95))"

--strategy is an expression as in generate.py. The values of the knob stand in its place
in the expression, so any number of any strategy in a chain can be the knob. One
compiled program draws all pieces with all values, and all values get the same noise. A
knob that fixes the size of arrays needs one program per value.

Cost: 6 temperatures x 8 pieces x 1000 symbols took 7 s on two CPU cores, start-up and
compilation included. Expect: a table, and a picture of entropy, repetition and distinct
4-grams against the knob.
"""

from command_line import require_folder, require_seed, run

import json
import re
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from knobs import marked
from strategy_expressions import known_names

from lstm_music_jax import (
    Run,
    Trace,
    generate,
    knob_curves,
    load_run,
    masks,
    repetition,
    stack,
    start_prompts,
    strategies,
    sweep,
)
from lstm_music_jax.system.atomic_write import write_atomically

# Longer names of files are cut, because file systems limit them to 255 bytes.
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: Path
    """Run folder."""
    strategy: str
    """Strategy with the values of the knob, such as "TopP(sweep(0.5, 0.9))"."""
    plugin: tuple[Path, ...] = ()
    """Python files with strategies of your own, which --strategy may then hold."""
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
    require_seed(arguments.seed)
    out = arguments.out or arguments.run / "sweeps"
    require_folder("out", out)
    loaded = load_run(arguments.run)
    values, settings = settings_of(arguments.strategy, loaded, arguments.plugin)
    drawn = generate_all(loaded, settings, arguments)
    rows = [
        measure(value, *of_setting)
        for value, of_setting in zip(values, drawn, strict=True)
    ]
    knob = re.sub(r"sweep\s*\([^()]*\)", "x", arguments.strategy)
    name = re.sub(r"[^\w.]+", "-", knob).strip("-")[:_LONGEST_NAME]
    write_atomically(out / f"{name}.json", json.dumps(rows, indent=2) + "\n")
    knob_curves(rows, out / f"{name}.png", knob=f"x of {knob}")
    print("  ".join(f"{column:>12}" for column in rows[0]))
    for row in rows:
        print("  ".join(f"{value:12.4g}" for value in row.values()))
    print(f"table and picture: {out / name}.json, .png")


def settings_of(
    text: str, loaded: Run, plugins: tuple[Path, ...]
) -> tuple[tuple[float, ...], list[strategies.Strategy]]:
    """Return the values of the knob, and the strategy with each of them.

    Symbols that no piece may have, such as the end symbol, are forbidden before each
    strategy is applied.

    Raises:
        ValueError: the expression is wrong, or does not hold `sweep` exactly once.
    """
    names = known_names(plugins)
    found, with_value = marked(text, loaded, names, "sweep")
    if len(found) != 1:
        raise ValueError(
            f"strategy holds sweep {len(found)} times; it must hold it once, such as "
            "TopP(sweep(0.5, 0.9))"
        )
    forbidding = masks(loaded.vocabulary, loaded.encoding)
    settings = [strategies.Chain(*forbidding, with_value(value)) for value in found[0]]
    return found[0], settings


def generate_all(
    loaded: Run, settings: list[strategies.Strategy], arguments: Arguments
) -> list[tuple[np.ndarray, Trace]]:
    """Return the symbol ids `[b n]` and the trace of each setting, a strategy.

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
    """Return a row of the table: means over the pieces with one value of the knob."""
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


if __name__ == "__main__":
    run(main, Arguments)
