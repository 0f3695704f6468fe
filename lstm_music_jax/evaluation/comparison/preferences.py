"""What listeners preferred: wins of each arm, and how far the listeners agree.

A listener hears a pair of pieces, called A and B, without knowing which is which. One
is by an arm (a strategy that is compared), the other by the reference strategy. A vote
names the preferred piece, or says that there is no difference.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from lstm_music_jax.evaluation.comparison.votes import Vote
from lstm_music_jax.evaluation.statistics.agreement import agreement
from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.holm import holm
from lstm_music_jax.evaluation.statistics.shares import share_of_wins


class Preference(NamedTuple):
    """The votes on one arm under one condition.

    Attributes:
      condition: how the arms were compared, such as "as set" (with hyperparameters as
        they were given).
      arm: name of the arm.
      reference: name of the reference.
      wins: number of votes for the arm.
      losses: number of votes for the reference.
      ties: number of votes for no difference.
      share: share of wins among the votes with a preference.
      adjusted: p-value of the share being one half, after Holm's correction over all
        arms and conditions; NaN if all votes are for no difference.
      agreement: Krippendorff's alpha of the listeners; NaN if no pair has two votes, or
        if all votes on such pairs are for the same side or for no difference.
      listeners: number of listeners who voted on this arm.
      pieces: number of pairs that were voted on.
    """

    condition: str
    arm: str
    reference: str
    wins: int
    losses: int
    ties: int
    share: Estimate
    adjusted: float
    agreement: Estimate
    listeners: int
    pieces: int

    @property
    def found(self) -> bool:
        """Whether arm or reference is preferred significantly: `adjusted` <= 0.05.

        If no arm differs from the reference, the probability that this is True for any
        arm under any condition is at most 5%.
        """
        return self.adjusted <= 0.05


class Preferences(NamedTuple):
    """Everything that votes have shown.

    Attributes:
      arms: the votes on each arm under each condition, in the order of their first
        vote.
      agreement: Krippendorff's alpha over the pairs of all arms.
      first: share of votes for A among those with a preference. It is near one half
        unless listeners prefer what they hear first.
    """

    arms: list[Preference]
    agreement: Estimate
    first: Estimate


def preferences(votes: Sequence[Vote]) -> Preferences:
    """Return the wins of each arm and the agreement of the listeners, from all votes.

    Both have intervals. The function `share_of_wins` says how those of the wins are
    computed, and `agreement` how that of the agreement, Krippendorff's alpha.

    Args:
      votes: the votes, one or more.
    """
    groups: dict[tuple[str, str], list[Vote]] = {}
    for vote in votes:
        groups.setdefault((vote.condition, vote.arm), []).append(vote)
    shares = [
        _share(of_arm, [vote.chosen == vote.arm for vote in of_arm])
        for of_arm in groups.values()
    ]
    p = np.array([share.p for share in shares], np.float64)
    known = ~np.isnan(p)
    p[known] = holm(p[known])
    arms = [
        _preference(of_arm, share, float(adjusted))
        for of_arm, share, adjusted in zip(groups.values(), shares, p, strict=True)
    ]
    first = _share(votes, [vote.chosen == vote.first for vote in votes])
    return Preferences(arms, agreement(_counts(votes)), first)


def _preference(votes, share, adjusted) -> Preference:
    wins = sum(vote.chosen == vote.arm for vote in votes)
    ties = sum(not vote.chosen for vote in votes)
    return Preference(
        votes[0].condition,
        votes[0].arm,
        votes[0].reference,
        wins,
        len(votes) - wins - ties,
        ties,
        share,
        adjusted,
        agreement(_counts(votes)),
        len({vote.listener for vote in votes}),
        len({vote.piece for vote in votes}),
    )


def _share(votes: Sequence[Vote], wins: Sequence[bool]) -> Estimate:
    """Return the share of wins among the votes with a preference.

    `wins` says for each vote whether it is a win.
    """
    decided = np.array([bool(vote.chosen) for vote in votes])
    return share_of_wins(
        np.array(wins)[decided],
        _numbers([vote.listener for vote in votes])[decided],
        _numbers([vote.pair for vote in votes])[decided],
    )


def _counts(votes: Sequence[Vote]) -> Int[np.ndarray, "u c"]:
    """Count the votes on each pair of pieces.

    There is a row per pair, with the number of votes for the arm, for the reference and
    for neither.
    """
    units = _numbers([vote.pair for vote in votes])
    categories = [[vote.arm, vote.reference, ""].index(vote.chosen) for vote in votes]
    cells = np.bincount(3 * units + np.array(categories), minlength=3 * units.max() + 3)
    return cells.reshape(-1, 3)


def _numbers(names: Sequence[str]) -> Int[np.ndarray, "n"]:
    return np.unique(names, return_inverse=True)[1].reshape(-1)
