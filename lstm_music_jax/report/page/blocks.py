"""The plain parts of a report: headings, text, commands, tables and pictures."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lstm_music_jax.report.page.document import Data, data_url


@dataclass(frozen=True)
class Heading:
    """The heading of a section."""

    text: str

    def html(self, data: Data) -> str:
        """Return the HTML of the heading."""
        return f"<h2>{html.escape(self.text)}</h2>"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text.

    Attributes:
        text: the text.
        lead: whether it is the sentence that says what the page has found.
    """

    text: str
    lead: bool = False

    def html(self, data: Data) -> str:
        """Return the HTML of the paragraph."""
        style = ' class="lead"' if self.lead else ""
        return f"<p{style}>{html.escape(self.text)}</p>"


@dataclass(frozen=True)
class Command:
    """A command line, as a person can copy it."""

    text: str

    def html(self, data: Data) -> str:
        """Return the HTML of the command."""
        return f"<pre><code>{html.escape(self.text)}</code></pre>"


@dataclass(frozen=True)
class Facts:
    """Names and values, such as the settings of a run, folded away under a title."""

    title: str
    values: Mapping[str, object]

    def html(self, data: Data) -> str:
        """Return the HTML of the list."""
        rows = "".join(
            f"<tr><th scope=row>{html.escape(str(name))}</th>"
            f"<td>{html.escape(str(value))}</td></tr>"
            for name, value in self.values.items()
        )
        title = html.escape(self.title)
        return (
            f"<details><summary>{title}</summary>"
            f'<div class="wide"><table>{rows}</table></div></details>'
        )


@dataclass(frozen=True)
class Picture:
    """A vector graphic.

    Attributes:
        svg: the graphic, SVG.
        description: what it shows, for those who cannot see it.
    """

    svg: bytes
    description: str

    def html(self, data: Data) -> str:
        """Return the HTML of the picture."""
        # An image element shows the picture, but runs nothing that is in it.
        source = data_url("image/svg+xml", self.svg)
        return (
            f'<div class="wide"><img class="picture" src="{source}" '
            f'alt="{html.escape(self.description)}"></div>'
        )


@dataclass(frozen=True)
class Columns:
    """A table with a heading per column; the first cell of each row names the row."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def html(self, data: Data) -> str:
        """Return the HTML of the table."""
        head = "".join(
            f"<th scope=col>{html.escape(text)}</th>" for text in self.headings
        )
        body = "".join(
            f"<tr><th scope=row>{html.escape(name)}</th>"
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in self.rows
        )
        return (
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )
