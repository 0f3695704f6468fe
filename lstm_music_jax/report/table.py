"""A table that can be written as Markdown and as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from lstm_music_jax.report.inline import inline_html
from lstm_music_jax.report.page.document import Data


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row names the row.

    Attributes:
        headings: the headings of the columns.
        rows: the cells of each row. A cell may hold `code`, *emphasis* and **bold** in
            Markdown. The caller must pass all other text through `inline.escaped`, so
            that it shows as it is.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table in Markdown.

        Spaces fill the cells, so that the columns are aligned even where a person reads
        the Markdown as plain text.
        """
        cells = [
            [cell.replace("\\|", "|").replace("|", "\\|") for cell in row]
            for row in (self.headings, *self.rows)
        ]
        widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            for row in cells
        ]
        lines.insert(1, ["-" * width for width in widths])
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def html(self, data: Data) -> str:
        """Return the HTML of the table."""
        head = "".join(
            f"<th scope=col>{inline_html(text)}</th>" for text in self.headings
        )
        body = "".join(
            f"<tr><th scope=row>{inline_html(name)}</th>"
            + "".join(f"<td>{inline_html(cell)}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in self.rows
        )
        return (
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )
