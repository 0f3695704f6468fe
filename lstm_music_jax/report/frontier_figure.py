"""The frontier: a figure with measures of each strategy as curves over its entropy.

An arm is a strategy that is compared, and its knob is the hyperparameter that is moved
to change the entropy: that of the distributions from which the arm draws symbols.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lstm_music_jax.evaluation.comparison.curves import Curve
from lstm_music_jax.evaluation.comparison.results import HUMAN, Comparison
from lstm_music_jax.evaluation.measures.base import Direction
from lstm_music_jax.evaluation.measures.uncertainty import strategy_entropy
from lstm_music_jax.report.figures import save_both
from lstm_music_jax.report.layout import NAME_WIDTH, TITLE_WIDTH, wrapped

_COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple")
_MARKERS = "osD^vP"
# Inches of a panel with its texts.
_PANEL = 2.6


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
    leads through all values of the knob. The first arm is the reference, and all panels
    show it. There is a panel per measure for each group of up to five other arms.

    Args:
        lines: for each measure, the curves of all arms.
        settings: one to six comparisons whose values are drawn as points. The human
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
    # Two panels fit the page beside a legend. The legend of a group is beside its rows.
    columns = min(2, len(lines))
    rows = math.ceil(len(lines) / columns)
    heights = [
        max(_PANEL, (0.3 + 0.17 * sum(map(_key_lines, of_group))) / rows)
        for of_group in keys
        for _ in range(rows)
    ]
    figure = Figure(
        figsize=(4 + 3.2 * columns, 1 + sum(heights)), dpi=100, layout="constrained"
    )
    grid = figure.subplots(
        len(heights), columns, squeeze=False, sharex=True, height_ratios=heights
    )
    for place, of_group in enumerate(keys):
        panels = grid[place * rows : (place + 1) * rows]
        for axes in panels.flat[len(lines) :]:
            axes.remove()
        colours = {key.get_gid(): key.get_color() for key in of_group}
        for axes, (measure, curves) in zip(panels.flat, lines.items(), strict=False):
            _panel(axes, measure, curves, colours, settings)
        panels[0, -1].legend(
            handles=of_group,
            loc="upper left",
            bbox_to_anchor=(1.02, 1),
            fontsize=8,
            frameon=False,
        )
    figure.legend(
        handles=_point_keys(settings),
        loc="outside lower center",
        ncols=len(settings) + 1,
        fontsize=8,
        frameon=False,
    )
    save_both(figure, path)


def _panel(axes, measure, curves, colours, settings):
    """Draw the curves that have a colour, and the points of all settings."""
    comparison = settings[0].comparison
    row = next(row for row in comparison.rows if row.name == measure)
    _human(axes, row, comparison.values[HUMAN][measure].mean)
    for curve in curves:
        if curve.name in colours:
            _curve(axes, curve, colours[curve.name])
    for marker, points in zip(_MARKERS, settings, strict=False):
        _points(axes, points, measure, colours, marker)
    axes.set_title(wrapped(measure, TITLE_WIDTH), fontsize=9)
    axes.set_xlabel("strategy entropy (nats per symbol)", fontsize=8)
    axes.set_ylabel(row.unit, fontsize=8)
    axes.grid(color="0.92")
    axes.tick_params(labelsize=8, labelbottom=True)
    axes.locator_params(nbins=5)


def _key_lines(key):
    """Return the number of lines of a key of the legend."""
    return 1 + key.get_label().count("\n")


def _curve(axes, curve, colour):
    of_settings = curve.settings[np.argsort(curve.settings[:, 1])]
    axes.plot(*of_settings[:, 1:].T, color=colour, lw=0.6, marker=".", ms=3)
    axes.plot(curve.entropies, curve.heights, color=colour, lw=1.8)
    axes.fill_between(
        curve.entropies, curve.low, curve.high, color=colour, alpha=0.12, lw=0
    )


def _human(axes, row, human):
    """Draw the human value of a measure and its interval, if good values are near it.

    Otherwise nothing is drawn.
    """
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

    `group` holds the names of the curves, the reference first. `points` is a comparison
    (`Settings`). If its reference has another name than the first curve, the legend
    gives both names.
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
