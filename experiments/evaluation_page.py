"""The pages of evaluate.py: figures as JSON, tables in Markdown and HTML, pictures.

The parts of the page are listed once, in `parts`. They become a page in Markdown and
the report, which is HTML and also has a player.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.report.figures import save_both
from lstm_music_jax.report.model_figures import figure_of_parts, reliability_figure
from lstm_music_jax.report.page.blocks import Figure, Heading, Paragraph, Part, Prose
from lstm_music_jax.report.page.document import Block, write_report
from lstm_music_jax.report.table import Table
from lstm_music_jax.system.atomic_write import write_atomically

if TYPE_CHECKING:
    from evaluate import Evaluation

TITLE = "Evaluation of a model"


def write_page(found: Evaluation, out: Path, more: Sequence[Block]) -> None:
    """Write everything to a folder; print the sentence and the table of strategies.

    Args:
        found: the results.
        out: the folder.
        more: what else the report shows, such as the greedy continuations.
    """
    text = json.dumps(as_json(found), indent=2, allow_nan=False)
    write_atomically(out / "evaluation.json", text + "\n")
    listed = parts(found, out)
    markdown = [f"# {TITLE}", *(part.markdown() for part in listed)]
    write_atomically(out / "evaluation.md", "\n\n".join(markdown) + "\n")
    write_report(out / "report.html", TITLE, [*listed, *more])
    print(sentence(found))
    print()
    print(strategy_table(found).markdown())
    print()
    print(f"page, figures and pictures: {out}/evaluation.md, .json, *.png")
    print(f"to hear the continuations too, open {out}/report.html in a browser")


def sentence(found: Evaluation) -> str:
    """Return what was found, in one sentence that claims no more than was measured."""
    losses, more = found.losses, found.copying.runs["exact"].more
    loss = losses.whole["carried state"]
    rival = losses.references.get("Kneser-Ney 5-gram")
    # The training has measured the n-gram models on all held-out pieces only.
    against = ""
    if rival is not None and found.pieces == found.held_out:
        against = f" (that of a 5-gram model is {rival:.2f})"
    trust = _compared(
        found.calibration.overconfidence,
        "it is overconfident by {}",
        "it is underconfident by {}",
        "its confidence is not measurably wrong on average",
    )
    window = _compared(
        losses.worse,
        f"a window of {found.window} symbols is worse by {{}} nats",
        f"a window of {found.window} symbols is better by {{}} nats",
        f"a window of {found.window} symbols makes no measurable difference",
    )
    copies = _compared(
        more,
        "greedy continuations copy more than human ones",
        "greedy continuations copy less than human ones",
        "greedy continuations do not copy measurably more than human ones",
    )
    return (
        f"On held-out pieces the model's loss is {_number(loss)} nats per symbol"
        f"{against}, "
        f"{trust}, {window}, and {copies} ({loss.scope})."
    )


def _compared(difference: Estimate, above: str, below: str, neither: str) -> str:
    """Return `above`, `below` or `neither`, by the interval of a difference.

    It is `above` if the whole interval is above 0, `below` if it is below 0, and else
    `neither`. A "{}" in the text becomes the size of the difference.
    """
    size = f"{abs(difference.value):.3f}"
    size = "less than 0.001" if size == "0.000" else size
    if difference.low > 0:
        return above.format(size)
    if difference.high < 0:
        return below.format(size)
    return neither


def parts(found: Evaluation, out: Path) -> list[Part]:
    """Write the pictures to a folder, and return the parts of the page."""
    losses = found.losses
    of_parts, reliability = out / "losses.png", out / "reliability.png"
    save_both(
        figure_of_parts(losses.kinds, losses.by_kind, losses.places, losses.by_place),
        of_parts,
    )
    save_both(reliability_figure(found.calibration), reliability)
    return [
        Paragraph(sentence(found), lead=True),
        Prose(
            f"{found.pieces} of {found.held_out} held-out pieces were read. Numbers in "
            "brackets are 95% intervals for further pieces of the same model."
        ),
        Heading("Losses"),
        loss_table(found),
        Figure(of_parts, "Losses per kind of symbol and per place"),
        kind_table(found),
        Heading("Calibration"),
        Prose(calibration_text(found)),
        Figure(reliability, "Reliability diagram"),
        Heading("Strategies along held-out pieces"),
        Prose(
            "Nothing is drawn here: each strategy shapes the distribution before each "
            "true symbol. *True symbol kept* is the share of true symbols that it does "
            "not forbid. The epsilon-perplexity adds epsilon to the probability of "
            "each symbol, because a forbidden true symbol would make the perplexity "
            "infinite. Epsilon is the best one for the strategy."
        ),
        strategy_table(found),
        Heading("Copying"),
        Prose(copying_text(found)),
        copying_table(found),
        Heading("Pieces"),
        piece_table(found),
    ]


def loss_table(found: Evaluation) -> Table:
    """Return a table of losses: of both contexts, and those saved in training.

    A context is what the model remembers: all symbols so far, or a sliding window.
    """
    losses = found.losses
    rows = [
        [name, _number(loss), f"{math.exp(loss.value):.2f}"]
        for name, loss in losses.whole.items()
    ]
    rows.append(["sliding window minus carried state", _number(losses.worse, 3), ""])
    rows += [
        [f"{name} (all held-out pieces)", f"{loss:.2f}", f"{math.exp(loss):.2f}"]
        for name, loss in losses.references.items()
    ]
    return Table(["", "nats per symbol", "perplexity"], rows)


def kind_table(found: Evaluation) -> Table:
    """Return a table of the losses per kind of symbol, such as "pitch"."""
    losses = found.losses
    rows = []
    for index, (kind, share) in enumerate(
        zip(losses.kinds, losses.shares, strict=True)
    ):
        by_context = [_number(at(each, index)) for each in losses.by_kind.values()]
        rows.append([kind, f"{share:.1%}", *by_context])
    return Table(["kind of symbol", "share", *losses.by_kind], rows)


def calibration_text(found: Evaluation) -> str:
    """Return a text on how far the model's probabilities can be trusted."""
    calibration = found.calibration
    return (
        "The confidence is the probability of the model's most probable symbol. It is "
        f"{_number(calibration.overconfidence, 3)} above the share of symbols at which "
        "that symbol is the true one. The expected calibration error is "
        f"{_number(calibration.error, 3)}, in {len(calibration.symbols)} bins of "
        "equally many symbols. A calibrated model would be expected to have "
        f"{calibration.noise:.3f} along so many symbols."
    )


def strategy_table(found: Evaluation) -> Table:
    """Return a table of how each strategy changes the model's distributions."""
    columns = [
        "strategy",
        "true symbol kept",
        "symbols kept",
        "entropy (nats)",
        "epsilon-perplexity",
        "epsilon",
    ]
    rows = [
        [
            f"`{row.strategy}`",
            _number(row.true_kept, 3),
            _number(row.kept_symbols, 1),
            _number(row.entropy),
            _number(row.epsilon_perplexity),
            f"{row.epsilon:.1g}",
        ]
        for row in found.strategies
    ]
    return Table(columns, rows)


def copying_text(found: Evaluation) -> str:
    """Return a text on how copying was measured."""
    copying = found.copying
    return (
        f"{copying.pieces} held-out pieces were continued after "
        f"{copying.primer_length} symbols, by {copying.length} symbols, always with "
        "the most probable one that can be decoded. The human continuations are the "
        "pieces themselves. Only one human continuation in twenty has a copied run "
        f"of k symbols or more. {copying.searched} of {copying.training} training "
        "pieces were searched."
    )


def copying_table(found: Evaluation) -> Table:
    """Return a table of the copied passages of greedy and of human continuations."""
    rows = [
        [
            f"{side}, {kind}",
            _number(runs.longest[side], 1),
            f"{runs.k}",
            _number(runs.share[side], 3),
        ]
        for kind, runs in found.copying.runs.items()
        for side in runs.longest
    ]
    longest = "longest copied run (symbols)"
    return Table(["", longest, "k", "share in copied runs of k or more"], rows)


def piece_table(found: Evaluation) -> Table:
    """Return a table of the loss of each piece."""
    losses = found.losses
    rows = [
        [str(number), str(symbols), *(f"{loss:.2f}" for loss in of_piece)]
        for number, (symbols, *of_piece) in enumerate(
            zip(losses.symbols, *losses.per_piece.values(), strict=True)
        )
    ]
    return Table(["held-out piece read", "symbols", *losses.per_piece], rows)


def at(estimate: Estimate, index: int) -> Estimate:
    """Return entry `index` of an estimate whose values are arrays."""
    values = (estimate.value, estimate.low, estimate.high, estimate.p)
    return Estimate(*(each[index] for each in values), estimate.pieces, estimate.runs)


def as_json(value: Any) -> Any:
    """Return results as values that JSON can hold; NaN becomes None."""
    if isinstance(value, Estimate):
        return as_json(vars(value))
    if hasattr(value, "_asdict"):
        return as_json(value._asdict())
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return as_json(value.tolist())
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(estimate: Estimate, digits: int = 2) -> str:
    """Return a value with its interval: "1.48 (1.40 to 1.57)"."""
    value, low, high = (
        f"{each:z.{digits}f}" for each in (estimate.value, estimate.low, estimate.high)
    )
    return value if math.isnan(estimate.low) else f"{value} ({low} to {high})"
