"""Figures of a comparison: they are written for any number of arms, and show it."""

import re

import numpy as np
import pytest
from matplotlib.image import imread

from lstm_music_jax.evaluation.comparison.curves import Curve
from lstm_music_jax.evaluation.comparison.results import Value
from lstm_music_jax.evaluation.measures.base import Direction
from lstm_music_jax.report.comparison_figures import against_human, forest
from lstm_music_jax.report.frontier_figure import Settings, frontier
from lstm_music_jax.report.heat_figure import heat_table
from tests.evaluation.comparison.made_up import (
    REFERENCE,
    comparison,
    difference,
    interval,
    row,
)

ROWS = [
    row("repeated 4-grams", Direction.HUMAN),
    row("copied up to transposition (28 symbols or more)", Direction.LOWER),
    row("longest loop", Direction.HUMAN, primary=False, valid=False, unit="symbols"),
    row("strategy entropy", Direction.NONE, primary=False),
]
PRIMARY = [each.name for each in ROWS if each.primary]


def made(arms, seed=0, rows=ROWS):
    """A comparison with many arms, of which some differ and one value is NaN."""
    count = len(rows)
    random = np.random.default_rng(seed)
    names = [
        f"Chain(RepetitionPenalty(1.{n}), LoopBreaker(n=16, repeats=2), TopP(0.9))"
        for n in range(arms)
    ]
    values = {
        name: [Value(interval(each), 0, 0.2) for each in random.normal(0.5, 0.2, count)]
        for name in names
    }
    values[names[0]][2] = Value(interval(np.nan), 6, None)
    values["training pieces"] = [Value(interval(5.0), 0, 0.2)] * count
    differences = {
        name: [
            difference(each, p=0.01 if abs(each) > 0.2 else 0.5)
            for each in random.normal(0, 0.2, count)
        ]
        for name in names
    }
    return comparison(
        rows, differences, anchors=["training pieces", "greedy"], values=values
    )


def curve(name, shift):
    entropies = np.linspace(0.5, 1.5, 33)
    heights = shift + 0.1 / entropies
    settings = np.array([[x, x, shift + 0.1 / x] for x in (1.8, 0.4, 1.0)])
    height = interval(shift)
    return Curve(
        name, settings, entropies, heights, heights - 0.1, heights + 0.1, height, height
    )


def drawn(folder, compared):
    """Draw all figures to a folder."""
    primary = [row.name for row in compared.rows if row.primary]
    forest(compared, folder / "forest.png")
    against_human(compared, [*primary, "longest loop"], folder / "human.png")
    heat_table(compared, folder / "heat.png")
    lines = {
        name: [curve(arm, 0.1 * k) for k, arm in enumerate(compared.arms)]
        for name in primary
    }
    names = {name: name for name in compared.arms}
    frontier(lines, [Settings("as set", compared, names)], folder / "frontier.png")


@pytest.mark.slow
@pytest.mark.parametrize("arms", [1, 3, 20])
def test_figures_are_written_for_any_number_of_arms(tmp_path, arms):
    drawn(tmp_path, made(arms))
    names = {"forest", "human", "heat", "frontier"}
    for suffix in ("png", "svg"):
        assert {each.stem for each in tmp_path.glob(f"*.{suffix}")} == names
    for name in names:
        assert imread(tmp_path / f"{name}.png")[..., :3].std() > 0.01
        text = (tmp_path / f"{name}.svg").read_text()
        assert "nan" not in text.lower().replace("nance", "")


@pytest.mark.slow
def test_figures_of_many_measures_fit_the_page(tmp_path):
    more = [row(f"measure {n}", Direction.HUMAN, primary=n < 2) for n in range(36)]
    drawn(tmp_path, made(1, rows=[*ROWS, *more]))
    for path in tmp_path.glob("*.svg"):
        points = float(re.search(r'width="([\d.]+)pt"', path.read_text())[1])
        # Pixels of a page, without the frame of a picture.
        assert points * 96 / 72 <= 1062


def blue(path):
    """Return how many pixels have the colour of points and intervals."""
    red, _, blue = np.moveaxis(imread(path)[..., :3], -1, 0)
    return (blue - red > 0.4).sum()


def test_differences_that_are_found_are_filled(tmp_path):
    for name, p in (("filled", 0.01), ("hollow", 0.5)):
        forest(
            comparison(ROWS[:1], {"TopP(0.9)": [difference(0.3, p=p)]}),
            tmp_path / f"{name}.png",
        )
    filled, hollow = (blue(tmp_path / f"{name}.png") for name in ("filled", "hollow"))
    # The legend holds one point of each kind.
    assert filled > hollow + 10


def test_columns_of_measures_that_are_not_valid_are_grey(tmp_path):
    far = {REFERENCE: [Value(interval(9.0), 0, 0.2)]}
    colours = {}
    for valid in (True, False):
        heat_table(
            comparison([row("loops", valid=valid)], {}, values=far),
            tmp_path / "heat.png",
        )
        picture = imread(tmp_path / "heat.png")[..., :3]
        # The left half holds the cell, and not the colours' bar.
        half = picture[:, : picture.shape[1] * 4 // 5]
        colours[valid] = (np.ptp(half, axis=-1) > 0.2).sum()
    assert colours[True] > 100
    assert colours[False] == 0
