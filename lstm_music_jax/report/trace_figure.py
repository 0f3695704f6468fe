"""The trace of generated music, as a picture of curves and as a table.

The trace holds several numbers about each symbol that was drawn, such as its surprisal.
These numbers are called figures. A stream is one of the sequences that are generated
together. The kept mass is the sum of the model's probabilities of all symbols that the
sampling strategy allows.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_music_jax.generation.trace import Trace
from lstm_music_jax.report.table import Table

_MOST_POINTS = 300
_UNITS = {
    "model entropy": "nats",
    "strategy entropy": "nats",
    "surprisal": "nats",
    "margin": "nats",
    "kept count": "symbols",
}


class Traced(NamedTuple):
    """The figures of a trace, as arrays of b streams by n symbols.

    Attributes:
        figures: an array for each kind of figure, keyed by its name, such as
            "surprisal". It has a row per stream, and a column per position of a drawn
            symbol. A stop symbol ends a stream; the positions after it hold NaN.
    """

    figures: dict[str, Float[np.ndarray, "b n"]]

    @classmethod
    def of(cls, trace: Trace) -> "Traced":
        """Return the figures of a trace, whose last axis must be that of the symbols.

        All axes before it are merged into one axis of streams. A trace of one stream
        has none, that of a batch has one. That of a sweep, which is a batch for each
        setting of a strategy, has two.
        """
        *streams, length = np.shape(trace.kept_count)
        counts = np.reshape(trace.kept_count, (math.prod(streams), length))
        figures = {
            name.replace("_", " "): np.asarray(values, float).reshape(counts.shape)
            for name, values in trace._asdict().items()
            if not name.startswith("stage_")
        }
        stages = np.asarray(trace.stage_kept_mass, float)
        for stage in range(stages.shape[-1]):
            name = f"kept mass after stage {stage + 1}"
            figures[name] = stages[..., stage].reshape(counts.shape)
        # A symbol is drawn from at least one; after a stop symbol, all figures are 0.
        return cls(
            {
                name: np.where(counts > 0, values, np.nan)
                for name, values in figures.items()
            }
        )

    @property
    def symbols(self) -> int:
        """Number of drawn symbols in all streams; none is drawn after a stop symbol."""
        return int((~np.isnan(self.figures["surprisal"])).sum())


def figure_of_trace(traced: Traced) -> Any:
    """Draw entropies and surprisal, and below them the kept mass, over the symbols.

    Each curve is the mean over the streams. It has at most 300 points: in a longer
    trace, a point is the mean of several successive symbols.

    Args:
        traced: the trace, with one drawn symbol or more.

    Returns:
        The figure of matplotlib.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), dpi=100, layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=(2, 1))
    for name, style in (
        ("surprisal", {"color": "0.7", "lw": 0.8}),
        ("model entropy", {"color": "tab:blue", "lw": 1.2}),
        ("strategy entropy", {"color": "tab:orange", "lw": 1.2}),
    ):
        above.plot(*_curve(traced.figures[name]), label=name, **style)
    above.set_ylabel("nats")
    figure.legend(fontsize=8, ncols=3, loc="outside upper right", frameon=False)
    below.plot(*_curve(traced.figures["kept mass"]), color="tab:green", lw=1.2)
    below.set(xlabel="symbol", ylabel="kept mass", ylim=(-0.03, 1.03))
    for axes in (above, below):
        axes.grid(color="0.92")
    return figure


def table_of_trace(traced: Traced) -> Table:
    """Return a table with a row for each kind of figure, such as the surprisal.

    A row has the mean, the lowest and the highest value in all streams.
    """
    rows = []
    for name, values in traced.figures.items():
        known = values[~np.isnan(values)]
        ends = (known.mean(), known.min(), known.max())
        rows.append([name, _UNITS.get(name, ""), *(f"{end:z.3g}" for end in ends)])
    return Table(["", "unit", "mean", "lowest", "highest"], rows)


def _curve(values: Float[np.ndarray, "b n"]) -> tuple[np.ndarray, np.ndarray]:
    """Return the x and the y of a curve's points: positions, and mean values there.

    `values` has a row per stream and a column per position; NaN where no symbol was
    drawn. A mean is over all streams that have a symbol there. If there are more than
    300 positions, a point stands for a group of successive positions. It lies at the
    middle of the group, and is the mean of all values in it.
    """
    drawn = ~np.isnan(values)
    length = int(np.flatnonzero(drawn.any(axis=0))[-1]) + 1
    starts = np.arange(0, length, -(-length // _MOST_POINTS))
    sums = np.add.reduceat(np.where(drawn, values, 0).sum(axis=0)[:length], starts)
    counts = np.add.reduceat(drawn.sum(axis=0)[:length], starts)
    places = np.add.reduceat(np.arange(length), starts)
    sizes = np.diff([*starts, length])
    return places / sizes, sums / counts
