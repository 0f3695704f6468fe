"""The trace of generated music as a figure and as a table, over the drawn symbols.

The trace holds figures of each drawn symbol, such as its surprisal. A stream is one of
the sequences that are generated together. The kept mass is the model's probability of
all symbols that the sampling strategy allows.
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
    """The figures of a trace, with all streams in one axis.

    Attributes:
        figures: the figures by name, a row per stream and a column per drawn symbol;
            NaN after a stop symbol, which ends a stream.
    """

    figures: dict[str, Float[np.ndarray, "b n"]]

    @classmethod
    def of(cls, trace: Trace) -> "Traced":
        """Return the figures of a trace of one stream, of a batch, or of a sweep."""
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
        """The number of drawn symbols, over all streams."""
        return int((~np.isnan(self.figures["surprisal"])).sum())


def figure_of_trace(traced: Traced) -> Any:
    """Return the figure of matplotlib with entropies, surprisal and kept mass.

    The mean over the streams is drawn. A long trace is drawn as means of successive
    symbols, so that the figure has at most 300 points.

    Args:
        traced: the trace, with one drawn symbol or more.
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
    """Return a table with mean, lowest and highest value of each figure of a trace."""
    rows = []
    for name, values in traced.figures.items():
        known = values[~np.isnan(values)]
        ends = (known.mean(), known.min(), known.max())
        rows.append([name, _UNITS.get(name, ""), *(f"{end:z.3g}" for end in ends)])
    return Table(["", "unit", "mean", "lowest", "highest"], rows)


def _curve(values: Float[np.ndarray, "b n"]) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of a curve: positions of symbols, and means of `values` there.

    The means are over all streams. If there are more than 300 positions, each point is
    the mean of a group of successive ones, at the middle of the group.
    """
    drawn = ~np.isnan(values)
    length = int(np.flatnonzero(drawn.any(axis=0))[-1]) + 1
    starts = np.arange(0, length, -(-length // _MOST_POINTS))
    sums = np.add.reduceat(np.where(drawn, values, 0).sum(axis=0)[:length], starts)
    counts = np.add.reduceat(drawn.sum(axis=0)[:length], starts)
    places = np.add.reduceat(np.arange(length), starts)
    sizes = np.diff([*starts, length])
    return places / sizes, sums / counts
