"""The sentence: what a comparison has found, said before any table."""

from collections.abc import Sequence

from lstm_music_jax.evaluation.comparison.results import Comparison, Difference, Row
from lstm_music_jax.evaluation.measures.base import Direction


def sentence(comparison: Comparison, *, at: str = "", reference: str = "") -> str:
    """Say in one sentence which arms differ from the reference.

    Only the primary measures count, after Holm's correction. If nothing differs, the
    sentence says which differences would have been found.

    Args:
      comparison: the results.
      at: the condition under which the arms were compared, such as "equal entropy".
      reference: what to call the reference; by default its name.

    Example: "At equal entropy, MinP(0.05) copies less than ancestral sampling; nothing
    else differs (256 pieces, one model)."
    """
    reference = reference or comparison.reference
    start = f"At {at}, " if at else ""
    claims = _claims(comparison)
    scope = f"({comparison.scope})"
    if not claims:
        return _nothing(comparison, start, reference, scope)
    first, *others = claims
    parts = [f"{first[1][0]} {first[0]} than {reference}{_alike(first[1])}"]
    parts += [f"{arms[0]} {claim}{_alike(arms)}" for claim, arms in others]
    tests = len(comparison.primary) * len(comparison.differences)
    if sum(len(arms) for _, arms in claims) < tests:
        parts.append("nothing else differs")
    text = start + "; ".join(parts)
    return f"{text[0].upper()}{text[1:]} {scope}."


def _claims(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """Return each claim with the arms for which it holds, in the order of the rows."""
    claims: dict[str, list[str]] = {}
    for row in comparison.primary:
        for arm, differences in comparison.differences.items():
            difference = differences[row.name]
            if difference.found:
                claims.setdefault(_claim(row, difference), []).append(arm)
    return list(claims.items())


def _claim(row: Row, difference: Difference) -> str:
    claim = row.more if difference.change.value > 0 else row.less
    worse_by = difference.worse_by
    if row.direction is Direction.HUMAN and worse_by and worse_by.excludes_zero:
        nearer = worse_by.value < 0
        claim += f" ({'nearer to' if nearer else 'farther from'} human music)"
    return claim


def _alike(arms: Sequence[str]) -> str:
    """Return the other arms for which the same holds."""
    others = arms[1:]
    if not others:
        return ""
    verb = "does" if len(others) == 1 else "do"
    return f", and so {verb} {in_words(others)}"


def in_words(names: Sequence[str]) -> str:
    """Join names: "a", "a and b", "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _nothing(comparison, start, reference, scope):
    measures = in_words([row.name for row in comparison.primary])
    seen = in_words(
        [f"{_largest(comparison, row):.2g} ({row.name})" for row in comparison.primary]
    )
    arms = list(comparison.differences)
    who = f"{arms[0]} does not differ" if len(arms) == 1 else "no strategy differs"
    text = (
        f"{start}{who} from {reference} in {measures}; differences of {seen} would "
        f"have been found with a probability of 80% {scope}."
    )
    return text[0].upper() + text[1:]


def _largest(comparison, row):
    return max(
        differences[row.name].detectable
        for differences in comparison.differences.values()
    )
