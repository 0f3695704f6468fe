"""A table that is written to Markdown and to HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from lstm_music_jax.report.inline import inline_html
from lstm_music_jax.report.page.document import Data


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row names the row.

    Attributes:
        headings: the headings of the columns.
        rows: the cells. They may hold the little Markdown of `inline.py`; any other
            text goes through `escaped` first.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table in Markdown, with columns aligned in plain text too."""
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
