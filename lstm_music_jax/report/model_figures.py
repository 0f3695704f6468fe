"""Pictures of how well a model predicts given pieces: its calibration and its losses.

The confidence at a symbol is the largest probability that the model gave to any symbol
there. The accuracy is the share of symbols at which the model's most probable symbol is
the true one. A bin holds symbols with similar confidences.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_music_jax.evaluation.calibration import Calibration
from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.report.figures import save_figure

_COLOURS = ("tab:blue", "tab:orange", "tab:green")


def reliability_diagram(calibration: Calibration, path: str | Path) -> None:
    """Draw the accuracy of a model against its confidence; see `reliability_figure`.

    Args:
        calibration: for each bin, the mean confidence and the accuracy, as computed
            by `evaluation.calibration`.
        path: the PNG file; missing folders are created.
    """
    save_figure(reliability_figure(calibration), path)


def reliability_figure(calibration: Calibration) -> Any:
    """Return the figure with the accuracy of a model against its confidence.

    There is one point per bin. All bins hold about equally many symbols, unless many
    confidences are equal. A calibrated model has its points on the diagonal. The
    vertical bars are intervals of the accuracy. The area between the points and the
    diagonal is shaded, because it shows the calibration error. The title has the value
    of this error.

    Args:
        calibration: for each bin, the mean confidence and the accuracy, as computed
            by `evaluation.calibration`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 5.2), dpi=100, layout="constrained")
    axes = figure.subplots()
    confidence, accuracy = calibration.confidence, calibration.accuracy
    axes.plot([0, 1], [0, 1], color="0.5", ls="--", lw=1, label="calibrated")
    axes.fill_between(
        confidence, confidence, accuracy.value, color="tab:orange", alpha=0.25, lw=0
    )
    axes.errorbar(
        confidence,
        accuracy.value,
        _reach(accuracy),
        fmt="o",
        ms=4,
        label="model",
        clip_on=False,
    )
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        aspect="equal",
        xlabel="confidence: probability of the most probable symbol",
        ylabel="accuracy: share of symbols where it is the true one",
        title=f"calibration error {calibration.error.value:.3f} "
        f"({calibration.noise:.3f} expected of a calibrated model)",
    )
    axes.title.set_fontsize(10)
    axes.grid(color="0.9")
    axes.legend(loc="upper left")
    return figure


def loss_figure(
    kinds: Sequence[str],
    by_kind: Mapping[str, Estimate],
    places: Sequence[int],
    by_place: Mapping[str, Estimate],
    path: str | Path,
) -> None:
    """Draw losses per kind of symbol and per position; see `figure_of_parts`.

    Args:
        kinds: the kinds of symbols.
        by_kind: for each context, by name, the loss of each kind, nats per symbol.
        places: the first position of each range of positions, counted from 0.
        by_place: for each context, by name, the loss in each range, nats per symbol.
        path: the PNG file; missing folders are created.
    """
    save_figure(figure_of_parts(kinds, by_kind, places, by_place), path)


def figure_of_parts(
    kinds: Sequence[str],
    by_kind: Mapping[str, Estimate],
    places: Sequence[int],
    by_place: Mapping[str, Estimate],
) -> Any:
    """Return the figure with losses per kind of symbol, and per position.

    The left panel has bars of the loss of each kind. The right panel has curves of the
    loss over the position in the piece. Both compare contexts by their colours. A
    context is a choice of the symbols that the model remembers, such as all earlier
    ones or the last 64. A loss whose interval is NaN has no error bar.

    Args:
        kinds: the kinds of symbols.
        by_kind: for each of up to three contexts, by name, the loss of each kind, nats
            per symbol.
        places: the first position of each range of positions, counted from 0.
        by_place: for each context, by name, the loss in each range, nats per symbol.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.8, 4), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2)
    rows, height = np.arange(len(kinds)), 0.8 / len(by_kind)
    for index, (label, losses) in enumerate(by_kind.items()):
        offset = (index - (len(by_kind) - 1) / 2) * height
        left.barh(
            rows + offset,
            losses.value,
            height,
            xerr=_reach(losses),
            color=_COLOURS[index],
            ecolor="0.3",
            label=label,
        )
    left.set_yticks(rows, kinds)
    left.invert_yaxis()
    left.set(xlabel="loss (nats per symbol)", title="kind of the symbol")
    for index, (label, losses) in enumerate(by_place.items()):
        # The curves are set apart, because they often coincide.
        steps = np.arange(len(places)) + 0.06 * index
        right.errorbar(
            steps,
            losses.value,
            _reach(losses),
            marker="o",
            ms=4,
            capsize=2,
            color=_COLOURS[index],
            label=label,
        )
    right.set_xticks(np.arange(len(places)), [f"{place}+" for place in places])
    right.set_ylim(bottom=0)
    right.set(
        xlabel="symbols of the piece before it",
        ylabel="loss (nats per symbol)",
        title="place in the piece",
    )
    for axes in (left, right):
        axes.grid(color="0.9")
        axes.set_axisbelow(True)
        axes.legend()
    return figure


def _reach(estimate):
    """Return the distances from a value to the low and to the high end of its interval.

    They are 0 if the interval is NaN.
    """
    below, above = estimate.value - estimate.low, estimate.high - estimate.value
    return np.maximum(np.nan_to_num([below, above]), 0)
