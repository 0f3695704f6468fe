"""The frontier: a figure with measures of each strategy as curves over its entropy.

An arm is a strategy that is compared, and its knob is the hyperparameter that is moved
to change the entropy: that of the distributions from which the arm draws symbols.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lstm_music_jax.evaluation.comparison.curves import Curve
from lstm_music_jax.evaluation.comparison.results import HUMAN, Comparison
from lstm_music_jax.evaluation.measures.base import Direction
from lstm_music_jax.evaluation.measures.uncertainty import strategy_entropy
from lstm_music_jax.report.comparison_figures import (
    NAME_WIDTH,
    TITLE_WIDTH,
    wrapped,
)
from lstm_music_jax.report.figures import save_both

_COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple")
_MARKERS = "osD^vP"


class Settings(NamedTuple):
    """A comparison whose values are drawn as points beside the curves.

    Attributes:
        condition: how the arms were compared, for the legend, such as "as set" (with
            hyperparameters as they were given).
        comparison: the results.
        names: a mapping from the name of each curve to the name of its arm in the
            comparison. An arm that is not in the comparison has no point.
    """

    condition: str
    comparison: Comparison
    names: Mapping[str, str]


def frontier(
    lines: Mapping[str, Sequence[Curve]],
    settings: Sequence[Settings],
    path: str | Path,
) -> None:
    """Draw each measure over the entropy, with one curve per arm.

    Moving the knob of an arm over its range gives its curve. A thick line spans the
    entropies that all arms reach; the band around it is its 95% interval. A thin line
    leads through all values of the knob. There is a column of panels per measure. The
    first arm is the reference, and all panels show it. A row of panels shows it with up
    to five other arms.

    Args:
        lines: for each measure, the curves of all arms.
        settings: comparisons whose values are drawn as points; at least one. The human
            values are taken from the first.
        path: the PNG file; missing folders are created. An SVG file is written beside
            it.
    """
    from matplotlib.figure import Figure

    names = [line.name for line in next(iter(lines.values()))]
    others = names[1:]
    groups = [
        others[start : start + len(_COLOURS)]
        for start in range(0, len(others), len(_COLOURS))
    ] or [[]]
    keys = [_keys([names[0], *group], settings[0]) for group in groups]
    # A row of panels is as high as its legend.
    heights = [
        max(2.3, 0.3 + 0.17 * sum(1 + key.get_label().count("\n") for key in of_group))
        for of_group in keys
    ]
    figure = Figure(
        figsize=(4 + 3 * len(lines), 1 + sum(heights)), dpi=100, layout="constrained"
    )
    grid = figure.subplots(
        len(groups), len(lines), squeeze=False, sharex=True, height_ratios=heights
    )
    for panels, of_group in zip(grid, keys, strict=True):
        colours = {key.get_gid(): key.get_color() for key in of_group}
        for axes, (measure, curves) in zip(panels, lines.items(), strict=True):
            _human(axes, settings[0].comparison, measure)
            for curve in curves:
                if curve.name in colours:
                    _curve(axes, curve, colours[curve.name])
            for marker, points in zip(_MARKERS, settings, strict=False):
                _points(axes, points, measure, colours, marker)
            axes.grid(color="0.92")
            axes.tick_params(labelsize=8)
            axes.locator_params(nbins=5)
        panels[-1].legend(
            handles=of_group,
            loc="center left",
            bbox_to_anchor=(1.02, 0.5),
            fontsize=8,
            frameon=False,
        )
    rows = {row.name: row for row in settings[0].comparison.rows}
    for axes, measure in zip(grid[0], lines, strict=True):
        axes.set_title(wrapped(measure, TITLE_WIDTH), fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("strategy entropy (nats per symbol)", fontsize=8)
    for panels in grid:
        for axes, measure in zip(panels, lines, strict=True):
            axes.set_ylabel(rows[measure].unit, fontsize=8)
    figure.legend(
        handles=_point_keys(settings),
        loc="outside lower center",
        ncols=len(settings) + 1,
        fontsize=8,
        frameon=False,
    )
    save_both(figure, path)


def _curve(axes, curve, colour):
    of_settings = curve.settings[np.argsort(curve.settings[:, 1])]
    axes.plot(*of_settings[:, 1:].T, color=colour, lw=0.6, marker=".", ms=3)
    axes.plot(curve.entropies, curve.heights, color=colour, lw=1.8)
    axes.fill_between(
        curve.entropies, curve.low, curve.high, color=colour, alpha=0.12, lw=0
    )


def _human(axes, comparison, measure):
    """Draw the human value of a measure and its interval, if good values are near it.

    Otherwise nothing is drawn.
    """
    row = next(row for row in comparison.rows if row.name == measure)
    human = comparison.values[HUMAN][measure].mean
    if row.direction is Direction.HUMAN:
        axes.axhspan(human.low, human.high, color="0.5", alpha=0.15, lw=0)
        axes.axhline(human.value, color="0.5", lw=1, ls=":")


def _points(axes, points, measure, colours, marker):
    entropy = strategy_entropy().name
    for curve, colour in colours.items():
        of_arm = points.comparison.values.get(points.names.get(curve, ""))
        if of_arm is not None:
            axes.plot(
                of_arm[entropy].mean.value,
                of_arm[measure].mean.value,
                marker,
                ms=6,
                mec=colour,
                mfc="white",
                mew=1.5,
            )


def _keys(group, points):
    """Return a line of the legend for each curve; its `gid` is the curve's name.

    `group` holds the names of the curves, the reference first, and `points` is a
    comparison (`Settings`).
    """
    from matplotlib.lines import Line2D

    first = points.comparison.reference
    keys = []
    for name, colour in zip(group, ("black", *_COLOURS), strict=False):
        is_first = points.names.get(name) == first != name
        label = wrapped(f"{first}, by {name}" if is_first else name, NAME_WIDTH)
        keys.append(Line2D([], [], color=colour, label=label, gid=name))
    return keys


def _point_keys(settings):
    from matplotlib.lines import Line2D

    keys = [
        Line2D([], [], ls="", marker=marker, mec="0.3", mfc="white", label=of.condition)
        for marker, of in zip(_MARKERS, settings, strict=False)
    ]
    return [*keys, Line2D([], [], color="0.5", ls=":", label="human value")]
