"""Tables of a study that compares the same strategies with several models."""

from collections.abc import Mapping, Sequence

import numpy as np

from lstm_music_jax.evaluation.comparison.results import HUMAN, Comparison

_FIGURES = ("loss", "calibration error", "overconfidence")


def page(
    verdicts: Mapping[str, tuple[bool, str]],
    models: Mapping[str, Sequence[Mapping[str, float]]],
    comparisons: Mapping[str, Sequence[Comparison]],
) -> str:
    """Return all results as Markdown.

    Args:
        verdicts: for each claim, whether it was reproduced, and the figures behind it.
        models: for each condition, the loss and the calibration of each model.
        comparisons: for each condition, the comparison with each model.
    """
    lines = ["| claim | reproduced | found with every model |", "| --- | --- | --- |"]
    for claim, (held, why) in verdicts.items():
        lines.append(f"| {claim} | {'yes' if held else 'no'} | {why} |")
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
    """Return the primary measures of each strategy.

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
