"""The heat table of a comparison: distances from human music, as colours.

An arm is a strategy that is compared. An anchor is other music that is shown beside the
arms, such as that of an n-gram model. The names of the primary measures, the few
that are tested, are bold.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.comparison.results import HUMAN, Comparison, Row
from lstm_music_jax.evaluation.measures.base import Direction
from lstm_music_jax.report.figures import save_both
from lstm_music_jax.report.layout import (
    LETTER,
    LINE,
    NAME_WIDTH,
    lines_of,
    name_inches,
    rows_and_columns,
    wrapped,
)

# Human standard deviations at which the colours end.
_STRONGEST = 3
_LARGEST_SHOWN = 99
# Inches of a column, of the names of measures, and of the rest beside the columns.
_COLUMN, _TITLES, _BESIDE = 0.42, 2.3, 2.4


def heat_table(comparison: Comparison, path: str | Path) -> None:
    """Draw how far each arm and anchor is from the human pieces in each measure.

    The unit is the standard deviation of a measure among the human pieces. So the table
    holds measures of single pieces, and those measures of sets that are distances in
    this unit. A measure of single pieces is left out if it does not vary among the
    human pieces, or if it does not say which values are good. Grey columns are measures
    that are not valid: they do not tell worse music from better on this corpus. A table
    of many measures is divided into parts, one below the other.

    Args:
        comparison: the results.
        path: the PNG file; missing folders are created. The SVG file is written beside
            it.
    """
    from matplotlib.figure import Figure

    names = [*comparison.anchors[1:], *comparison.arms]
    rows = [row for row in comparison.rows if _in_deviations(comparison, row, HUMAN)]
    table = np.array(
        [[_in_deviations(comparison, row, name)[0] for row in rows] for name in names]
    )
    labels = [wrapped(name, NAME_WIDTH) for name in names]
    left = _BESIDE + name_inches(labels)
    parts, columns = rows_and_columns(len(rows), left, _COLUMN)
    inches = (
        left + _COLUMN * columns,
        0.7 + parts * (_TITLES + LINE * sum(lines_of(labels))),
    )
    figure = Figure(figsize=inches, dpi=100, layout="constrained")
    grid = figure.subplots(parts, squeeze=False)[:, 0]
    for part, axes in enumerate(grid):
        chosen = slice(part * columns, (part + 1) * columns)
        colours = _draw(axes, table[:, chosen], labels, rows[chosen])
        # All columns are equally wide, also in a last part that has fewer.
        axes.set_xlim(0, columns)
    figure.colorbar(colours, ax=grid, extend="both", fraction=0.03, pad=0.01)
    caption = (
        "distance from the human pieces, in human standard deviations; bold: primary; "
        "grey: not valid on this corpus, or not defined"
    )
    figure.supxlabel(wrapped(caption, int(inches[0] / LETTER)), fontsize=8)
    save_both(figure, path)


def _draw(
    axes: Any,
    table: Float[np.ndarray, "names measures"],
    labels: Sequence[str],
    rows: Sequence[Row],
) -> Any:
    """Draw a part of the table, and return its colours.

    Args:
        axes: the axes to draw on.
        table: the distances, one row per name and one column per measure.
        labels: the names of the arms and anchors.
        rows: the measures.
    """
    shown = table.copy()
    shown[:, [row.valid is False for row in rows]] = np.nan
    edges = np.concatenate([[0], np.cumsum(lines_of(labels))])
    colours = axes.pcolormesh(
        np.arange(len(rows) + 1),
        edges,
        np.ma.masked_invalid(shown),
        cmap="RdBu_r",
        vmin=-_STRONGEST,
        vmax=_STRONGEST,
        edgecolors="white",
        lw=0.5,
    )
    centres = (edges[1:] + edges[:-1]) / 2
    axes.axvspan(0, len(rows), color="0.88", lw=0, zorder=-1)
    for (place, column), value in np.ndenumerate(table):
        if not math.isnan(value):
            grey = math.isnan(shown[place, column])
            dark = not grey and abs(value) > 0.7 * _STRONGEST
            axes.text(
                column + 0.5,
                centres[place],
                _short(value),
                ha="center",
                va="center",
                fontsize=6.5,
                color="0.5" if grey else ("white" if dark else "black"),
            )
    _name(axes, centres, labels, rows)
    return colours


def _name(axes, centres, labels, rows):
    """Write the names of the arms on the left, and those of the measures on top."""
    axes.set_yticks(centres, labels, fontsize=8)
    axes.xaxis.tick_top()
    axes.set_xticks(
        np.arange(len(rows)) + 0.5,
        [row.name for row in rows],
        rotation=55,
        ha="left",
        fontsize=8,
    )
    for label, row in zip(axes.get_xticklabels(), rows, strict=True):
        label.set_color("0.5" if row.valid is False else "black")
        label.set_rotation_mode("anchor")
        label.set_fontweight("bold" if row.primary else "normal")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.invert_yaxis()


def _in_deviations(comparison: Comparison, row: Row, name: str) -> list[float]:
    """Return the distance of an arm or anchor from human music in one measure.

    The unit is the standard deviation of the human pieces. For a measure of single
    pieces, values below the human mean give a negative distance.

    Args:
        comparison: the results.
        row: the measure.
        name: the name of the arm or anchor.

    Returns:
        A list with the distance. An empty list if the table leaves the measure out, for
        example because the human pieces do not vary.
    """
    value = comparison.values[name][row.name].mean.value
    if row.kind == "distance":
        return [value] if row.unit == "human standard deviations" else []
    human = comparison.values[HUMAN][row.name]
    if not human.deviation or row.direction is Direction.NONE:
        return []
    return [(value - human.mean.value) / human.deviation]


def _short(value):
    if abs(value) > _LARGEST_SHOWN:
        return f"> {_LARGEST_SHOWN}" if value > 0 else f"< -{_LARGEST_SHOWN}"
    return f"{value:z.1f}"
