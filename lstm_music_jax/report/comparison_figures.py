"""Figures of a comparison: differences from the reference, and chosen measures.

One figure shows by how much each arm differs from the reference. The other one shows
measures of all arms and anchors beside the human value, such as how much of the music
is copied from training pieces.

An arm is a strategy that is compared. The reference is the arm with which the others
are compared. An anchor is other music that is shown beside the arms: the human pieces,
and for example music of an n-gram model. The primary measures are the few that are
tested. `forest` and `against_human` write a figure twice, as PNG and as SVG.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_music_jax.evaluation.comparison.results import (
    HUMAN,
    Comparison,
    Interval,
)
from lstm_music_jax.evaluation.measures.base import Direction
from lstm_music_jax.report.figures import save_both
from lstm_music_jax.report.layout import (
    LINE,
    NAME_WIDTH,
    TITLE_WIDTH,
    lines_of,
    name_inches,
    rows_and_columns,
    wrapped,
)

GOOD, ARM, ANCHOR, REFERENCE = "tab:green", "tab:blue", "0.55", "black"
# Inches of a panel, and of its title and of the text below it.
_PANEL, _AROUND = 2.7, 1.4
# A narrower figure has its legend in two columns.
_WIDE_LEGEND = 7


def forest(comparison: Comparison, path: str | Path) -> None:
    """Draw how each arm differs from the reference; see `figure_of_differences`.

    Args:
        comparison: as in `figure_of_differences`.
        path: the PNG file; missing folders are created. The SVG file is written beside
            it.
    """
    save_both(figure_of_differences(comparison), path)


def figure_of_differences(comparison: Comparison) -> Any:
    """Return the figure of matplotlib with the differences from the reference.

    It has one panel per primary measure, with one point per arm but the reference.
    Filled points are differences that are significant after Holm's correction. The
    differences that lead to better values are shaded in green. Better values are lower,
    or they are nearer to the human value, which a dotted line shows.

    Args:
        comparison: the results; at least one measure is primary, and at least one arm
            is compared with the reference.
    """
    arms = list(comparison.differences)
    figure, panels = _panels(len(comparison.primary), arms)
    for axes, row in zip(panels, comparison.primary, strict=True):
        found = [comparison.differences[arm][row.name] for arm in arms]
        changes = [each.change for each in found]
        human = _human_change(comparison, row)
        _limit(axes, [*changes, Interval(0, 0, 0), Interval(human, human, human)])
        _shade_better(axes, row, human)
        axes.axvline(0, color=REFERENCE, lw=0.8)
        for place, each in enumerate(found):
            face = ARM if each.found else "white"
            _point(axes, each.change, place, ARM, face)
        _describe(axes, row, f"difference from\n{comparison.reference}")
    _legend(
        figure,
        [
            _key(ARM, "differs, after Holm's correction"),
            _key(ARM, "not found to differ", face="white"),
            _patch("better: nearer to human music, or lower"),
            _line("human value"),
        ],
    )
    return figure


def against_human(
    comparison: Comparison, measures: Sequence[str], path: str | Path
) -> None:
    """Draw measures of all arms and anchors, with those of the human pieces as a band.

    The band is the 95% interval of the human mean. The axis spans the human value and
    the values of all arms. An anchor whose value lies beyond the axis is drawn at the
    end of the axis, with its value as text.

    Args:
        comparison: the results.
        measures: names of the measures, such as those of loops and copies.
        path: the PNG file; missing folders are created. The SVG file is written beside
            it.
    """
    names = [*comparison.anchors[1:], *comparison.arms]
    rows = {row.name: row for row in comparison.rows}
    figure, panels = _panels(len(measures), names)
    for axes, measure in zip(panels, measures, strict=True):
        of = {name: comparison.values[name][measure].mean for name in (HUMAN, *names)}
        _limit(axes, [of[name] for name in (HUMAN, *comparison.arms)])
        human = of[HUMAN]
        axes.axvspan(human.low, human.high, color=GOOD, alpha=0.2, lw=0)
        axes.axvline(human.value, color=GOOD, lw=1)
        for place, name in enumerate(names):
            colour = _colour(comparison, name)
            if not _at_edge(axes, of[name], place, colour):
                _point(axes, of[name], place, colour, colour)
        _describe(axes, rows[measure], "mean")
    _legend(
        figure,
        [
            _patch("human pieces"),
            _key(ARM, "strategies"),
            _key(REFERENCE, comparison.reference),
            _key(ANCHOR, "anchors"),
        ],
    )
    save_both(figure, path)


def _panels(count, names):
    """Return a figure of matplotlib, and its `count` panels.

    There are as many rows of panels as make the figure fit the page. The panels share a
    vertical axis that has one place per name.
    """
    from matplotlib.figure import Figure

    labels = [wrapped(name, NAME_WIDTH) for name in names]
    left = 1 + name_inches(labels)
    rows, columns = rows_and_columns(count, left, _PANEL)
    height = _AROUND + LINE * sum(lines_of(labels))
    figure = Figure(
        figsize=(left + _PANEL * columns, 0.5 + rows * height),
        dpi=100,
        layout="constrained",
    )
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes in grid.flat[count:]:
        axes.remove()
    panels = grid.flat[:count]
    panels[0].set_yticks(np.arange(len(names)), labels)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    return figure, panels


def _describe(axes, row, meaning):
    mark = "\n(not valid on this corpus)" if row.valid is False else ""
    axes.set_title(
        wrapped(row.name, TITLE_WIDTH) + mark,
        fontsize=9,
        color="0.5" if mark else "black",
    )
    unit = f"\n({row.unit})" if row.unit else ""
    axes.set_xlabel(meaning + unit, fontsize=8)
    axes.tick_params(labelsize=8)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(color="0.92")
    axes.set_axisbelow(True)


def _limit(axes, intervals):
    """Set the limits of the x axis, so that it spans all intervals and a margin."""
    ends = [[each.value, each.low, each.high] for each in intervals]
    low, high = np.nanmin(ends), np.nanmax(ends)
    margin = 0.06 * (high - low) or 0.5
    axes.set_xlim(low - margin, high + margin)


def _shade_better(axes, row, human):
    """Shade the differences that lead to better values, and mark the human value.

    `row` describes the measure. `human` is the human value minus that of the reference.
    """
    limits = axes.get_xlim()
    if row.direction is Direction.LOWER:
        better = (limits[0], 0)
    elif row.direction is Direction.HUMAN and not math.isnan(human):
        better = (0, 2 * human)
        axes.axvline(human, color=GOOD, lw=1.2, ls=":")
    else:
        return
    axes.axvspan(*better, color=GOOD, alpha=0.12, lw=0)
    axes.set_xlim(limits)


def _human_change(comparison, row):
    """Return the human value minus that of the reference, in one measure.

    NaN for a measure that should not be near the human value.
    """
    if row.direction is not Direction.HUMAN:
        return math.nan
    values = comparison.values
    human = values[HUMAN][row.name].mean.value
    return human - values[comparison.reference][row.name].mean.value


def _point(axes, interval, place, colour, face):
    axes.plot([interval.low, interval.high], [place, place], color=colour, lw=1.5)
    axes.plot(interval.value, place, "o", ms=6, mec=colour, mfc=face)


def _at_edge(axes, interval, place, colour):
    """Draw a value at the edge of the axes if it lies beyond their limits.

    Return whether it does. `place` is the height at which it is drawn.
    """
    low, high = axes.get_xlim()
    if math.isnan(interval.value) or low <= interval.value <= high:
        return False
    edge, side = (low, "left") if interval.value < low else (high, "right")
    marker, shift = ("<", 7) if side == "left" else (">", -7)
    axes.plot(edge, place, marker, ms=6, color=colour, clip_on=False)
    axes.annotate(
        f"{interval.value:.3g}",
        (edge, place),
        (shift, 0),
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=7,
        color=colour,
    )
    return True


def _colour(comparison, name):
    if name == comparison.reference:
        return REFERENCE
    return ARM if name in comparison.arms else ANCHOR


def _legend(figure, handles):
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles) if figure.get_figwidth() > _WIDE_LEGEND else 2,
        fontsize=8,
        frameon=False,
    )


def _key(colour, label, face=None):
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], marker="o", ls="", mec=colour, mfc=face or colour, label=label
    )


def _patch(label):
    from matplotlib.patches import Patch

    return Patch(color=GOOD, alpha=0.2, label=label)


def _line(label):
    from matplotlib.lines import Line2D

    return Line2D([], [], color=GOOD, ls=":", label=label)
