"""The sentence: what it says of results that are known."""

import dataclasses
import math

import pytest

from lstm_music_jax.evaluation.comparison.results import Interval
from lstm_music_jax.evaluation.comparison.sentence import in_words, sentence
from lstm_music_jax.evaluation.measures.base import Direction
from tests.evaluation.comparison.made_up import comparison, difference, row

REPEATS = row("repeats", more="repeats more", less="repeats less")
COPIES = row(
    "copies", Direction.LOWER, more="copies more", less="copies less", unit="symbols"
)
LIKENESS = row(
    "distance",
    Direction.LOWER,
    more="is less like human music",
    less="is more like human music",
)
MORE, LESS = difference(0.2, p=0.01), difference(-0.2, p=0.01)
NEARER = dataclasses.replace(MORE, worse_by=Interval(-0.2, -0.3, -0.1))
FARTHER = dataclasses.replace(MORE, worse_by=Interval(0.2, 0.1, 0.3))
NOTHING = difference(0.01, p=0.6, detectable=0.0123)


@pytest.mark.parametrize(
    ("rows", "differences", "expected"),
    [
        ([COPIES], {}, "no other strategy was compared with ancestral sampling"),
        (
            [],
            {"TopP(0.9)": []},
            "no measure was primary, so all results are exploratory",
        ),
        (
            [REPEATS, COPIES],
            {"TopP(0.9)": [NOTHING, difference(0, p=1, detectable=3)]},
            "no difference between TopP(0.9) and ancestral sampling was found; "
            "differences of 0.012 (repeats) and 3 (copies) would have been found with "
            "a probability of 80% or more",
        ),
        (
            [REPEATS, COPIES, LIKENESS],
            {
                "a": [NOTHING, difference(0, p=1, detectable=0), NOTHING],
                "b": [
                    difference(0, p=1, detectable=0.05),
                    difference(0, p=1, detectable=0),
                    difference(math.nan, p=1, detectable=math.nan),
                ],
            },
            "no strategy was found to differ from ancestral sampling; differences of "
            "0.05 (repeats) and 0.012 (distance) would have been found with a "
            "probability of 80% or more; copies is equal in all of their pieces",
        ),
        (
            [REPEATS, COPIES],
            {"a": [difference(math.nan, p=1, detectable=math.nan)] * 2},
            "no difference between a and ancestral sampling was found; repeats and "
            "copies are not defined in enough of their pieces",
        ),
        (
            [REPEATS, COPIES],
            {"a": [NOTHING, difference(0.1, p=1, detectable=math.inf)]},
            "no difference between a and ancestral sampling was found; a difference of "
            "0.012 (repeats) would have been found with a probability of 80% or more; "
            "copies is too uncertain for any difference to be found reliably",
        ),
        (
            [REPEATS, COPIES],
            {"MinP(0.05)": [NOTHING, LESS]},
            "MinP(0.05) copies less than ancestral sampling; no other difference was "
            "found",
        ),
        ([COPIES], {"a": [MORE]}, "a copies more than ancestral sampling"),
        (
            [REPEATS, LIKENESS],
            {"a": [NEARER, LESS], "b": [FARTHER, LESS], "c": [MORE, LESS]},
            "a repeats more than ancestral sampling (nearer to human music); b repeats "
            "more (farther from human music); c repeats more; a is more like human "
            "music, and so are b and c",
        ),
        (
            [LIKENESS, COPIES],
            {"a": [LESS, LESS], "b": [LESS, LESS]},
            "a is more like human music than ancestral sampling, and so is b; a copies "
            "less, and so does b",
        ),
        (
            [dataclasses.replace(REPEATS, valid=False), COPIES],
            {"a": [NEARER, LESS], "b": [FARTHER, LESS]},
            "a repeats more than ancestral sampling (by a measure that is not valid on "
            "this corpus), and so does b; a copies less, and so does b",
        ),
        (
            [COPIES],
            {name: [LESS] for name in "abcd"} | {"e": [NOTHING]},
            "a copies less than ancestral sampling, and so do b, c and d; no other "
            "difference was found",
        ),
        (
            [COPIES],
            {name: [LESS] for name in "abcdefghij"},
            "a copies less than ancestral sampling, and so do 9 others",
        ),
    ],
)
def test_what_is_said(rows, differences, expected):
    made = comparison(rows, differences)
    expected += " (256 pieces, one model)."
    assert sentence(made) == expected[0].upper() + expected[1:]
    at_equal = sentence(made, condition="at equal entropy")
    assert at_equal == f"At equal entropy, {expected}"


def test_the_reference_and_the_runs_are_named():
    made = dataclasses.replace(comparison([COPIES], {"a": [LESS]}), runs=3)
    expected = "a copies less than chance (256 pieces, 3 models)."
    assert sentence(made, reference="chance") == expected.capitalize()


def test_in_words():
    assert [in_words("abc"[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
