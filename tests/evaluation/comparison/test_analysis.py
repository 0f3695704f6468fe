"""`compare`: planted faults are found, and wrong arguments are refused."""

import dataclasses
import math

import numpy as np
import pytest

from lstm_music_jax.evaluation.comparison.analysis import compare
from lstm_music_jax.evaluation.comparison.pieces import Pieces
from lstm_music_jax.evaluation.comparison.results import Interval
from lstm_music_jax.evaluation.comparison.sentence import sentence
from lstm_music_jax.evaluation.measures.base import SHARE, Direction, Sample
from lstm_music_jax.evaluation.measures.copying import CopyIndex, copied_share
from lstm_music_jax.evaluation.measures.energy import energy
from lstm_music_jax.evaluation.measures.overlap import overlap
from lstm_music_jax.evaluation.measures.repeated_ngrams import repeated_ngrams
from lstm_music_jax.system import progress
from tests.evaluation.comparison.synthetic import arm, column, only, pieces

LENGTH, COUNT, KINDS, SHORTEST = 40, 12, 60, 8


def random_pieces(seed, count=COUNT):
    """Pieces of random symbols, of which hardly any passage occurs twice."""
    rng = np.random.default_rng(seed)
    return rng.integers(10, KINDS - 10, size=(count, LENGTH))


def of_ids(name, ids):
    return Pieces(name, [[Sample(piece) for piece in ids]])


@pytest.fixture(scope="module")
def faulty():
    """A comparison of random pieces with looped, copied and transposed ones."""
    training, plain = random_pieces(0), random_pieces(1)
    looped, copied, moved = (plain.copy() for _ in range(3))
    looped[:, 20:] = np.tile(looped[:, 16:20], 5)
    copied[:, 5:25] = training[:, 10:30]
    moved[:, 5:25] = training[:, 10:30] + 3
    ids = np.arange(KINDS)
    transposed = [ids + shift for shift in range(-6, 7)]
    table = np.array([np.where((t >= 0) & (t < KINDS), t, -1) for t in transposed])
    exact = copied_share(CopyIndex([*training]), SHORTEST)
    any_pitch = copied_share(CopyIndex([*training], table), SHORTEST, "transposed")
    return compare(
        [
            of_ids(name, each)
            for name, each in {
                "plain": plain,
                "looped": looped,
                "copied": copied,
                "moved": moved,
            }.items()
        ],
        of_ids("", random_pieces(2)).samples,
        [of_ids("training", training)],
        reference="plain",
        primary=[repeated_ngrams().name, exact.name, any_pitch.name],
        measures=only(repeated_ngrams(), exact, any_pitch),
        resamples=1000,
    )


def test_planted_loops_and_copies_are_found_and_nothing_else(faulty):
    found = {
        name: [each.found for each in differences.values()]
        for name, differences in faulty.differences.items()
    }
    assert found == {
        "looped": [True, False, False],
        "copied": [False, True, True],
        "moved": [False, False, True],
    }


def test_planted_faults_have_the_size_that_was_planted(faulty):
    repeated, exact, transposed = (row.name for row in faulty.rows)
    values = faulty.values
    # The loop has 6 rounds of 4 symbols, so 21 4-grams, of which 4 are new.
    change = faulty.differences["looped"][repeated].change
    assert change.value == pytest.approx(17 / 37, abs=0.01)
    assert change.low > 0.4
    # A symbol beside the copy fits by chance in one of 40 cases.
    for name, measure in (("copied", exact), ("copied", transposed)):
        assert values[name][measure].mean.value == pytest.approx(0.5, abs=0.02)
    assert values["moved"][transposed].mean.value == pytest.approx(0.5, abs=0.05)
    assert values["moved"][exact].mean.value == 0
    assert values["training"][exact].mean.value == 1
    assert values["copied"][exact].left_out == 0
    assert faulty.differences["copied"][exact].improvement.value == 0


def test_planted_faults_are_told(faulty):
    assert sentence(faulty) == (
        "Looped repeats more than plain (farther from human music); copied copies "
        'more in "copied (8 symbols or more)"; copied copies more in "transposed (8 '
        'symbols or more)", and so does moved; no other difference was found (12 '
        "pieces, one model)."
    )


def test_a_large_difference_is_found_in_a_large_family():
    """Twenty arms, four measures and 29 pieces: p must be below 0.0006."""
    rng = np.random.default_rng(0)
    names = [f"m{place}" for place in range(4)]
    shared = rng.normal(size=(29, 4))
    far = [
        arm(f"arm {k}", 2 + shared + rng.normal(size=shared.shape)) for k in range(20)
    ]
    compared = compare(
        [arm("old", shared), *far],
        [pieces(rng.normal(size=(29, 4)))],
        [],
        reference="old",
        primary=names,
        measures=only(*(column(i, n, Direction.LOWER) for i, n in enumerate(names))),
        resamples=1000,
    )
    rows = compared.differences.values()
    assert all(each.found for of_arm in rows for each in of_arm.values())


def test_pieces_that_are_nan_are_left_out_and_counted(monkeypatch, capsys):
    monkeypatch.setattr(progress, "SECONDS_PER_LINE", 0)
    ours = np.array([[1.0], [np.nan], [3.0], [4.0]])
    theirs = np.array([[0.5], [2.0], [np.nan], [2.0]])
    compared = compare(
        [arm("old", theirs), arm("new", ours)],
        [pieces([[0.0], [1.0], [np.nan]])],
        [],
        reference="old",
        primary=["m"],
        measures=only(column(0, "m", Direction.LOWER)),
        resamples=200,
        progress=True,
    )
    shown = ["comparing measure 0/1  m", "comparing measure 1/1"]
    assert capsys.readouterr().err.splitlines() == shown
    for name, mean, left_out in (("new", 8 / 3, 1), ("old", 1.5, 1), ("human", 0.5, 1)):
        value = compared.values[name]["m"]
        assert (value.mean.value, value.left_out) == (pytest.approx(mean), left_out)
    assert compared.values["human"]["m"].deviation == 0.5
    difference = compared.differences["new"]["m"]
    # The pairs that are left are (1, 0.5) and (4, 2).
    assert difference.change.value == pytest.approx(1.25)
    assert difference.left_out == 2
    assert difference.improvement.value == 0


def test_no_difference_is_detectable_beyond_the_bounds_of_a_measure():
    """Four pieces of which every second one has a share of 1 say too little."""
    arms = [arm("old", np.zeros((4, 1))), arm("new", np.array([[0.0], [1], [0], [1]]))]
    share = dataclasses.replace(column(0, "m", Direction.HUMAN), bounds=(0, 1))
    for measure, limit in ((share, math.inf), (column(0, "m", Direction.HUMAN), 2)):
        (found,) = (
            compare(
                arms,
                [pieces(np.ones((4, 1)))],
                [],
                reference="old",
                primary=["m"],
                measures=only(measure),
                resamples=2000,
            )
            .differences["new"]
            .values()
        )
        assert 1 < found.detectable <= limit
        assert math.isinf(found.detectable) == math.isinf(limit)


def test_the_detectable_difference_does_not_depend_on_human_pieces():
    rng = np.random.default_rng(0)
    arms = [arm(name, rng.normal(size=(20, 1))) for name in ("old", "new")]
    few, many = (
        compare(
            arms,
            [pieces(rng.normal(size=(count, 1)))],
            [],
            reference="old",
            primary=["m"],
            measures=only(column(0, "m", Direction.HUMAN)),
            resamples=2000,
        ).differences["new"]["m"]
        for count in (10, 40)
    )
    assert few.detectable == many.detectable


def test_a_probability_of_improvement_lies_between_0_and_1():
    """Two models that disagree give the widest interval."""
    rows = np.arange(4.0)[:, None]
    compared = compare(
        [arm("old", rows, rows), arm("new", rows - [[1], [1], [1], [-1]], rows + 1)],
        [pieces(rows)] * 2,
        [],
        reference="old",
        primary=["m"],
        measures=only(column(0, "m", Direction.LOWER)),
        resamples=100,
    )
    improvement = compared.differences["new"]["m"].improvement
    assert improvement == Interval(0.375, 0, 1)


def test_intervals_of_shares_are_cut_at_their_bounds():
    """Two models that disagree give intervals that are wider than all shares."""
    low, high = [[0.125], [0.375]], [[0.625], [0.875]]
    share, any_value = (
        column(0, name, Direction.HUMAN, **bounds)
        for name, bounds in (("share", {"bounds": SHARE}), ("any", {}))
    )
    compared = compare(
        [arm("old", low, high), arm("new", high, low)],
        [pieces(low)] * 2,
        [],
        reference="old",
        primary=[],
        measures=only(share, any_value),
        resamples=100,
    )
    assert compared.values["new"]["share"].mean == Interval(0.5, 0, 1)
    assert compared.values["new"]["any"].mean.low < -1
    difference = compared.differences["new"]["share"]
    for found in (difference.change, difference.worse_by):
        assert (found.low, found.high) == (-1, 1)
    assert compared.differences["new"]["any"].change.low < -1


def test_human_pieces_are_the_unit_where_there_are_several_models():
    """They are the same for all models, so the spread of models says nothing."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(3, 30, 1))
    arguments = {
        "anchors": [],
        "reference": "old",
        "primary": [],
        "measures": only(column(0, "m", Direction.HUMAN)),
    }
    one = compare([arm("old", rows[0])], [pieces(rows[2])], **arguments)
    two = compare([arm("old", *rows[:2])], [pieces(rows[2])] * 2, **arguments)
    assert two.values["human"] == one.values["human"]


@pytest.mark.parametrize("runs", [1, 2])
def test_measures_are_as_valid_with_several_models(runs):
    """Anchors are the same for all models. One that differs by chance is in order."""
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(3, 30, 1))
    means = [[[0.0]], [[-0.1]], [[3.0]]]
    human, near, far = rows - rows.mean(axis=1, keepdims=True) + means
    compared = compare(
        [arm("old", *[human] * runs)],
        [pieces(human)] * runs,
        [arm("near", *[near] * runs), arm("far", *[far] * runs)],
        reference="old",
        primary=[],
        measures=only(column(0, "m", Direction.LOWER)),
        order=[["near"], ["far"]],
    )
    assert compared.rows[0].valid is True


def test_a_measure_that_is_nan_for_all_pieces_finds_nothing():
    nothing = [[np.nan]] * 3
    compared = compare(
        [arm("old", nothing), arm("new", nothing)],
        [pieces(nothing)],
        [],
        reference="old",
        primary=["m"],
        measures=only(column(0, "m", Direction.HUMAN)),
        resamples=100,
    )
    difference = compared.differences["new"]["m"]
    assert np.isnan(difference.p)
    assert difference.adjusted == 1
    assert not difference.found
    assert compared.values["new"]["m"].deviation is None
    assert "m is not defined in enough of their pieces" in sentence(compared)


def test_a_measure_that_one_piece_has_is_not_called_defined_in_none():
    """Some resamples lack this piece, so no difference is detectable."""
    one = [[1.0], [np.nan], [np.nan]]
    compared = compare(
        [arm("old", one), arm("new", one)],
        [pieces(one)],
        [],
        reference="old",
        primary=["m"],
        measures=only(column(0, "m", Direction.HUMAN)),
        resamples=100,
    )
    assert compared.values["new"]["m"].left_out == 2
    assert "m is not defined in enough of their pieces" in sentence(compared)


def test_sets_are_cut_to_the_size_of_the_smallest():
    """More pieces share more 4-grams, so sets of other sizes cannot be compared."""
    few, many = random_pieces(3, 4), random_pieces(4, 9)
    many[4:, :20] = many[0, :20]
    compared = compare(
        [of_ids("old", many), of_ids("new", many)],
        of_ids("", few).samples,
        [],
        reference="old",
        primary=[],
        measures=only()._replace(sets=[overlap()]),
        resamples=50,
    )
    first = [Sample(piece) for piece in many[:4]]
    value = compared.values["old"][overlap().name].mean.value
    assert value == pytest.approx(overlap()(first))
    assert value < overlap()([Sample(piece) for piece in many])


def ranked(human, *anchors, direction=Direction.HUMAN, order=(), **options):
    """Return whether a measure is valid that has given means, better music first."""
    rng = np.random.default_rng(0)
    names = [f"anchor {k}" for k in range(len(anchors))]
    order = order or [[name] for name in names]

    def around(mean):
        return mean + 0.3 * rng.normal(size=(20, 1))

    compared = compare(
        [arm("old", around(0))],
        [pieces(around(human))],
        [arm(n, around(mean)) for n, mean in zip(names, anchors, strict=True)],
        reference="old",
        primary=[],
        measures=only(column(0, "m", direction, **options)),
        order=order,
        resamples=400,
    )
    assert compared.order == tuple(map(tuple, order))
    return compared.rows[0].valid


@pytest.mark.parametrize(
    ("means", "direction", "valid"),
    [
        ((0, 1, 2, 3), Direction.HUMAN, True),
        ((0, -1, 2, -3), Direction.HUMAN, True),
        ((0, 1, 1, 1), Direction.HUMAN, True),
        ((0, 1, 3, 2), Direction.HUMAN, False),
        ((2, 5, 4, 2), Direction.HUMAN, False),
        ((0, 0, 0, 0), Direction.HUMAN, False),
        ((0, 1, 2, np.nan), Direction.HUMAN, False),
        ((0, 1, 2, 3), Direction.LOWER, True),
        ((3, 2, 1, 0), Direction.LOWER, False),
        ((0, -1, 2, -3), Direction.LOWER, False),
        ((0, 1, 2, 3), Direction.NONE, None),
    ],
)
def test_validity(means, direction, valid):
    assert ranked(*means, direction=direction) is valid


@pytest.mark.parametrize(
    ("means", "valid"),
    [((0, 1, 3, 2), True), ((0, 1, 3, 0), False), ((0, 2, 3, 1), False)],
)
def test_anchors_of_one_group_may_come_in_any_order(means, valid):
    order = [["anchor 0"], ["anchor 1", "anchor 2"]]
    assert ranked(*means, order=order) is valid


def test_a_measure_that_need_not_order_music_is_not_checked():
    assert ranked(3, 2, 1, direction=Direction.LOWER, orders=False) is None


ROWS = [[0.0], [1.0], [2.0]]
RIGHT = {
    "arms": [arm("old", ROWS), arm("new", ROWS)],
    "human": [pieces(ROWS)],
    "anchors": [arm("anchor", ROWS)],
    "reference": "old",
    "primary": ["m0"],
    "measures": only(*(column(0, f"m{k}", Direction.LOWER) for k in range(5))),
    "order": [["anchor"]],
    "resamples": 20,
}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"anchors": [arm("new", ROWS)]}, "arms and anchors hold 'new' twice"),
        ({"arms": [arm("human", ROWS)]}, "hold 'human' twice; all names must differ"),
        ({"reference": "anchor"}, "reference is 'anchor'; it must be the name of an"),
        ({"primary": [f"m{k}" for k in range(5)]}, "it must hold at most 4 different"),
        ({"primary": ["m0", "m0"]}, "it must hold at most 4 different measures"),
        ({"primary": ["beauty"]}, "primary holds 'beauty'; it must hold names of"),
        ({"order": [["old"]]}, "order holds 'old'; it must hold names of anchors"),
        ({"human": [pieces(ROWS)] * 2}, "old has 1 runs; it must have 2, as the human"),
        (
            {"arms": [arm("old", ROWS), arm("new", ROWS[:2])]},
            r"arms have \[2, 3\] pieces; all must have the same number",
        ),
        ({"human": [pieces(ROWS[:1])]}, "a set has 1 pieces; every set needs 2 or"),
    ],
)
def test_wrong_arguments(wrong, message):
    arguments = RIGHT | wrong
    positional = [arguments.pop(name) for name in ("arms", "human", "anchors")]
    with pytest.raises(ValueError, match=message):
        compare(*positional, **arguments)


def test_a_distance_has_no_human_value():
    rng = np.random.default_rng(0)
    measure = column(0, "m", Direction.HUMAN)
    tables = {"old": rng.normal(size=(8, 1)), "new": 3 + rng.normal(size=(8, 1))}
    compared = compare(
        [arm(name, table) for name, table in tables.items()],
        [pieces(rng.normal(size=(8, 1)))],
        [],
        reference="old",
        primary=[energy([measure]).name],
        measures=only()._replace(distances=[energy([measure])]),
        resamples=200,
    )
    (name,) = (row.name for row in compared.rows)
    assert np.isnan(compared.values["human"][name].mean.value)
    assert compared.differences["new"][name].change.low > 0
