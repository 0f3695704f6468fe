"""What a notebook shows of scores, compositions, traces and comparisons.

A player is a page of its own within the output of a cell: an `iframe` holds the whole
document, so the styles, the code and the data of several outputs stay apart. The player
is hidden until a person opens it. All else is plain HTML and pictures.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lstm_music_jax.evaluation.comparison.results import Comparison
from lstm_music_jax.evaluation.comparison.sentence import sentence
from lstm_music_jax.generation.composition import Composition
from lstm_music_jax.generation.trace import Trace
from lstm_music_jax.music.score import Score
from lstm_music_jax.report.comparison_figures import figure_of_differences
from lstm_music_jax.report.comparison_tables import (
    GLOSSARY,
    difference_tables,
    exploratory_values,
    primary_values,
    validity,
)
from lstm_music_jax.report.figures import svg
from lstm_music_jax.report.page.blocks import Heading, Paragraph, Picture, Prose
from lstm_music_jax.report.page.document import Block, Data, document
from lstm_music_jax.report.page.piece import PlayedPiece
from lstm_music_jax.report.page.player import Player
from lstm_music_jax.report.small_roll import scale_top, small_roll
from lstm_music_jax.report.table import Table
from lstm_music_jax.report.trace_figure import Traced, figure_of_trace, table_of_trace

# Pixels; the player and all that it says of a note then need no scroll bar.
_HEIGHT = 660


@dataclass(frozen=True)
class Folded:
    """Blocks of which only a title is seen, until a person clicks on the title."""

    title: str
    blocks: Sequence[Block]

    def html(self, data: Data) -> str:
        """Return the HTML of the title and of the blocks."""
        inside = "\n".join(block.html(data) for block in self.blocks)
        title = html.escape(self.title)
        return (
            f'<details><summary style="cursor:pointer">{title}</summary>'
            f"{inside}</details>"
        )


@dataclass(frozen=True)
class Framed:
    """Blocks in an `iframe`, which is an HTML document of its own.

    Unlike the HTML of a notebook, this document may run JavaScript.
    """

    title: str
    blocks: Sequence[Block]

    def html(self, data: Data) -> str:
        """Return the HTML of the frame; `data` is not used, because it has its own."""
        inside = html.escape(document(self.title, self.blocks, framed=True))
        # The frame may run the code of its document, but not reach the notebook.
        return (
            f'<iframe title="{html.escape(self.title)}" sandbox="allow-scripts" '
            f'allow="autoplay" srcdoc="{inside}" '
            f'style="width:100%;height:{_HEIGHT}px;border:0"></iframe>'
        )


def html_of(value: Any) -> str | None:
    """Return the HTML that a notebook shows for a score or another value.

    There is HTML for a score, a composition, a comparison, and a trace of a sequence of
    symbols. For all other values the result is None, and a notebook shows plain text.
    """
    match value:
        case Score():
            blocks = _piece(PlayedPiece("score", value))
        case Composition():
            blocks = _composition(value)
        case Trace() if np.ndim(value.kept_count):
            blocks = _trace(value)
        case Comparison():
            blocks = _comparison(value)
        case _:
            return None
    data = Data()
    return "\n".join(["<div>", *(block.html(data) for block in blocks), "</div>"])


def _piece(piece: PlayedPiece) -> list[Block]:
    """Return blocks with a picture of a piece and its player.

    A piece without notes gives a sentence that says so.
    """
    count = len(piece.score.notes)
    if not count:
        return [Paragraph("There are no notes.")]
    roll = small_roll(piece.score, piece.surprisal)
    return [
        Picture(roll, f"Piano roll of {count} notes"),
        Folded("Listen", [Framed("Player", [Player([piece])])]),
    ]


def _composition(composition: Composition) -> list[Block]:
    surprisal = composition.surprisal
    facts = {
        "notes": len(composition.score.notes),
        "end": "by the model" if composition.ended else "cut at the requested length",
        "ill-formed symbols skipped": composition.skipped,
        "symbols at which a strategy left none": composition.fallbacks,
    }
    blocks: list[Block] = [Table([*facts], [[*map(str, facts.values())]])]
    if composition.note_symbols is None or surprisal is None:
        return blocks + _piece(PlayedPiece("piece", composition.score))
    made = composition.note_symbols
    piece = PlayedPiece(
        "piece",
        composition.score,
        primer_notes=composition.primer_notes or 0,
        surprisal=surprisal,
        symbols=[composition.symbols[strike] for strike in made.strikes],
        skipped=made.skipped,
    )
    colours = (
        "Notes are coloured by their surprisal under the model: blue is 0 nats, and "
        f"yellow is {scale_top(surprisal)} nats or more."
    )
    return [*blocks, Paragraph(colours), *_piece(piece)]


def _trace(trace: Trace) -> list[Block]:
    traced = Traced.of(trace)
    if not traced.symbols:
        return [Paragraph("No symbol was drawn.")]
    streams = len(traced.figures["surprisal"])
    text = "of one stream" if streams == 1 else f"of {streams} streams"
    return [
        Paragraph(f"Trace of {traced.symbols} symbols {text}"),
        Picture(svg(figure_of_trace(traced)), "Entropies, surprisal and kept mass"),
        table_of_trace(traced),
    ]


def _comparison(comparison: Comparison) -> list[Block]:
    blocks: list[Block] = [Paragraph(sentence(comparison)), primary_values(comparison)]
    if comparison.differences and comparison.primary:
        forest = svg(figure_of_differences(comparison))
        blocks.append(Picture(forest, "Differences in the primary measures"))
    rest: list[Block] = [Prose(GLOSSARY)]
    rest += [Heading("Differences", 4), *difference_tables(comparison)]
    rest += [Heading("Exploratory measures", 4), *exploratory_values(comparison)]
    return [*blocks, Folded("All results", [*rest, *validity(comparison)])]
