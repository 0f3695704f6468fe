"""Summarises in one sentence what a comparison of strategies has found.

An arm is a strategy that is compared; the reference is the arm with which the others
are compared. The primary measures are the few that are tested.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from lstm_music_jax.evaluation.comparison.results import Comparison, Difference, Row
from lstm_music_jax.evaluation.measures.base import Direction

# If a claim holds for more strategies, only the first is named; the others are counted.
_MOST_NAMED = 4


class _Claim(NamedTuple):
    """A finding about one or more strategies, in words.

    Attributes:
      phrase: the finding, such as "copies less".
      remark: a note in brackets, such as " (nearer to human music)". It says whether
        these strategies are nearer to human music than the reference or farther from
        it, or that the measure is not valid. It is empty if neither applies.
    """

    phrase: str
    remark: str


def sentence(
    comparison: Comparison, *, condition: str = "", reference: str = ""
) -> str:
    """Say in one sentence which arms differ from the reference.

    Only the primary measures count, after Holm's correction. If a measure is not valid
    on the corpus, a remark beside its result says so. If no difference was found, the
    sentence says how large a difference would have been found. It also names the
    measures whose values are equal, and those not defined for enough pieces.

    Args:
      comparison: the results.
      condition: how the arms were compared, such as "at equal entropy".
      reference: what to call the reference; by default its name.

    Example: "At equal entropy, MinP(0.05) copies less than ancestral sampling; no other
    difference was found (256 pieces, one model)."
    """
    reference = reference or comparison.reference
    claims = _claims(comparison)
    if not comparison.differences:
        said = f"no other strategy was compared with {reference}"
    elif not comparison.primary:
        said = "no measure was primary, so all results are exploratory"
    elif claims:
        said = _found(comparison, claims, reference)
    else:
        said = _nothing(comparison, reference)
    text = f"{condition}, {said}" if condition else said
    return f"{text[0].upper()}{text[1:]} ({comparison.scope})."


def in_words(names: Sequence[str]) -> str:
    """Join names: "a", "a and b", "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _claims(comparison: Comparison) -> dict[_Claim, list[str]]:
    """Return each finding, with the names of the arms that it is about.

    The findings are in the order of the primary measures.
    """
    claims: dict[_Claim, list[str]] = {}
    phrases = [row.more for row in comparison.primary]
    for row in comparison.primary:
        # Two measures of copying say the same, so they are named.
        named = f' in "{row.name}"' if phrases.count(row.more) > 1 else ""
        for arm, differences in comparison.differences.items():
            difference = differences[row.name]
            if difference.found:
                claims.setdefault(_claim(row, named, difference), []).append(arm)
    return claims


def _claim(row: Row, named: str, difference: Difference) -> _Claim:
    phrase = (row.more if difference.change.value > 0 else row.less) + named
    worse_by = difference.worse_by
    if row.valid is False:
        return _Claim(phrase, " (by a measure that is not valid on this corpus)")
    if row.direction is not Direction.HUMAN or not worse_by:
        return _Claim(phrase, "")
    if not worse_by.excludes_zero:
        return _Claim(phrase, "")
    nearer = "nearer to" if worse_by.value < 0 else "farther from"
    return _Claim(phrase, f" ({nearer} human music)")


def _found(comparison, claims, reference):
    parts = []
    for claim, arms in claims.items():
        than = "" if parts else f" than {reference}"
        alike = _alike(claim.phrase, arms[1:])
        parts.append(f"{arms[0]} {claim.phrase}{than}{claim.remark}{alike}")
    tests = len(comparison.primary) * len(comparison.differences)
    if sum(map(len, claims.values())) < tests:
        parts.append("no other difference was found")
    return "; ".join(parts)


def _alike(phrase: str, others: Sequence[str]) -> str:
    """Return words that add the arms `others` to a finding: ", and so does TopP(0.9)".

    The sentence has already said the finding of one arm, in the words `phrase`, such
    as "copies less". The added verb is "is" or "are" if `phrase` begins with "is", and
    else "does" or "do". Four others or more are counted and not named. Without others,
    the result is "".
    """
    if not others:
        return ""
    one, many = ("is", "are") if phrase.startswith("is ") else ("does", "do")
    verb = one if len(others) == 1 else many
    counted = len(others) >= _MOST_NAMED
    return f", and so {verb} {f'{len(others)} others' if counted else in_words(others)}"


def _nothing(comparison, reference):
    arms = list(comparison.differences)
    if len(arms) == 1:
        said = [f"no difference between {arms[0]} and {reference} was found"]
    else:
        said = [f"no strategy was found to differ from {reference}"]
    detectable = {row.name: _largest(comparison, row) for row in comparison.primary}
    sizes = {name: size for name, size in detectable.items() if 0 < size < math.inf}
    seen = [f"{size:.2g} ({name})" for name, size in sizes.items()]
    if seen:
        subject = "a difference" if len(seen) == 1 else "differences"
        said.append(
            f"{subject} of {in_words(seen)} would have been found with a probability "
            "of 80% or more"
        )
    equal = [name for name, size in detectable.items() if size == 0]
    undefined = [name for name, size in detectable.items() if math.isnan(size)]
    unseen = [name for name, size in detectable.items() if size == math.inf]
    for names, verdict in (
        (equal, "equal in all of their pieces"),
        (undefined, "not defined in enough of their pieces"),
        (unseen, "too uncertain for any difference to be found reliably"),
    ):
        if names:
            be = "is" if len(names) == 1 else "are"
            said.append(f"{in_words(names)} {be} {verdict}")
    return "; ".join(said)


def _largest(comparison, row):
    """Return the largest of the detectable differences of all arms, in one measure.

    An arm's detectable difference is found with a probability of 80%. So a difference
    of the returned size would be found with 80% or more for every arm. Arms whose
    detectable difference is NaN do not count. NaN if all are.
    """
    sizes = [
        differences[row.name].detectable
        for differences in comparison.differences.values()
    ]
    return max((size for size in sizes if not math.isnan(size)), default=math.nan)
