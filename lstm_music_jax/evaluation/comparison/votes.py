"""Votes of blind listening, as the report exports them.

A listener hears a pair of pieces, called A and B, without knowing which is which. One
is by an arm, a strategy that is compared, and the other by the reference strategy. A
file of votes is JSON, with the votes of one listener:

    version       1
    comparison    fingerprint of the comparison: the SHA-256 of its settings
    listener      the name or the code that the listener typed
    votes         a list with an entry for each pair that was answered

An entry has these fields:

    pair          name of the pair, "as set: TopP(0.9), piece 17"
    condition     how the arms were compared, such as "as set" (with hyperparameters as
                  they were given)
    arms          names of the arm and of the reference
    piece         index i of a pair that is piece i of the arm and of the reference
    first         name of the arm that was called A
    choice        "A", "B", or "none" for no difference
    remark        what the listener typed; may be empty
    plays         how often A and B were started
    seconds       time from the first look at the pair to the answer
    shown         number of earlier pairs for which the listener already knew which
                  arm A was, because the page had revealed it; 0 for a vote that is
                  wholly blind
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lstm_music_jax.evaluation.comparison.listening import Pair

VERSION = 1
_ALLOWED = "it must be a file that the page of blind listening has saved"
# A page that was open for a year.
_MOST_SECONDS = 366 * 24 * 3600
_KINDS: dict[str, tuple[type, ...]] = {
    "pair": (str,),
    "condition": (str,),
    "arms": (list,),
    "piece": (int,),
    "first": (str,),
    "choice": (str,),
    "remark": (str,),
    "plays": (list,),
    "seconds": (int, float),
    "shown": (int,),
}


class Vote(NamedTuple):
    """The answer of one listener for one pair.

    Attributes:
      listener: name of the listener.
      pair: name of the pair.
      condition: how the arms were compared, such as "as set" (with hyperparameters as
        they were given).
      arm: name of the arm.
      reference: name of the reference.
      piece: index i; the pair is piece i of the arm and piece i of the reference.
      first: name of the arm (or the reference) whose piece was called A.
      chosen: name of the arm (or the reference) whose piece was preferred; "" for no
        difference.
      remark: what the listener typed.
      plays: how often A was started, and how often B.
      seconds: time from the first look at the pair to the answer.
      shown: number of earlier pairs for which the listener already knew which arm A
        was, because the page had revealed it; 0 for a vote that is wholly blind.
    """

    listener: str
    pair: str
    condition: str
    arm: str
    reference: str
    piece: int
    first: str
    chosen: str
    remark: str
    plays: tuple[int, int]
    seconds: float
    shown: int


class Votes(NamedTuple):
    """The votes of all files.

    Attributes:
      votes: the votes, each once.
      repeated: number of votes that were left out, because they repeat an earlier one.
    """

    votes: list[Vote]
    repeated: int


def read_votes(paths: Sequence[Path], fingerprint: str) -> Votes:
    """Read files of votes.

    A listener may export the votes several times. So a vote that is in several files,
    equal in all fields, is counted once.

    Args:
      paths: the files.
      fingerprint: fingerprint of the comparison.

    Raises:
      ValueError: a file is missing, is not one of votes, or belongs to another
        comparison; or two votes of a listener on a pair differ in any field, such as
        the remark.
      OSError: a file cannot be read.
    """
    found: dict[tuple[str, str], Vote] = {}
    repeated = 0
    for path in paths:
        for vote in _read(path, fingerprint):
            before = found.setdefault((vote.listener, vote.pair), vote)
            if before is vote:
                continue
            if before != vote:
                raise ValueError(
                    f"votes is {path}, where {vote.listener!r} votes on "
                    f"{vote.pair!r} again with another answer; each listener must have "
                    "a name of their own, and vote once on a pair"
                )
            repeated += 1
    return Votes([*found.values()], repeated)


def require_known(votes: Sequence[Vote], pairs: Sequence[Pair]) -> None:
    """Raise ValueError unless each vote is about one of the given pairs.

    The pair's name, condition, arm, reference and piece must all agree.
    """
    known = {pair.name: pair[:4] for pair in pairs}
    for vote in votes:
        told = vote.condition, vote.arm, vote.reference, vote.piece
        if known.get(vote.pair) != told:
            raise ValueError(
                f"votes holds one of {vote.listener!r} on {vote.pair!r}; this "
                f"comparison has no such pair of {vote.arm!r} and {vote.reference!r}"
            )


def _read(path: Path, fingerprint: str) -> list[Vote]:
    if not path.is_file():
        raise ValueError(f"votes is {path}; {_ALLOWED}")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise ValueError(f"votes is {path}, which is not JSON; {_ALLOWED}") from None
    if not isinstance(content, dict) or not isinstance(content.get("votes"), list):
        raise ValueError(f"votes is {path}, which holds no list of votes")
    if content.get("version") != VERSION:
        version = content.get("version")
        raise ValueError(f"votes is {path}; its version is {version}, not {VERSION}")
    if content.get("comparison") != fingerprint:
        raise ValueError(f"votes is {path}, which was made for another comparison")
    listener = content.get("listener")
    if not isinstance(listener, str) or not listener.strip():
        raise ValueError(f"votes is {path}; its listener has no name")
    return [
        _vote(path, number, _whole(listener.strip()), entry)
        for number, entry in enumerate(content["votes"], start=1)
    ]


def _whole(text: str) -> str:
    """Return text with "?" in place of each lone surrogate, half of a UTF-16 letter.

    Such a half can remain when a web page cuts off a text that is too long.
    """
    return text.encode("utf-8", "replace").decode()


def _vote(path: Path, number: int, listener: str, entry: Any) -> Vote:
    where = f"votes is {path}, whose vote {number}"
    if not isinstance(entry, dict):
        raise ValueError(f"{where} is no object")
    for name, kinds in _KINDS.items():
        if not isinstance(entry.get(name), kinds):
            raise ValueError(f"{where} has no valid {name}")
    arms, plays = entry["arms"], entry["plays"]
    if len(arms) != 2 or not all(isinstance(arm, str) for arm in arms):
        raise ValueError(f"{where} has no valid arms")
    if len(plays) != 2 or not all(isinstance(count, int) for count in plays):
        raise ValueError(f"{where} has no valid plays")
    if not 0 <= entry["seconds"] < _MOST_SECONDS:
        raise ValueError(f"{where} has no valid seconds")
    if entry["first"] not in arms:
        raise ValueError(f"{where} has no valid first")
    second = arms[arms[0] == entry["first"]]
    chosen = {"A": entry["first"], "B": second, "none": ""}
    if entry["choice"] not in chosen:
        choice = entry["choice"]
        raise ValueError(f"{where} has choice {choice!r}; it must be A, B or none")
    return Vote(
        listener,
        entry["pair"],
        entry["condition"],
        arms[0],
        arms[1],
        entry["piece"],
        entry["first"],
        chosen[entry["choice"]],
        _whole(entry["remark"]),
        (plays[0], plays[1]),
        float(entry["seconds"]),
        entry["shown"],
    )
