"""Pictures as PNG files: a piano roll, the losses of a run, the effects of a sweep.

A run is the training of one model. A sweep generates music with several values of one
hyperparameter of a sampling strategy.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lstm_music_jax.music.score import Score
from lstm_music_jax.system.atomic_write import write_atomically

_BLACK_KEYS = (1, 3, 6, 8, 10)
_MOST_ROWS = 32
# The coordinates of a path, in points. More than two decimals cannot be seen.
_PATH, _DECIMALS = re.compile(rb' d="[^"]*"'), re.compile(rb"(\.\d\d)\d+")


def piano_roll(
    score: Score, path: str | Path, *, title: str = "", quarters_per_row: int = 64
) -> None:
    """Draw a score as a piano roll: one bar per note, over time and pitch.

    Args:
        score: the music.
        path: the PNG file; missing folders are created.
        title: text above the picture.
        quarters_per_row: quarter notes per row; longer music takes several rows. There
            are at most 32 rows, so those of very long music hold more quarter notes.

    Raises:
        ValueError: the score has no notes.
    """
    from matplotlib.figure import Figure

    pitches = score.table.pitches
    if not len(pitches):
        raise ValueError("score has no notes; it must have at least one to be drawn")
    low, high = pitches.min() - 2, pitches.max() + 2
    quarters = score.end / score.ticks_per_quarter
    quarters_per_row = max(quarters_per_row, int(np.ceil(quarters / _MOST_ROWS)))
    rows = max(1, int(np.ceil(quarters / quarters_per_row)))
    width = min(quarters, quarters_per_row)
    height = 0.8 + rows * max(1.0, 0.04 * (high - low))
    figure = Figure(figsize=(13, height), dpi=100)
    # Fixed margins take half the time of margins that fit the labels.
    margins = {"left": 0.035, "right": 0.985, "bottom": 0.5 / height}
    margins["top"] = 1 - 0.3 / height
    all_axes = figure.subplots(rows, squeeze=False, gridspec_kw=margins)[:, 0]
    for row, axes in enumerate(all_axes):
        axes.set(xlim=(row * width, (row + 1) * width), ylim=(low, high))
        _draw_keyboard(axes, low, high)
        _draw_notes(axes, score)
    if title:
        all_axes[0].set_title(title, loc="left")
    all_axes[-1].set_xlabel("quarters")
    save_figure(figure, path, bbox_inches=None)


def _draw_keyboard(axes, low, high):
    """Shade the black keys, and label each C, from pitch `low` to pitch `high`."""
    pitches = np.arange(low, high + 1)
    black = pitches[np.isin(pitches % 12, _BLACK_KEYS)]
    begin, end = axes.get_xlim()
    _draw_bars(axes, begin, end, black, 0.5, color="0.94", lw=0, zorder=0)
    octaves = pitches[pitches % 12 == 0]
    axes.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves])
    axes.grid(axis="x", color="0.9", lw=0.5)
    axes.set_axisbelow(True)


def _draw_notes(axes, score):
    """Draw one bar per note that sounds during the time that the axes show."""
    notes = score.table
    begin = notes.onsets / score.ticks_per_quarter
    end = begin + notes.durations / score.ticks_per_quarter
    first, last = axes.get_xlim()
    seen = (begin < last) & (end > first)
    style = {"facecolors": "tab:blue", "edgecolors": "white", "linewidths": 0.3}
    _draw_bars(axes, begin[seen], end[seen], notes.pitches[seen], 0.4, **style)


def _draw_bars(axes, begin, end, pitch, half_width, **style):
    """Draw bars on a piano roll: one per note, or one per black key of the piano.

    The limits of the axes stay as they are.

    Args:
        axes: the axes to draw on.
        begin: the begin of each bar, in quarters.
        end: the end of each bar, in quarters.
        pitch: the MIDI pitch at the middle of each bar.
        half_width: half the width of a bar, in semitones.
        **style: colours and lines, as `PolyCollection` takes them.
    """
    from matplotlib.collections import PolyCollection

    low, high = pitch - half_width, pitch + half_width
    xs = np.broadcast_arrays(begin, begin, end, end, low)[:4]
    corners = np.stack([xs, [low, high, high, low]]).T
    # With autolim, matplotlib would compute the limits of every bar.
    axes.add_collection(PolyCollection(corners, **style), autolim=False)


def loss_curve(metrics: str | Path, path: str | Path) -> None:
    """Draw the losses of a training run; see `figure_of_losses`.

    Args:
        metrics: the file of the run's metrics, JSON lines.
        path: the PNG file; missing folders are created.
    """
    save_figure(figure_of_losses(metrics), path)


def figure_of_losses(metrics: str | Path) -> Any:
    """Return the figure of matplotlib with the losses of a run and of its baselines.

    The training and the validation loss are curves over the training steps. The
    baselines are n-gram models; their validation losses are horizontal lines. The run
    may still be training, or may have been killed. So the last line of the file is left
    out if it is unfinished. A baseline that the file does not name is not drawn.

    Args:
        metrics: the file of the run's metrics, JSON lines.
    """
    from matplotlib.figure import Figure

    finished, _, _ = Path(metrics).read_text().rpartition("\n")
    lines = [json.loads(line) for line in finished.splitlines()]
    figure = Figure(figsize=(8, 5), dpi=100)
    axes = figure.subplots()
    for field, label, style in (
        ("train_loss", "training (with dropout)", {"color": "tab:blue", "lw": 1}),
        ("validation_loss", "validation", {"color": "tab:orange", "marker": "o"}),
    ):
        points = [(line["step"], line[field]) for line in lines if field in line]
        if points:
            axes.plot(*zip(*points, strict=True), label=label, **style)
    for field, label, dashes in (
        ("unigram_loss", "unigram, validation", ":"),
        ("trigram_loss", "interpolated 3-gram, validation", "--"),
        ("five_gram_loss", "Kneser-Ney 5-gram, validation", "-."),
    ):
        values = [line[field] for line in lines if field in line]
        if values:
            axes.axhline(values[-1], color="0.4", ls=dashes, lw=1, label=label)
    axes.set(xlabel="step", ylabel="loss (nats per symbol)")
    perplexity = axes.secondary_yaxis("right", functions=(_exp, _log))
    perplexity.set_ylabel("perplexity")
    axes.grid(color="0.9")
    axes.legend()
    return figure


def knob_curves(
    rows: Sequence[Mapping[str, float]], path: str | Path, *, knob: str
) -> None:
    """Draw what a sweep over one hyperparameter (the knob) does to the music.

    Four panels show measures of the generated pieces over the value of the knob.

    Args:
        rows: one mapping per value of the knob. `value` is the value. The other entries
            are means over the pieces that were generated with it. In nats per symbol:
            `entropy` of the distribution from which the strategy drew, `model`, the
            entropy of the model's distribution, and `surprisal` of the symbols.
            `repeated` is the share of 4-grams that have occurred before in the same
            piece. `longest loop` is in symbols. `distinct` is the number of different
            4-grams.
        path: the PNG file; missing folders are created.
        knob: the name of the hyperparameter.
    """
    from matplotlib.figure import Figure

    values = [row["value"] for row in rows]
    panels = (
        ("nats per symbol", ("entropy", "model", "surprisal")),
        ("share of 4-grams seen before", ("repeated",)),
        ("symbols", ("longest loop",)),
        ("distinct 4-grams", ("distinct",)),
    )
    figure = Figure(figsize=(14, 3.6), dpi=100, layout="constrained")
    for axes, (label, fields) in zip(figure.subplots(1, 4), panels, strict=True):
        for field in fields:
            axes.plot(values, [row[field] for row in rows], marker="o", label=field)
        axes.set(xlabel=knob, ylabel=label)
        axes.set_ylim(bottom=0)
        axes.grid(color="0.9")
        axes.legend()
    save_figure(figure, path)


# _exp and _log clip, because matplotlib also calls them with values outside the data.
def _exp(loss):
    return np.exp(np.minimum(loss, 100))


def _log(perplexity):
    return np.log(np.maximum(perplexity, 1e-9))


def save_figure(
    figure: Any, path: str | Path, bbox_inches: str | None = "tight"
) -> None:
    """Write a figure of matplotlib whole or not at all; create missing folders.

    The ending of `path` gives the format, PNG by default. `bbox_inches` is as in
    matplotlib: "tight" cuts the margins off, and None keeps them.
    """
    content, path = io.BytesIO(), Path(path)
    file_format = path.suffix.removeprefix(".") or "png"
    figure.savefig(content, format=file_format, bbox_inches=bbox_inches)
    write_atomically(path, content.getvalue())


def save_both(figure: Any, path: str | Path) -> None:
    """Write a figure of matplotlib to `path` as PNG, and beside it as SVG."""
    save_figure(figure, path, bbox_inches=None)
    write_atomically(Path(path).with_suffix(".svg"), svg(figure))


def svg(figure: Any) -> bytes:
    """Return a figure of matplotlib as the content of an SVG file."""
    import matplotlib

    content = io.BytesIO()
    # Letters as text take a tenth of the bytes of letters as outlines. Without a date
    # and with fixed names, the same figure gives the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "report"}):
        figure.savefig(
            content, format="svg", bbox_inches="tight", metadata={"Date": None}
        )
    return _PATH.sub(_with_two_decimals, content.getvalue())


def _with_two_decimals(path):
    return _DECIMALS.sub(rb"\1", path[0])
