"""Results: they survive JSON, also where a value is NaN or None."""

import dataclasses
import json
import math

from lstm_music_jax.evaluation.comparison.results import Comparison, Interval, Value
from lstm_music_jax.evaluation.measures.base import Direction
from tests.evaluation.comparison.made_up import comparison, difference, interval, row


def test_a_comparison_survives_json():
    undefined = Interval(math.nan, math.nan, math.nan)
    made = comparison(
        [row("loops", valid=True), row("copies", Direction.LOWER, primary=False)],
        {
            "TopP(0.9)": [
                dataclasses.replace(difference(0.1), worse_by=interval(0.2)),
                dataclasses.replace(
                    difference(math.nan, p=math.nan, detectable=math.nan),
                    change=undefined,
                    adjusted=None,
                    improvement=None,
                ),
            ],
            "TopK(2)": [difference(0.1, detectable=math.inf), difference(0.1)],
        },
        anchors=["shuffled"],
        order=[["shuffled"]],
        values={"shuffled": [Value(undefined, 7, None), Value(interval(1), 0, 0.3)]},
    )
    text = json.dumps(made.to_json(), allow_nan=False)
    again = Comparison.from_json(json.loads(text))
    # NaN differs from itself, but its text does not.
    assert repr(again) == repr(made)
    assert again.rows == made.rows
    assert again.differences["TopP(0.9)"]["loops"].found is False
    assert again.primary == made.rows[:1]


def test_scope_and_found():
    made = comparison([row("loops")], {"a": [difference(0.3, p=0.05)]})
    assert made.scope == "256 pieces, one model"
    assert dataclasses.replace(made, runs=2).scope == "256 pieces, 2 models"
    assert made.differences["a"]["loops"].found
    assert not dataclasses.replace(made.differences["a"]["loops"], adjusted=None).found
    for low, high, excludes in ((0.1, 0.2, True), (-1, -0.1, True), (-1, 1, False)):
        assert Interval(0.15, low, high).excludes_zero is excludes
    assert not Interval(math.nan, math.nan, math.nan).excludes_zero
