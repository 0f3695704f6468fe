"""Tables and a picture of a study of the same strategies with several models."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from study_claims import Verdicts, claims_table

from lstm_music_jax.evaluation.comparison.results import HUMAN, Comparison
from lstm_music_jax.report.figures import save_figure

_FIGURES = ("loss", "calibration error", "overconfidence")


def page(
    verdicts: Verdicts,
    models: Mapping[str, Sequence[Mapping[str, float]]],
    comparisons: Mapping[str, Sequence[Comparison]],
) -> str:
    """Return all results as Markdown.

    Args:
        verdicts: for each claim, whether it was reproduced, and the figures behind it.
        models: for each condition, the loss and the calibration of each model.
        comparisons: for each condition, the comparison with each model.
    """
    lines = claims_table(verdicts, ("reproduced", "found with every model"))
    lines += ["", f"| condition | {' | '.join(_FIGURES)} |", "| --- " * 4 + "|"]
    for condition, of_models in models.items():
        cells = [
            ", ".join(f"{each[name]:.3f}" for each in of_models if name in each)
            for name in _FIGURES
        ]
        lines.append(f"| {condition} | {' | '.join(cells)} |")
    for condition, of_models in comparisons.items():
        lines += ["", f"## {condition}", "", *_table(of_models)]
    return "\n".join(lines) + "\n"


def _table(comparisons: Sequence[Comparison]) -> list[str]:
    """Return a table in Markdown of the primary measures of each strategy.

    A cell holds the mean over models, its change from the reference, and the number of
    models with which a difference was found.
    """
    first = comparisons[0]
    names = [row.name for row in first.primary]
    lines = [f"| strategy | {' | '.join(names)} |", "| --- " * (len(names) + 1) + "|"]
    for arm in (HUMAN, *first.arms):
        cells = [_cell(comparisons, arm, name) for name in names]
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return lines


def _cell(comparisons: Sequence[Comparison], arm: str, measure: str) -> str:
    values = [each.values[arm][measure].mean.value for each in comparisons]
    if np.isnan(values).all():
        return ""
    text = f"{np.mean(values):.3f}"
    if arm == HUMAN or arm == comparisons[0].reference:
        return text
    differences = [each.differences[arm][measure] for each in comparisons]
    low = min(each.change.low for each in differences)
    high = max(each.change.high for each in differences)
    found = sum(each.found for each in differences)
    change = np.mean([each.change.value for each in differences])
    return f"{text}, {change:+.3f} ({low:+.3f} to {high:+.3f}), {found}/{len(values)}"


def picture(
    comparisons: Mapping[str, Sequence[Comparison]],
    path: Path,
    *,
    across: str,
    up: str,
) -> None:
    """Draw one measure over another: a panel per condition, a point per model.

    Args:
        comparisons: for each condition, the comparison with each model.
        path: where to write; missing folders are created.
        across: name of the measure of the horizontal axis.
        up: name of the measure of the vertical axis.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * len(comparisons), 3.8), layout="constrained")
    panels = figure.subplots(1, len(comparisons), squeeze=False)[0]
    for axes, (condition, of_models) in zip(panels, comparisons.items(), strict=True):
        for place, arm in enumerate(of_models[0].arms):
            x, y = (
                [each.values[arm][name].mean.value for each in of_models]
                for name in (across, up)
            )
            marker = "ovs^DP*X"[place % 8]
            axes.plot(x, y, marker, color=f"C{place}", label=arm, alpha=0.8)
        human = of_models[0].values[HUMAN][across].mean.value
        axes.axvline(human, color="0.4", ls="--", lw=1, label="held-out pieces")
        axes.set(title=condition, xlabel=across)
        axes.set_ylim(bottom=0)
        axes.grid(color="0.9")
    panels[0].set_ylabel(up)
    panels[-1].legend(fontsize=8)
    save_figure(figure, path)
