"""What listeners preferred, as a part of the pages of a comparison.

A listener hears two unlabelled excerpts, A and B, one by a strategy and one by the
reference strategy, and votes for one of them or for no difference.
"""

import math
from collections.abc import Sequence

from lstm_music_jax.evaluation.comparison.preferences import Preference, preferences
from lstm_music_jax.evaluation.comparison.results import Interval
from lstm_music_jax.evaluation.comparison.votes import Vote, Votes
from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.report.comparison_tables import label, number, probability
from lstm_music_jax.report.inline import escaped
from lstm_music_jax.report.page.blocks import Heading, Part, Prose
from lstm_music_jax.report.table import Table

_EXPLANATION = """\
- *Wins* are votes for the strategy, and *losses* are votes for the reference.
- The *share of wins* is that among votes with a preference. Its interval holds for
  further pieces. With several listeners it also holds for further listeners, so it is
  wide with two or three. It is an exact interval for as many independent votes as the
  votes amount to, because votes of one listener and votes on one piece resemble each
  other.
- A bold share differs from one half, after Holm's correction over all strategies.
- *Agreement* is Krippendorff's alpha: 1 if all listeners agree, and 0 if they agree no
  more than by chance. Its interval holds for further pieces with these listeners.
- *Not blind* are votes that were given after the page had shown the listener which was
  which in earlier pairs. They are counted like the others."""


def votes_parts(votes: Votes) -> list[Part]:
    """Return the parts of a page on blind listening: heading, text and tables."""
    found = preferences(votes.votes)
    parts: list[Part] = [
        Heading("What listeners preferred"),
        Prose(_sentence(votes, found)),
        Prose(_EXPLANATION),
        Table(
            [
                "strategy",
                "compared",
                "wins",
                "losses",
                "no difference",
                "share of wins",
                "adjusted p",
                "agreement",
                "listeners",
                "pieces",
            ],
            [_row(each) for each in found.arms],
        ),
        _listeners(votes.votes),
    ]
    remarks = [vote for vote in votes.votes if vote.remark.strip()]
    if remarks:
        parts += [Heading("Remarks", 3), _remarks(remarks)]
    return parts


def _sentence(votes, found):
    names = {vote.listener for vote in votes.votes}
    listeners = "One listener" if len(names) == 1 else f"{len(names)} listeners"
    sentences = [f"{listeners} gave {len(votes.votes)} votes on unlabelled pairs."]
    if votes.repeated:
        sentences.append(
            f"{votes.repeated} more were in several files and were counted once."
        )
    if not math.isnan(found.first.value):
        sentences.append(
            f"Excerpt A won {_number(found.first)} of the votes with a preference. It "
            "wins one half if listeners do not favour what comes first."
        )
    if not math.isnan(found.agreement.value):
        sentences.append(
            "Over all pairs, the agreement of the listeners is "
            f"{_number(found.agreement)}."
        )
    return " ".join(sentences)


def _row(each: Preference) -> list[str]:
    share = _number(each.share)
    return [
        label(each.arm),
        each.condition,
        str(each.wins),
        str(each.losses),
        str(each.ties),
        f"**{share}**" if each.found else share,
        "" if math.isnan(each.adjusted) else probability(each.adjusted),
        _number(each.agreement),
        str(each.listeners),
        str(each.pieces),
    ]


def _listeners(votes: Sequence[Vote]) -> Table:
    """Return a table with a row per listener: the numbers of votes, and the time taken.

    A person can see there, for example, that a listener always chose A.
    """
    rows = []
    for name in dict.fromkeys(vote.listener for vote in votes):
        own = [vote for vote in votes if vote.listener == name]
        seconds = sorted(vote.seconds for vote in own)
        rows.append(
            [
                escaped(name),
                str(len(own)),
                str(sum(vote.chosen == vote.first for vote in own)),
                str(sum(vote.chosen not in ("", vote.first) for vote in own)),
                str(sum(not vote.chosen for vote in own)),
                str(sum(vote.shown > 0 for vote in own)),
                f"{seconds[len(seconds) // 2]:.0f}",
            ]
        )
    headings = ["listener", "votes", "for A", "for B", "no difference", "not blind"]
    return Table([*headings, "seconds per pair, median"], rows)


def _remarks(votes: Sequence[Vote]) -> Table:
    rows = [
        [
            label(vote.arm),
            vote.condition,
            str(vote.piece),
            label(vote.chosen) if vote.chosen else "neither",
            escaped(vote.listener),
            escaped(vote.remark),
        ]
        for vote in votes
    ]
    headings = ["strategy", "compared", "piece", "preferred", "listener", "remark"]
    return Table(headings, rows)


def _number(estimate: Estimate) -> str:
    return number(
        Interval(float(estimate.value), float(estimate.low), float(estimate.high))
    )
