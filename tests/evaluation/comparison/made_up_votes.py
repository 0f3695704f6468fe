"""Votes that are made up, and files of them."""

import json

from lstm_music_jax.evaluation.comparison.votes import VERSION, Vote

REFERENCE = "ancestral sampling"
FINGERPRINT = "ab" * 32


def vote(listener, piece, chosen, *, arm="TopP(0.9)", first=REFERENCE, **options):
    """A vote for an arm, for the reference, or for neither ("")."""
    return Vote(
        listener,
        f"as set: {arm}, piece {piece}",
        "as set",
        arm,
        REFERENCE,
        piece,
        first,
        chosen,
        **{"remark": "", "plays": (1, 1), "seconds": 30.0, "shown": 0} | options,
    )


def entry(piece, choice, /, **changes):
    """An entry of a file of votes, on one of the pieces of an arm."""
    return {
        "pair": f"as set: TopP(0.9), piece {piece}",
        "condition": "as set",
        "arms": ["TopP(0.9)", REFERENCE],
        "piece": piece,
        "first": "TopP(0.9)",
        "choice": choice,
        "remark": "",
        "plays": [1, 2],
        "seconds": 12.5,
        "shown": 0,
    } | changes


def write(path, entries, **changes):
    """Write a file of votes by Ann."""
    content = {"version": VERSION, "comparison": FINGERPRINT, "listener": "Ann"}
    path.write_text(json.dumps(content | {"votes": entries} | changes))
    return path
