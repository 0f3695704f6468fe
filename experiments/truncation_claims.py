"""The claims and the tables of the study of global truncation.

study_global_truncation.py says what is claimed. Its figures of a truncation are numbers
by name, and the comparison of a truncation is that of its local version with its global
one.
"""

from collections.abc import Mapping
from typing import Any

from study_claims import Verdicts, claims_table, listed

from lstm_music_jax.evaluation.comparison.results import Comparison

GLOBAL, LOCAL = "global", "local, at equal entropy"
# The strong and the mild setting of each strategy.
TRUNCATIONS = {
    "TopK": ("TopK(3)", "TopK(8)"),
    "TopP": ("TopP(0.7)", "TopP(0.9)"),
    "MinP": ("MinP(0.2)", "MinP(0.05)"),
}
ALL = [text for settings in TRUNCATIONS.values() for text in settings]
# The largest error of ln Z per symbol, nats.
_ENOUGH = 0.002
_LEVEL = 0.05


def verdicts(
    figures_of: Mapping[str, Mapping[str, Any]], comparisons: Mapping[str, Comparison]
) -> dict[str, tuple[bool, str]]:
    """Return, for each claim, whether it holds and the figures behind it."""
    surprisal = {text: each["surprisal"] for text, each in figures_of.items()}
    lower = [text for text in ALL if surprisal[text][GLOBAL] < surprisal[text]["local"]]
    found = {text: differences(comparisons[text]) for text in ALL}
    both = [
        f"{name}: {measure}"
        for name, (strong, mild) in TRUNCATIONS.items()
        for measure in found[strong]
        if found[strong][measure] == found[mild].get(measure)
    ]
    strong, mild = (
        sum(len(found[settings[place]]) for settings in TRUNCATIONS.values())
        for place in range(2)
    )
    halved = "ln Z per symbol, half of the particles"
    error = max(
        abs(each["ln Z per symbol"] - each[halved]) for each in figures_of.values()
    )
    return {
        "A": (len(lower) == len(ALL), f"lower surprisal: {listed(lower)}"),
        "B": (bool(both), f"found with both settings: {listed(both)}"),
        "C": (strong > mild, f"differences found: strong {strong}, mild {mild}"),
        "D": (error < _ENOUGH, f"largest change of ln Z per symbol: {error:.2g} nats"),
    }


def differences(comparison: Comparison) -> dict[str, bool]:
    """Return which primary measures differ, and whether the local value is larger."""
    of_local = comparison.differences[LOCAL]
    return {
        row.name: of_local[row.name].change.value > 0
        for row in comparison.primary
        if of_local[row.name].adjusted * len(ALL) <= _LEVEL
    }


def page(
    verdicts: Verdicts,
    figures_of: Mapping[str, Mapping[str, Any]],
    comparisons: Mapping[str, Comparison],
) -> str:
    """Return all results as Markdown."""
    lines = claims_table(verdicts, ("holds", "figures"))
    columns = ("entropy, global", f"entropy, {LOCAL}", "ln Z per symbol")
    titles = [
        *columns,
        "surprisal, global",
        "surprisal, local as set",
        "local strategy",
    ]
    lines += ["", f"| truncation | {' | '.join(titles)} |"]
    lines.append("| --- " * (len(titles) + 1) + "|")
    for text, each in figures_of.items():
        numbers = [*(each[name] for name in columns)]
        numbers += [each["surprisal"][GLOBAL], each["surprisal"]["local"]]
        cells = [
            *(f"{number:.3f}" for number in numbers),
            f"`{each['local strategy']}`",
        ]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    measures = [row.name for row in next(iter(comparisons.values())).primary]
    lines += ["", f"| local - global | {' | '.join(measures)} |"]
    lines.append("| --- " * (len(measures) + 1) + "|")
    for text, comparison in comparisons.items():
        cells = [_change(comparison, name) for name in measures]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _change(comparison, measure):
    """Return a change and its interval, in bold if it counts as found."""
    each = comparison.differences[LOCAL][measure].change
    text = f"{each.value:+.3f} ({each.low:+.3f} to {each.high:+.3f})"
    return f"**{text}**" if measure in differences(comparison) else text
