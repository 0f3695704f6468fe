"""Tables of a comparison.

The arms are the strategies that are compared. The reference is the arm with which the
others are compared. The anchors are other music beside the arms: the human pieces
first, then others such as training pieces. The primary measures are the few that are
tested; all others are exploratory. A run is a trained model.
"""

import math
from collections.abc import Mapping, Sequence

from lstm_music_jax.evaluation.comparison.arms import Tuned
from lstm_music_jax.evaluation.comparison.curves import Curve
from lstm_music_jax.evaluation.comparison.results import (
    Comparison,
    Difference,
    Interval,
    Row,
)
from lstm_music_jax.evaluation.measures.base import Direction
from lstm_music_jax.evaluation.measures.uncertainty import strategy_entropy
from lstm_music_jax.report.page.blocks import Part, Prose
from lstm_music_jax.report.table import Table

# Columns of an exploratory table; more do not fit on a screen.
_COLUMNS = 6
_NOT_VALID = "†"

GLOSSARY = f"""\
- *Primary* measures were named before anything was drawn. Only they are tested: their
  p-values are corrected together, by Holm's method.
- *Exploratory* measures are all others. A bold value differs from that of the
  reference: the interval of the difference, which is not corrected, leaves out zero.
  Without any true difference, this still happens to one value in twenty.
- *Not valid* ({_NOT_VALID}) are measures that do not tell worse music from better on
  this corpus. Nothing should be concluded from them.
- Numbers in brackets are intervals of 95%. With several models, they hold for further
  models. But for music that is the same for all models, such as human pieces, they hold
  for further pieces. Intervals are cut where a measure can have no values, such as
  shares below 0.
- A *difference* is the value of a strategy minus that of the reference. A bold one
  remains after the correction. The *distance from human, difference* says how much
  farther from the human value a strategy is than the reference; it is negative for a
  strategy that is nearer.
- An *adjusted p* is the p-value after the correction. It is counted in resamples of the
  pieces, so it never falls below what their number can show.
- The *probability of improvement* is the probability that a piece has a better value
  than the reference's piece with the same primer and noise.
- The *detectable* difference is the smallest true one that the test finds with a
  probability of 80%, and *none* if no possible difference is large enough."""


def primary_values(comparison: Comparison) -> Table:
    """Return a table of the primary measures, with intervals.

    It has a row for each anchor, such as human music or that of an n-gram model, and
    for each strategy.
    """
    rows = [
        [label(name), *(_value(comparison, name, row) for row in comparison.primary)]
        for name in (*comparison.anchors, *comparison.arms)
    ]
    return Table(["", *map(heading, comparison.primary)], rows)


def difference_tables(comparison: Comparison) -> list[Table]:
    """Return a table for each primary measure: how the arms differ from the reference.

    Bold differences are significant after Holm's correction.
    """
    tables = []
    for row in comparison.primary:
        columns = [
            heading(row),
            "difference",
            "adjusted p",
            "distance from human, difference",
            "probability of improvement",
            "detectable",
        ]
        rows = [
            [label(arm), *_tested(row, differences[row.name])]
            for arm, differences in comparison.differences.items()
        ]
        # A column that no arm has a value for says nothing.
        kept = [
            place
            for place in range(len(columns))
            if any(cells[place] for cells in rows)
        ]
        tables.append(
            Table(
                [columns[place] for place in kept],
                [[cells[place] for place in kept] for cells in rows],
            )
        )
    return tables


def exploratory_values(comparison: Comparison) -> list[Table]:
    """Return tables of the exploratory measures of all anchors and arms.

    The values have no intervals. A bold value is one whose difference from the
    reference has an interval that excludes zero. A table has at most six measures.
    """
    measures = [row for row in comparison.rows if not row.primary]
    tables = []
    for start in range(0, len(measures), _COLUMNS):
        group = measures[start : start + _COLUMNS]
        rows = [
            [label(name), *(_marked(comparison, name, row) for row in group)]
            for name in (*comparison.anchors, *comparison.arms)
        ]
        tables.append(Table(["", *map(heading, group)], rows))
    return tables


def validity(comparison: Comparison) -> list[Part]:
    """Return a text that says which measures are not valid on the corpus, and why.

    A measure is valid if it tells worse music from better. If some measures are not
    valid, the text is followed by a table of their values for music of known quality.
    """
    if not comparison.order:
        text = "Whether the measures are valid on this corpus was not checked."
        return [Prose(text)]
    invalid = [row for row in comparison.rows if row.valid is False]
    groups = ((comparison.anchors[0],), *comparison.order)
    ranked = [name for group in groups for name in group]
    if not invalid:
        return [Prose(f"All measures that should rank {_chain(groups)} do so.")]
    rows = [
        [row.name, row.direction.value]
        + [number(comparison.values[name][row.name].mean) for name in ranked]
        for row in invalid
    ]
    text = (
        f"These measures are not valid on this corpus, because they do not rank "
        f"{_chain(groups)}. Either a value gets better from one group to the next by "
        "more than its uncertainty, or the last group is not worse than the first."
    )
    return [Prose(text), Table(["not valid", "good values", *ranked], rows)]


def tuned_settings(
    comparison: Comparison,
    tuned: Sequence[Sequence[Tuned]],
    names: Mapping[str, str],
) -> Table:
    """Return a table of how each arm was tuned to a target entropy, with the result.

    An arm is tuned by changing one of its hyperparameters. A row shows the strategy
    with the tuned value, and two entropies of it: one of the pieces with which it was
    tuned, and one of the new pieces of the comparison.

    Args:
        comparison: the results at the target entropy.
        tuned: for each run, how each arm was tuned.
        names: a mapping from the name of an arm before tuning, such as TopP(0.5), to
            its name in `comparison`, such as TopP(0.9). With several runs, which may
            have several tuned values, both names are equal. An arm that does not reach
            the target in every run is missing.
    """
    anew = strategy_entropy().name
    rows = []
    for model, of_run in enumerate(tuned, start=1):
        for one in of_run:
            entropy = comparison.values.get(names.get(one.arm, ""), {}).get(anew)
            rows.append(
                [
                    label(one.arm),
                    *([str(model)] if len(tuned) > 1 else []),
                    label(one.strategy),
                    f"{one.target:.3f}",
                    f"{one.entropy:.3f}" + ("" if one.reached else ", unreachable"),
                    number(entropy.mean) if entropy else "not compared",
                    str(one.tried),
                ]
            )
    columns = ["strategy", *(["model"] if len(tuned) > 1 else []), "tuned"]
    columns += ["target (nats)", "entropy when tuned", "entropy drawn anew"]
    return Table([*columns, "settings tried"], rows)


def curve_heights(lines: Mapping[str, Sequence[Curve]]) -> Table:
    """Return a table of mean heights of curves: a row per arm, a column per measure.

    A curve shows a measure as a function of the arm's entropy. Its mean height is the
    mean of the measure over a range of entropies. Beside it stands the difference from
    the mean height of the first arm.

    Args:
        lines: for each measure, the curves of all arms.
    """
    names = list(lines)
    rows = [
        [label(of_arm[0].name)]
        + [
            f"{number(line.mean_height)}; {_bold_if_not_zero(line.change)}"
            for line in of_arm
        ]
        for of_arm in zip(*lines.values(), strict=True)
    ]
    return Table(["mean height; difference", *names], rows)


def heading(row: Row) -> str:
    """Return a measure's name with its unit, and with "†" if it is not valid."""
    unit = f" ({row.unit})" if row.unit else ""
    return f"{row.name}{unit}{_NOT_VALID if row.valid is False else ''}"


def label(name: str) -> str:
    """Return the name of an arm or anchor as Markdown.

    The expression of a strategy, such as TopK(5), gets backticks. Other names, such as
    those of anchors, get none.
    """
    name = name.replace("|", "\\|")
    return f"`{name}`" if "(" in name else name


def number(interval: Interval | None) -> str:
    """Return a value and its interval as text, such as "0.48 (0.40 to 0.57)".

    The result is "" if there is no value, and the value alone if it has no interval.
    """
    if interval is None or math.isnan(interval.value):
        return ""
    value, low, high = _rounded(interval)
    return value if math.isnan(interval.low) else f"{value} ({low} to {high})"


def _rounded(interval):
    """Return value, low and high of an interval as three texts.

    All have the same number of decimals, so many that the width of the interval has at
    least two significant digits. If the width is NaN, or 0 but for rounding errors,
    each has three significant digits.
    """
    width = interval.high - interval.low
    # Rounding errors are no width.
    if not width > 1e-9 * abs(interval.value):
        return [f"{each:z.3g}" for each in vars(interval).values()]
    decimals = max(0, math.ceil(-math.log10(width)) + 1)
    return [f"{each:z.{decimals}f}" for each in vars(interval).values()]


def _value(comparison, name, row):
    value = comparison.values[name][row.name]
    left_out = f", {value.left_out} left out" if value.left_out else ""
    return number(value.mean) + left_out


def _tested(row: Row, difference: Difference) -> list[str]:
    change = number(difference.change)
    adjusted = difference.adjusted
    # For a measure of which lower values are good, it is the difference itself.
    human = difference.worse_by if row.direction is Direction.HUMAN else None
    return [
        f"**{change}**" if difference.found else change,
        "" if adjusted is None else probability(adjusted),
        number(human),
        number(difference.improvement),
        _detectable(difference.detectable),
    ]


def _detectable(size):
    if math.isnan(size):
        return ""
    return "none" if size == math.inf else f"{size:.2g}"


def probability(p: float) -> str:
    """Return a p-value with three decimals: "0.012" or "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _marked(comparison, name, row):
    value = comparison.values[name][row.name].mean
    if math.isnan(value.value):
        return ""
    text = _rounded(value)[0]
    difference = comparison.differences.get(name, {}).get(row.name)
    return f"**{text}**" if difference and difference.change.excludes_zero else text


def _bold_if_not_zero(interval):
    text = number(interval)
    return f"**{text}**" if interval.excludes_zero else text


def _chain(groups):
    return " before ".join(" and ".join(group) for group in groups)
