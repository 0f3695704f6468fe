"""Votes: what is read from a file, and which files are refused."""

import math

import pytest

from lstm_music_jax.evaluation.comparison.listening import Pair
from lstm_music_jax.evaluation.comparison.votes import read_votes, require_known
from lstm_music_jax.music.score import Score
from tests.evaluation.comparison.made_up_votes import (
    FINGERPRINT,
    REFERENCE,
    entry,
    vote,
    write,
)


def read(*paths):
    return read_votes(paths, FINGERPRINT)


def test_a_choice_is_that_of_the_arm_behind_the_letter(tmp_path):
    entries = [
        entry(0, "A", remark="bright"),
        entry(1, "B"),
        entry(2, "none", shown=2),
        entry(3, "B", first=REFERENCE),
    ]
    found = read(write(tmp_path / "votes.json", entries))
    options = {"first": "TopP(0.9)", "plays": (1, 2), "seconds": 12.5}
    assert found.votes == [
        vote("Ann", 0, "TopP(0.9)", **options, remark="bright"),
        vote("Ann", 1, REFERENCE, **options),
        vote("Ann", 2, "", **options, shown=2),
        vote("Ann", 3, "TopP(0.9)", **options | {"first": REFERENCE}),
    ]
    assert found.repeated == 0


def test_a_vote_in_two_files_is_counted_once(tmp_path):
    early = write(tmp_path / "early.json", [entry(0, "A")])
    late = write(tmp_path / "late.json", [entry(0, "A"), entry(1, "B")])
    other = write(tmp_path / "bob.json", [entry(0, "B")], listener=" Bob ")
    found = read(early, late, other)
    assert [(each.listener, each.piece) for each in found.votes] == [
        ("Ann", 0),
        ("Ann", 1),
        ("Bob", 0),
    ]
    assert found.repeated == 1


def test_a_listener_who_answers_differently_is_refused(tmp_path):
    early = write(tmp_path / "early.json", [entry(0, "A")])
    late = write(tmp_path / "late.json", [entry(0, "B")])
    with pytest.raises(ValueError, match=r"late.json, where 'Ann' votes on .* again"):
        read(early, late)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"comparison": "cd" * 32}, "which was made for another comparison"),
        ({"version": 2}, "its version is 2, not 1"),
        ({"votes": {}}, "which holds no list of votes"),
        ({"listener": " "}, "its listener has no name"),
        ({"listener": 3}, "its listener has no name"),
        ({"votes": [3]}, "whose vote 1 is no object"),
        (
            {"votes": [entry(0, "A"), entry(1, "C")]},
            "whose vote 2 has choice 'C'; it must be A, B or none",
        ),
        ({"votes": [entry(0, "A", piece="0")]}, "whose vote 1 has no valid piece"),
        ({"votes": [entry(0, "A", arms=["x"])]}, "whose vote 1 has no valid arms"),
        ({"votes": [entry(0, "A", first="x")]}, "whose vote 1 has no valid first"),
        ({"votes": [entry(0, "A", plays=[1])]}, "whose vote 1 has no valid plays"),
        ({"votes": [entry(0, "A", seconds=-1)]}, "whose vote 1 has no valid seconds"),
        ({"votes": [entry(0, "A", seconds=math.nan)]}, "vote 1 has no valid seconds"),
        ({"votes": [entry(0, "A", seconds=10**400)]}, "vote 1 has no valid seconds"),
        ({"votes": [entry(0, "A", remark=None)]}, "whose vote 1 has no valid remark"),
    ],
)
def test_a_file_that_holds_no_votes_of_the_comparison(tmp_path, changes, message):
    path = write(tmp_path / "votes.json", [], **changes)
    with pytest.raises(ValueError, match=r"^votes is ") as error:
        read(path)
    assert message in str(error.value)


@pytest.mark.parametrize("content", ["", '{"votes": [', "[1]", "\xff", "[" * 10_000])
def test_a_damaged_file(tmp_path, content):
    path = tmp_path / "votes.json"
    path.write_bytes(content.encode("latin1"))
    with pytest.raises(ValueError, match=r"votes.json, which (is not JSON|holds no)"):
        read(path)


def test_votes_on_unknown_pairs_are_refused():
    votes = [vote("Ann", 0, ""), vote("Ann", 7, "")]
    empty = Score.from_notes([])
    pairs = [
        Pair("as set", "TopP(0.9)", REFERENCE, piece, empty, empty) for piece in (0, 7)
    ]
    require_known(votes, pairs)
    with pytest.raises(ValueError, match="piece 7'; this comparison has no such pair"):
        require_known(votes, pairs[:1])
    with pytest.raises(ValueError, match="no such pair of 'Greedy' and 'ancestral"):
        require_known([votes[0]._replace(arm="Greedy")], pairs)


def test_halves_of_letters_do_not_spoil_a_page(tmp_path):
    """A field of a page counts an emoji as two letters, and may cut it in two."""
    votes = [entry(0, "A", remark="good \ud83d")]
    (found,) = read(write(tmp_path / "votes.json", votes, listener="Ann\ud83d")).votes
    assert (found.listener, found.remark) == ("Ann?", "good ?")
