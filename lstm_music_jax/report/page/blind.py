"""Blind listening: a person compares two unlabelled excerpts, pair after pair.

One excerpt of a pair is by a strategy, and the other by the reference strategy. The
browser shows the pairs, keeps the votes, and saves them to a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lstm_music_jax.evaluation.comparison.listening import Pair
from lstm_music_jax.report.inline import inline_html
from lstm_music_jax.report.page.document import Data
from lstm_music_jax.report.page.piece import PlayedPiece

_INTRODUCTION = (
    "Two excerpts are called A and B. One was made by a strategy, and the other by the "
    "reference, with the same primer and the same noise. The excerpts begin shortly "
    "before their first difference. The pieces were drawn at random: neither the best "
    "nor the worst ones were chosen.",
    "The order of the pairs is random, and so is which of the two is A. Both differ "
    "from listener to listener. So a preference for what comes first or last averages "
    "out. One instrument plays all excerpts, at one loudness.",
    "**What biases a listener.** Listen before you read results, and do not read them "
    "between two pairs. The page shows at the end which excerpt was which. It can also "
    "do so after each answer. Then you may learn to recognise a strategy, and later "
    "answers are no longer blind. A set has the pairs of one strategy. If you choose a "
    "set, you may know the strategy, but not whether it is A or B. The names are in "
    "the source of this page, so do not look there before you have answered.",
)
_WITHOUT_CODE = "Blind listening needs JavaScript, which is switched off."


@dataclass(frozen=True)
class Blind:
    """The part of a page with pairs of excerpts to vote on.

    Attributes:
        comparison: fingerprint of the comparison of strategies: a hash of its settings.
            The file of votes holds it. It is also part of the key under which the
            browser stores the votes of this page.
        pairs: the pairs of excerpts.
    """

    comparison: str
    pairs: Sequence[Pair]

    def html(self, data: Data) -> str:
        """Return the HTML of the introduction; the page's JavaScript adds the rest.

        The pairs are added to `data`, where the JavaScript finds them.
        """
        data.run("listening.js")
        sets: dict[tuple[str, str, str], list[dict[str, object]]] = {}
        for pair in self.pairs:
            numbers = [
                data.add("pieces", PlayedPiece("excerpt", score).packed(data))
                for score in (pair.ours, pair.theirs)
            ]
            key = pair.condition, pair.arm, pair.reference
            sets.setdefault(key, []).append(
                {"pair": pair.name, "piece": pair.piece, "pieces": numbers}
            )
        content = [
            {"condition": condition, "arms": [arm, reference], "pairs": pairs}
            for (condition, arm, reference), pairs in sets.items()
        ]
        entry = {"comparison": self.comparison, "sets": content}
        number = data.add("blind", entry)
        text = "".join(f"<p>{inline_html(part)}</p>" for part in _INTRODUCTION)
        return (
            f'{text}<section class="blind" data-blind="{number}">'
            f"<noscript>{_WITHOUT_CODE}</noscript></section>"
        )
