"""Evaluate the model of a run: how well it predicts music that it has not seen.

    python experiments/evaluate.py --run runs/quickstart --quick
    python experiments/evaluate.py --run runs/quickstart \
        --strategies "TopP(0.9)" "Chain(Temperature(0.9), MinP(0.05))"

The model reads the held-out pieces symbol by symbol. The script writes a page with
pictures, a file with all figures, and the page report.html. This one opens in a browser
and also plays greedy continuations:

- losses per piece, per kind of symbol and per place in the piece, with the carried
  state and with a sliding window;
- calibration: whether the model's most probable symbol is right as often as it says;
- for each strategy, how often it keeps the true symbol, and how many others with it;
- copying: whether greedy continuations of held-out pieces copy training pieces.

Intervals are 95% intervals for further pieces, by a bootstrap over pieces.

Cost: the quickstart run takes a minute and a half on two CPU cores, and half a minute
with --quick.
Expect: one sentence that says what was found, and the table of strategies.
"""

from command_line import require_folder, require_seed, run

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from evaluation_page import write_page
from greedy_copying import Continuations, Copying, copying_of_greedy
from model_losses import Losses, losses_of
from piece_report import Shown, explanation, made_by, played_pieces
from sources import dataset_of_run
from strategy_expressions import known_names, strategy_of

from lstm_music_jax import (
    Run,
    RunFolder,
    SlidingWindow,
    best_epsilon,
    calibration,
    load_run,
    log_epsilon_perplexities,
    strategies,
    teacher_force,
)
from lstm_music_jax.evaluation.calibration import Calibration
from lstm_music_jax.evaluation.note_figures import ReadPiece
from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.ratios import mean_per_symbol
from lstm_music_jax.report.page.blocks import Heading
from lstm_music_jax.report.page.document import Block
from lstm_music_jax.report.page.player import Player
from lstm_music_jax.system.progress import tracked

# --quick reads at most so many pieces.
_QUICK = 8
# The report plays so many greedy continuations.
_HEARD = 4


@dataclass(frozen=True)
class Arguments:
    """Command line of the script."""

    run: Path
    """Run folder. Its corpus is loaded again, and must not have changed."""
    strategies: tuple[str, ...] = (
        "Chain()",
        "Temperature(0.9)",
        "TopP(0.9)",
        "Typical(0.7)",
        "MinP(0.05)",
    )
    """Strategies as in generate.py. Chain() is the model alone."""
    plugin: tuple[Path, ...] = ()
    """Python files with strategies of your own, which --strategies may then hold."""
    checkpoint: Literal["best", "last"] = "best"
    """The checkpoint to evaluate: the model with the lowest loss, or the last one."""
    window: int | None = None
    """Symbols of the sliding window; by default that of the training."""
    primer_length: int = 32
    """Symbols of a held-out piece that a greedy continuation continues."""
    length: int = 224
    """Symbols of a greedy continuation."""
    seed: int = 0
    """Seed of the noise of strategies that draw, such as XTC."""
    quick: bool = False
    """Read 8 held-out pieces at most."""
    out: Path | None = None
    """Folder to write to; by default the folder `evaluation` in the run folder."""


class StrategyRow(NamedTuple):
    """How a strategy shapes the distributions along held-out pieces.

    A strategy keeps the symbols that it does not forbid. The figures are means over all
    symbols of the pieces, the true symbols.

    Attributes:
        strategy: the expression of the strategy.
        true_kept: share of true symbols that are kept.
        kept_symbols: number of kept symbols.
        entropy: entropy of the distribution that the strategy makes, nats.
        epsilon_perplexity: a perplexity of the true symbols that is finite although
            some are forbidden: epsilon is added to each probability.
        epsilon: the epsilon that makes this perplexity lowest.
    """

    strategy: str
    true_kept: Estimate
    kept_symbols: Estimate
    entropy: Estimate
    epsilon_perplexity: Estimate
    epsilon: float


class Evaluation(NamedTuple):
    """All results.

    Attributes:
        pieces: number of held-out pieces that were read.
        held_out: number of all held-out pieces.
        window: length of the sliding window, in symbols.
        losses: losses of the model.
        calibration: calibration of the model.
        strategies: figures of each strategy.
        copying: whether greedy continuations copy training pieces.
    """

    pieces: int
    held_out: int
    window: int
    losses: Losses
    calibration: Calibration
    strategies: list[StrategyRow]
    copying: Copying


def main(arguments: Arguments) -> None:
    """Check the arguments, evaluate, write the page, print sentence and table."""
    require_seed(arguments.seed)
    out = arguments.out or arguments.run / "evaluation"
    require_folder("out", out)
    names = known_names(arguments.plugin)
    loaded = load_run(arguments.run, arguments.checkpoint)
    trained = loaded.settings["training"].window
    window = SlidingWindow(trained if arguments.window is None else arguments.window)
    chosen = strategies_of(arguments.strategies, loaded, names)
    dataset = dataset_of_run(loaded.settings)
    if not len(dataset.validation):
        raise ValueError(
            "validation of this run is 0, so no pieces are held out; train a run with "
            "--validation 0.1"
        )
    step = -(-len(dataset.validation) // _QUICK) if arguments.quick else 1
    pieces = list(dataset.validation[::step])
    copying, continuations = copying_of_greedy(
        loaded, dataset, pieces, arguments.primer_length, arguments.length
    )
    # `Greedy` makes the kept mass the model's confidence, and changes no loss.
    carried = teacher_force(loaded.model, pieces, strategy=strategies.Greedy())
    windowed = teacher_force(loaded.model, pieces, context=window, parallel_pieces=4)
    evaluation = Evaluation(
        len(pieces),
        len(dataset.validation),
        window.window,
        losses_of(loaded, pieces, carried, windowed, RunFolder(arguments.run)),
        calibration(
            [each.trace.kept_mass for each in carried], [each.kept for each in carried]
        ),
        [
            strategy_row(text, loaded, pieces, strategy, arguments.seed)
            for text, strategy in tracked(chosen.items(), "strategy", names=[*chosen])
        ],
        copying,
    )
    write_page(evaluation, out, heard(loaded, continuations))


def strategies_of(
    texts: Sequence[str], loaded: Run, names: Mapping[str, Any]
) -> dict[str, strategies.Strategy]:
    """Return the strategy of each expression in `texts`, by expression.

    `names` says what the names in the expressions stand for.

    Raises:
        ValueError: there is none, or an expression is wrong or occurs twice.
    """
    if not texts:
        raise ValueError("strategies is empty; name one or more, such as Chain()")
    chosen: dict[str, strategies.Strategy] = {}
    for text in texts:
        if text in chosen:
            raise ValueError(f"strategies holds {text!r} twice; name each one once")
        chosen[text] = strategy_of(text, loaded, names)
    return chosen


def heard(loaded: Run, continuations: Continuations) -> list[Block]:
    """Return blocks: a player of the first greedy continuations, and what it shows."""
    shown = []
    for number, ids in enumerate(continuations.ids[:_HEARD]):
        symbols = loaded.vocabulary.symbols_of(loaded.vocabulary.without_markers(ids))
        score = loaded.encoding.decode(symbols).score
        prompt = ids[: continuations.primer_length]
        piece = ReadPiece(prompt, symbols, score, primer_kept=True)
        shown.append(Shown(f"continuation {number}", piece, {"strategy": "Greedy()"}))
    search = continuations.search
    return [
        Heading("Greedy continuations"),
        Player(played_pieces(loaded, shown, search)),
        *explanation(search),
        *made_by(loaded),
    ]


def strategy_row(
    text: str,
    loaded: Run,
    pieces: list[np.ndarray],
    strategy: strategies.Strategy,
    seed: int,
) -> StrategyRow:
    """Return the figures of a strategy along given pieces; `text` is its expression."""
    forced = teacher_force(loaded.model, pieces, strategy=strategy, seed=seed)
    size = len(loaded.vocabulary)
    of_all = np.concatenate([each.strategy_log_probs for each in forced])
    epsilon = best_epsilon(of_all, size)
    counts = np.array([len(piece) - 1 for piece in pieces])
    kept, kept_symbols, entropy, log = (
        mean_per_symbol(np.array([values(each).sum() for each in forced]), counts)
        for values in (
            lambda each: each.kept,
            lambda each: each.trace.kept_count,
            lambda each: each.trace.strategy_entropy,
            lambda each: log_epsilon_perplexities(
                each.strategy_log_probs, size, epsilon
            ),
        )
    )
    perplexity = Estimate(*np.exp([log.value, log.low, log.high]), np.nan, log.pieces)
    return StrategyRow(text, kept, kept_symbols, entropy, perplexity, epsilon)


if __name__ == "__main__":
    run(main, Arguments)
