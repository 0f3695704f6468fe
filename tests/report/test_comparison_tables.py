"""Tables of a comparison: they hold the right numbers, and say what they mean."""

import dataclasses
import math

import numpy as np

from lstm_music_jax.evaluation.comparison.arms import Tuned
from lstm_music_jax.evaluation.comparison.curves import Curve
from lstm_music_jax.evaluation.comparison.results import Interval, Value
from lstm_music_jax.evaluation.measures.base import Direction
from lstm_music_jax.report.comparison_tables import (
    curve_heights,
    difference_tables,
    exploratory_values,
    number,
    primary_values,
    probability,
    tuned_settings,
    validity,
)
from tests.evaluation.comparison.made_up import (
    REFERENCE,
    comparison,
    difference,
    interval,
    row,
)

LOOPS = row("loops", unit="symbols")
COPIES = row("copies", Direction.LOWER)
BEATS = row("beats", primary=False, valid=False)
ENTROPY = row("strategy entropy", Direction.NONE, primary=False)
NEARER = dataclasses.replace(
    difference(0.5, p=0.0004, detectable=0.234), worse_by=Interval(-0.2, -0.3, -0.1)
)
MADE = comparison(
    [LOOPS, COPIES, BEATS, ENTROPY],
    {
        "TopP(0.9)": [
            NEARER,
            dataclasses.replace(difference(0.01, p=0.6), improvement=None),
            difference(0.05, adjusted=math.nan),
            difference(0.4),
        ]
    },
    anchors=["3-gram", "shuffled"],
    order=(("3-gram",), ("shuffled",)),
    values={
        "human": [Value(interval(x), 0, 0.1) for x in (1.5, 2.5, 3.5)]
        + [Value(interval(math.nan), 30, None)],
        "TopP(0.9)": [Value(interval(4.5, 0.02), 3, 0.1)]
        + [Value(interval(x), 0, 0.1) for x in (5.5, 6.5, 1.25)],
    },
)


def cells(table):
    """The cells of a table in Markdown, by the first cell of their row."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.markdown().splitlines()
        if line
    ]
    return {first: rest for first, *rest in rows}


def test_primary_values():
    found = cells(primary_values(MADE))
    assert list(found)[2:] == ["human", "3-gram", "shuffled", REFERENCE, "`TopP(0.9)`"]
    assert found[""] == ["loops (symbols)", "copies"]
    assert found["human"] == ["1.50 (1.40 to 1.60)", "2.50 (2.40 to 2.60)"]
    assert found["`TopP(0.9)`"][0] == "4.500 (4.480 to 4.520), 3 left out"


def test_differences():
    loops, copies = difference_tables(MADE)
    assert cells(loops)["loops (symbols)"] == [
        "difference",
        "adjusted p",
        "distance from human, difference",
        "probability of improvement",
        "detectable",
    ]
    assert cells(loops)["`TopP(0.9)`"] == [
        "**0.50 (0.40 to 0.60)**",
        "< 0.001",
        "-0.20 (-0.30 to -0.10)",
        "0.50 (0.40 to 0.60)",
        "0.23",
    ]
    assert cells(copies)["copies"] == ["difference", "adjusted p", "detectable"]
    assert cells(copies)["`TopP(0.9)`"] == ["0.01 (-0.09 to 0.11)", "0.600", "0.02"]


def test_exploratory_values_mark_what_differs_and_what_is_not_valid():
    (table,) = exploratory_values(MADE)
    found = cells(table)
    assert found[""] == ["beats†", "strategy entropy"]
    assert found["human"] == ["3.50", ""]
    assert found["`TopP(0.9)`"] == ["6.50", "**1.25**"]


def test_it_is_said_why_a_measure_is_not_valid():
    said, table = validity(MADE)
    assert "they do not rank human before 3-gram before shuffled" in said.text
    expected = ["near the human value", "3.50 (3.40 to 3.60)"]
    assert cells(table)["beats"] == expected + ["0.50 (0.40 to 0.60)"] * 2
    assert "loops" not in table.markdown()
    valid = dataclasses.replace(MADE, rows=(LOOPS,))
    (said,) = validity(valid)
    assert said.text == (
        "All measures that should rank human before 3-gram before shuffled do so."
    )
    (said,) = validity(dataclasses.replace(MADE, order=()))
    assert said.text.endswith("was not checked.")


def test_tuned_settings_show_the_entropy_drawn_anew():
    tuned = [
        Tuned("TopP(0.5)", 1.3, 0.9, "TopP(0.9)", 1.31, True, 36),
        Tuned("Greedy()", 1.3, None, "Greedy()", 0.0, False, 1),
    ]
    found = cells(tuned_settings(MADE, [tuned], {"TopP(0.5)": "TopP(0.9)"}))
    expected = ["`TopP(0.9)`", "1.300", "1.310", "1.25 (1.15 to 1.35)", "36"]
    assert found["`TopP(0.5)`"] == expected
    expected = ["`Greedy()`", "1.300", "0.000, unreachable", "not compared", "1"]
    assert found["`Greedy()`"] == expected
    both = tuned_settings(MADE, [tuned, tuned], {"TopP(0.5)": "TopP(0.9)"})
    assert [row.split("|")[2].strip() for row in both.markdown().splitlines()] == (
        ["model", "-----", "1", "1", "2", "2"]
    )


def test_heights_of_curves():
    none = np.zeros(0)
    lines = [
        Curve(name, np.zeros((0, 3)), none, none, none, none, interval(0.5), change)
        for name, change in (("a", interval(0, 0)), ("b", interval(0.3)))
    ]
    found = cells(curve_heights({"loops": lines}))
    assert found["a"] == ["0.50 (0.40 to 0.60); 0 (0 to 0)"]
    assert found["b"] == ["0.50 (0.40 to 0.60); **0.30 (0.20 to 0.40)**"]


def test_numbers_have_as_many_decimals_as_they_are_certain():
    assert number(Interval(1234.5, 1000.2, 1500.3)) == "1234 (1000 to 1500)"
    assert number(Interval(0.01234, 0.0112, 0.0134)) == "0.0123 (0.0112 to 0.0134)"
    assert number(Interval(1 / 3, 1 / 3, 1 / 3 + 1e-16)) == "0.333 (0.333 to 0.333)"
    assert number(Interval(1 / 3, math.nan, math.nan)) == "0.333"
    assert number(Interval(math.nan, math.nan, math.nan)) == ""
    assert [probability(p) for p in (0.0009, 0.001, 0.5)] == [
        "< 0.001",
        "0.001",
        "0.500",
    ]
