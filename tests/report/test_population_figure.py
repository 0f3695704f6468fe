"""Pictures of populations: lines, colours and size; effective sample sizes."""

import re

import numpy as np
import pytest

from lstm_music_jax.generation.population import History
from lstm_music_jax.report.population_figure import (
    curve_of_effective_sizes,
    effective_sizes,
    tree_of_population,
)

YELLOW, BLUE, GREY = "#fde725", "#35b7d4", "#5a6272"


def history(ancestors):
    ancestors = np.array(ancestors)
    return History(ancestors, ancestors, np.zeros(ancestors.shape))


def lines(svg, colour):
    """Return the begin and the end of each line of a colour."""
    path = re.search(rf'<path d="([^"]*)" fill="none" stroke="{colour}"', svg.decode())
    found = []
    for line in path[1].split("M")[1:]:
        left, begin = map(int, re.match(r"(\d+) (\d+)", line).groups())
        right = int(re.findall(r"[HL](\d+)", line)[-1])
        end = re.findall(r"L\d+ (\d+)", line)
        found.append((left, begin, right, int(end[0]) if end else begin))
    return found


def test_the_tree_of_a_hand_made_population():
    # Member 1 dies out at the first symbol. At the end, 0 and 2 descend from 0.
    svg = tree_of_population(history([[0, 0, 2], [0, 1, 1]]), 2)
    (first, second), blue, grey = (
        lines(svg, colour) for colour in (YELLOW, BLUE, GREY)
    )
    assert first[2:] == second[:2]
    assert len(blue) == 3
    assert {line[:2] for line in blue} == {first[:2], second[:2], blue[0][2:]}
    assert len(grey) == 1
    assert grey[0][2] == first[2]


def test_lines_do_not_cross():
    random = np.random.default_rng(0)
    svg = tree_of_population(history(random.integers(0, 9, (12, 9))), 3)
    found = [line for colour in (YELLOW, BLUE, GREY) for line in lines(svg, colour)]
    for left, begin, _, end in found:
        for other_left, other_begin, _, other_end in found:
            if left == other_left:
                assert (begin - other_begin) * (end - other_end) >= 0


@pytest.mark.parametrize(("symbols", "members"), [(1, 1), (2000, 4), (500, 1024)])
def test_pictures_are_small(symbols, members):
    random = np.random.default_rng(0)
    grown = history(random.integers(0, members, (symbols, members)))
    svg = tree_of_population(grown, members - 1)
    assert len(lines(svg, YELLOW)) == min(symbols, 40)
    assert len(svg) < 12_000
    assert len(curve_of_effective_sizes(random.normal(size=(symbols, members)))) < 4000


def test_members_that_all_survive_are_straight_lines():
    svg = tree_of_population(history(np.tile(np.arange(3), (50, 1))), 1)
    assert lines(svg, YELLOW) == [(34, 75, 892, 75)]
    assert len(lines(svg, BLUE)) == 2
    assert ">50</text>" in svg.decode()


def test_effective_sizes():
    rows = [[0, 0, 0, 0], [0, *[-np.inf] * 3], [2, 2, *[-np.inf] * 2], [-np.inf] * 4]
    assert np.allclose(effective_sizes(np.array(rows) + 500), [4, 1, 2, 0])
