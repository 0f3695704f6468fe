"""The pages of compare.py: sentences, tables and pictures; and music to hear.

The pages are one list of blocks. The page in Markdown leaves out what only a browser
can show, such as players.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from lstm_music_jax.report.page.blind import Blind
from lstm_music_jax.report.page.blocks import (
    Command,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Part,
    Prose,
    Screen,
)
from lstm_music_jax.report.page.document import Block, write_report
from lstm_music_jax.report.page.piece import PlayedPiece
from lstm_music_jax.report.page.player import Player
from lstm_music_jax.system.atomic_write import write_atomically

AS_SET = "as set"
PAGE, REPORT, LISTENING = "comparison.md", "report.html", "blind.html"
_TITLE = "Comparison of strategies"
_CHOSEN = (
    "For each strategy there are two pieces. The median piece has the median distance "
    "from human music, over all measures that should be near the human value. The "
    "worst piece has the largest distance."
)
_DRAWN = (
    "The human pieces are held-out pieces that were drawn at random. For each anchor "
    "that was generated, there are the median and the worst piece."
)


@dataclass(frozen=True)
class Table:
    """A comparison of strategies (arms) under one condition.

    Attributes:
        condition: "as set", which is with hyperparameters as they were given; or the
            name of a target entropy, "human" or a factor such as "0.9".
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
        """The condition in words, as a heading."""
        if self.condition == AS_SET:
            return "with the settings as given"
        if self.condition == HUMAN_TARGET:
            return "at equal entropy (that of music as surprising as human music)"
        return f"at equal entropy ({self.condition} times that of ancestral sampling)"

    @property
    def sentence(self) -> str:
        """What the comparison has found, in one sentence."""
        reference = self.comparison.reference
        if self.tuned:
            reference += " with a tuned temperature"
        return sentence(self.comparison, condition=self.title, reference=reference)

    @property
    def unreachable(self) -> list[Tuned]:
        """The results of tuning that missed the target, one per arm and run."""
        return [one for run in self.tuned for one in run if not one.reached]


@dataclass(frozen=True)
class Content:
    """What the pages show.

    Attributes:
        folder: the folder of the comparison.
        tables: the comparisons, one per condition.
        lines: for each run and measure, the curves of all arms: the measure as a
            function of the entropy. May be empty.
        compared: names of the measures of loops and copies, for a picture.
        held_out: number of held-out pieces, with those that are too short.
        command: the command that made the folder.
        settings: the settings of the comparison.
        played: for the condition of each table, the pieces to hear.
        anchors: human pieces and other pieces beside the arms (anchors), to hear.
        explanation: what the colours and the outlines of the notes mean.
        blind: the pairs for blind listening.
        votes: the part of the pages on what listeners preferred; may be empty.
    """

    folder: Path
    tables: Sequence[Table]
    lines: Sequence[Mapping[str, Sequence[Curve]]]
    compared: Sequence[str]
    held_out: int
    command: str
    settings: Mapping[str, Any]
    played: Mapping[str, Sequence[PlayedPiece]]
    anchors: Sequence[PlayedPiece]
    explanation: Sequence[Block]
    blind: Blind
    votes: Sequence[Part] = field(default=())


def write_pages(content: Content) -> None:
    """Write the pages and their pictures to the folder; print where they are."""
    blocks = [*_blocks(content)]
    parts = [f"# {_TITLE}"]
    parts += [block.markdown() for block in blocks if isinstance(block, Part)]
    write_atomically(content.folder / PAGE, "\n\n".join(parts) + "\n")
    write_report(content.folder / REPORT, _TITLE, blocks)
    # A listener should not have read the results.
    write_report(content.folder / LISTENING, "Blind listening", [content.blind])
    print(f"tables and pictures: {content.folder / PAGE}")
    print(f"to see and hear in a browser: {content.folder / REPORT}")
    print(f"for listeners, without results: {content.folder / LISTENING}")


def _blocks(content: Content) -> Iterator[Block]:
    """Draw the pictures, and return the blocks of the pages."""
    for table in content.tables:
        yield Paragraph(table.sentence, lead=True)
    yield Prose(_material(content.tables[0].comparison, content.held_out))
    yield Prose("This page was made by:")
    yield Command(content.command)
    yield Facts("Settings", content.settings)
    yield Prose(GLOSSARY)
    yield from content.votes
    yield from frontiers(content)
    for table in content.tables:
        yield from _section(content, table)
    yield _to_hear("Human pieces and anchors", 2, _DRAWN, content.anchors)
    yield Screen(content.explanation)
    yield Screen([Heading("Blind listening"), content.blind])


def _material(comparison: Comparison, held_out: int) -> str:
    """Return a text that says which pieces, runs and human pieces were compared."""
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


def _section(content: Content, table: Table) -> Iterator[Block]:
    """Draw the pictures of a table, and return its blocks."""
    comparison, folder, file = table.comparison, content.folder, table.file
    yield Heading(table.title.capitalize())
    if table.tuned:
        yield tuned_settings(comparison, table.tuned, table.names)
    missing = {one.arm: None for one in table.unreachable}
    if missing:
        text = in_words([f"`{name}`" for name in missing])
        yield Prose(f"Left out, because they do not reach this entropy: {text}.")
    yield Heading("Primary measures", 3)
    yield primary_values(comparison)
    if comparison.differences:
        path = folder / f"forest-{file}.png"
        forest(comparison, path)
        yield Heading(f"Differences from {comparison.reference}", 3)
        yield Figure(path, "Differences in the primary measures")
        yield from difference_tables(comparison)
    path = folder / f"loops-and-copies-{file}.png"
    against_human(comparison, content.compared, path)
    yield Heading("Loops and copies", 3)
    yield Figure(path, "Loops and copies against human pieces")
    path = folder / f"heat-{file}.png"
    heat_table(comparison, path)
    yield Heading("All measures", 3)
    yield Figure(path, "Distances from the human pieces in all measures")
    yield from validity(comparison)
    yield Heading("Exploratory measures", 3)
    yield from exploratory_values(comparison)
    yield _to_hear("Pieces to hear", 3, _CHOSEN, content.played[table.condition])


def frontiers(content: Content) -> Iterator[Block]:
    """Draw the curves of each run over the entropy, and return the blocks with them."""
    settings = [
        Settings(each.file.replace("-", " "), each.comparison, each.names)
        for each in content.tables
    ]
    for number, of_run in enumerate(content.lines, start=1):
        title = "Quality against entropy"
        yield Heading(title if len(content.lines) == 1 else f"{title}, model {number}")
        if not of_run:
            yield Prose("No curves: the strategies reach no common entropy.")
            continue
        path = content.folder / f"frontier-{number}.png"
        frontier(of_run, settings, path)
        yield Prose(
            "The knob of each strategy, its number to tune, is moved over its range. "
            "The table holds the mean height of each curve over the entropies that all "
            "strategies reach, and its difference from the first row."
        )
        yield Figure(path, "Measures over the entropy")
        yield curve_heights(of_run)


def _to_hear(
    title: str, level: int, explanation: str, pieces: Sequence[PlayedPiece]
) -> Screen:
    return Screen([Heading(title, level), Paragraph(explanation), Player(pieces)])
