"""The page of compare.py: sentences, tables in Markdown, and pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from compared_run import HUMAN_TARGET

from lstm_music_jax.evaluation.comparison.arms import Tuned
from lstm_music_jax.evaluation.comparison.curves import Curve
from lstm_music_jax.evaluation.comparison.results import Comparison
from lstm_music_jax.evaluation.comparison.sentence import in_words, sentence
from lstm_music_jax.report.comparison_figures import (
    against_human,
    forest,
    heat_table,
)
from lstm_music_jax.report.comparison_tables import (
    GLOSSARY,
    curve_heights,
    difference_tables,
    exploratory_values,
    primary_values,
    tuned_settings,
    validity,
)
from lstm_music_jax.report.frontier_figure import Settings, frontier
from lstm_music_jax.system.atomic_write import write_atomically

AS_SET = "as set"
PAGE = "comparison.md"


@dataclass(frozen=True)
class Table:
    """A comparison under one condition.

    Attributes:
        condition: "as set", or a target entropy.
        comparison: the results.
        names: for each arm as it was given, its name in the comparison. A strategy that
            does not reach the target entropy with every run is not there.
        tuned: for each run, how each arm was tuned; empty for the table as set.
    """

    condition: str
    comparison: Comparison
    names: Mapping[str, str]
    tuned: Sequence[Sequence[Tuned]] = ()

    @property
    def file(self) -> str:
        """The name of the table's files, without an ending."""
        return "as-set" if self.condition == AS_SET else f"at-{self.condition}"

    @property
    def title(self) -> str:
        """What the arms have in common, in words."""
        if self.condition == AS_SET:
            return "with the settings as given"
        if self.condition == HUMAN_TARGET:
            return "at equal entropy (that of music as surprising as human music)"
        return f"at equal entropy ({self.condition} times that of ancestral sampling)"

    @property
    def sentence(self) -> str:
        """What the table says, in one sentence."""
        reference = self.comparison.reference
        if self.tuned:
            reference += " with a tuned temperature"
        return sentence(self.comparison, condition=self.title, reference=reference)

    @property
    def unreachable(self) -> list[Tuned]:
        """The arms that do not reach the target, once for each run."""
        return [one for run in self.tuned for one in run if not one.reached]


def write_page(
    folder: Path,
    tables: Sequence[Table],
    lines: Sequence[Mapping[str, Sequence[Curve]]],
    *,
    compared: Sequence[str],
    held_out: int,
    command: str,
) -> None:
    """Write the page and its pictures to a folder.

    Args:
        folder: the folder.
        tables: the tables.
        lines: for each run, the curves of all arms in each measure; may be empty.
        compared: names of the measures of loops and copies.
        held_out: number of held-out pieces, with those that are too short.
        command: the command that made the folder.
    """
    parts = ["# Comparison of strategies", *(table.sentence for table in tables)]
    parts += [_material(tables[0].comparison, held_out)]
    parts += [f"This page was made by:\n\n```sh\n{command}\n```", GLOSSARY]
    for table in tables:
        parts += _section(folder, table, compared)
    settings = [
        Settings(each.file.replace("-", " "), each.comparison, each.names)
        for each in tables
    ]
    for number, of_run in enumerate(lines, start=1):
        name = f"frontier-{number}"
        frontier(of_run, settings, folder / f"{name}.png")
        title = "## Quality against entropy"
        parts += [
            title if len(lines) == 1 else f"{title}, model {number}",
            "The knob of each strategy, its number to tune, is moved over its range. "
            "The table holds the mean height of each curve over the entropies that all "
            "strategies reach, and its difference from the first row.",
            f"![Measures over the entropy]({name}.png)",
            curve_heights(of_run),
        ]
    write_atomically(folder / PAGE, "\n\n".join(parts) + "\n")


def _material(comparison: Comparison, held_out: int) -> str:
    """Say what was compared."""
    short = held_out - comparison.human_pieces
    models = "" if comparison.runs == 1 else f" with each of {comparison.runs} models"
    alone = (
        " All results speak of this one model; another training may give others."
        if comparison.runs == 1
        else ""
    )
    left_out = (
        f"{short} of the {held_out} held-out pieces are shorter and were left out."
        if short
        else "No held-out piece is shorter, so none was left out."
    )
    return (
        f"Each strategy drew {comparison.pieces} pieces{models}, all with the same "
        "primers and the same noise. They are compared with those of "
        f"{comparison.reference}, and with {comparison.human_pieces} human pieces, "
        f"which are held-out pieces cut to the same length. {left_out}{alone}"
    )


def _section(folder: Path, table: Table, compared: Sequence[str]) -> list[str]:
    """Draw the pictures of a table; return its part of the page."""
    comparison, file = table.comparison, table.file
    parts = [f"## {table.title.capitalize()}"]
    if table.tuned:
        parts.append(tuned_settings(comparison, table.tuned, table.names))
    missing = {one.arm: None for one in table.unreachable}
    if missing:
        text = in_words([f"`{name}`" for name in missing])
        parts.append(f"Left out, because they do not reach this entropy: {text}.")
    parts += ["### Primary measures", primary_values(comparison)]
    if comparison.differences:
        forest(comparison, folder / f"forest-{file}.png")
        parts += [
            f"### Differences from {comparison.reference}",
            f"![Differences in the primary measures](forest-{file}.png)",
            difference_tables(comparison),
        ]
    against_human(comparison, compared, folder / f"loops-and-copies-{file}.png")
    heat_table(comparison, folder / f"heat-{file}.png")
    return [
        *parts,
        "### Loops and copies",
        f"![Loops and copies against human pieces](loops-and-copies-{file}.png)",
        "### All measures",
        f"![Distances from the human pieces in all measures](heat-{file}.png)",
        validity(comparison),
        "### Exploratory measures",
        exploratory_values(comparison),
    ]
