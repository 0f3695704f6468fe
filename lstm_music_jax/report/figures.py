"""Pictures: a piano roll of a score, and the loss curve of a run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lstm_music_jax.music.score import TICKS_PER_QUARTER, Score

_BLACK_KEYS = (1, 3, 6, 8, 10)


def piano_roll(
    score: Score, path: str | Path, *, title: str = "", quarters_a_row: int = 64
) -> None:
    """Draw a score as a PNG: time in quarters, pitch with its octaves, a bar a note.

    Long music is broken into rows of `quarters_a_row`.
    """
    import matplotlib.collections as collections
    from matplotlib.figure import Figure

    notes = np.array(score.notes, int).reshape(-1, 3)
    if not len(notes):
        raise ValueError("score has no notes; there is nothing to draw")
    onsets, pitches, durations = notes.T
    low, high = pitches.min() - 2, pitches.max() + 2
    quarters = score.end / TICKS_PER_QUARTER
    rows = max(1, int(np.ceil(quarters / quarters_a_row)))
    width = min(quarters, quarters_a_row)
    figure = Figure(figsize=(16, 0.8 + rows * max(1.2, 0.05 * (high - low))), dpi=100)
    for row, axes in enumerate(figure.subplots(rows, squeeze=False)[:, 0]):
        for pitch in range(low, high + 1):
            if pitch % 12 in _BLACK_KEYS:
                axes.axhspan(pitch - 0.5, pitch + 0.5, color="0.94", lw=0)
        bars = [
            [(x, y - 0.4), (x, y + 0.4), (x + d, y + 0.4), (x + d, y - 0.4)]
            for x, y, d in zip(
                onsets / TICKS_PER_QUARTER,
                pitches,
                durations / TICKS_PER_QUARTER,
                strict=True,
            )
        ]
        axes.add_collection(
            collections.PolyCollection(
                bars, facecolors="tab:blue", edgecolors="white", linewidths=0.3
            )
        )
        octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0]
        axes.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves])
        axes.grid(axis="x", color="0.9", lw=0.5)
        axes.set_axisbelow(True)
        axes.set(xlim=(row * width, (row + 1) * width), ylim=(low, high))
        if row == 0 and title:
            axes.set_title(title, loc="left")
        if row == rows - 1:
            axes.set_xlabel("quarters")
    _save(figure, path)


def loss_curve(metrics: str | Path, path: str | Path) -> None:
    """Draw a run's metrics (JSON lines) as a PNG: its losses and the baselines.

    The run may still be going on, or may have been killed, so a last line without an
    end is left out. A baseline that the file does not have is left out too.
    """
    from matplotlib.figure import Figure

    whole, _, _ = Path(metrics).read_text().rpartition("\n")
    lines = [json.loads(line) for line in whole.splitlines()]
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
    _save(figure, path)


def knob_curves(
    rows: Sequence[Mapping[str, float]], path: str | Path, *, knob: str
) -> None:
    """Draw a sweep as a PNG: entropy, repetition and distinct 4-grams by the knob.

    A row has `value`, `entropy`, `model` and `surprisal` (nats), `repeated` (a share),
    `longest loop` and `distinct` (counts), each a mean over pieces.
    """
    from matplotlib.figure import Figure

    values = [row["value"] for row in rows]
    panels = (
        ("nats a symbol", ("entropy", "model", "surprisal")),
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
    _save(figure, path)


def _exp(loss):
    return np.exp(np.minimum(loss, 100))


def _log(perplexity):
    return np.log(np.maximum(perplexity, 1e-9))


def _save(figure, path):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight")
