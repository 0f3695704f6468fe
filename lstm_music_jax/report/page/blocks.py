"""The plain parts of a report: headings, text, commands, tables and pictures.

Each class here is a block: one part of a page. Its method `html` returns the block as
HTML. The argument `data` holds what the JavaScript of the page reads. The blocks here
have no JavaScript, so they leave `data` as it is. Only `Screen` hands it to the blocks
that it holds, and these may add to it.

A page can be written in two ways: as HTML, and as a file in Markdown. The file has only
those blocks that have the method `markdown`.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from lstm_music_jax.report.inline import inline_html
from lstm_music_jax.report.page.document import Block, Data, data_url


@runtime_checkable
class Part(Block, Protocol):
    """A block that can be written as HTML and also as Markdown."""

    def markdown(self) -> str:
        """Return the Markdown of this part."""
        ...


@dataclass(frozen=True)
class Heading:
    """The heading of a section.

    Attributes:
        text: the heading, plain text.
        level: 2 gives `<h2>` in HTML and "##" in Markdown, 3 gives `<h3>` and "###".
    """

    text: str
    level: int = 2

    def html(self, data: Data) -> str:
        """Return the HTML of the heading."""
        return f"<h{self.level}>{html.escape(self.text)}</h{self.level}>"

    def markdown(self) -> str:
        """Return the Markdown of the heading."""
        return f"{'#' * self.level} {self.text}"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text.

    Attributes:
        text: the text.
        lead: whether it is the leading sentence, which says what was found. It is shown
            larger.
    """

    text: str
    lead: bool = False

    def html(self, data: Data) -> str:
        """Return the HTML of the paragraph."""
        style = ' class="lead"' if self.lead else ""
        return f"<p{style}>{html.escape(self.text)}</p>"

    def markdown(self) -> str:
        """Return the text as it is."""
        return self.text


@dataclass(frozen=True)
class Prose:
    """A paragraph, or a list whose items begin with "- ".

    Attributes:
        text: the text. It may hold a little Markdown: `code`, *emphasis* and **bold**.
    """

    text: str

    def html(self, data: Data) -> str:
        """Return the HTML of the paragraph or the list."""
        if not self.text.startswith("- "):
            return f"<p>{inline_html(self.text)}</p>"
        items = self.text.removeprefix("- ").split("\n- ")
        return f"<ul>{''.join(f'<li>{inline_html(item)}</li>' for item in items)}</ul>"

    def markdown(self) -> str:
        """Return the text as it is, because it is Markdown already."""
        return self.text


@dataclass(frozen=True)
class Command:
    """A command for a shell, shown as code that a person can copy."""

    text: str

    def html(self, data: Data) -> str:
        """Return the HTML of the command."""
        return f"<pre><code>{html.escape(self.text)}</code></pre>"

    def markdown(self) -> str:
        """Return the command as a block of code."""
        return f"```sh\n{self.text}\n```"


@dataclass(frozen=True)
class Facts:
    """A table of names and values, such as the settings of a run.

    Only the title is seen until a person opens it.
    """

    title: str
    values: Mapping[str, object]

    def html(self, data: Data) -> str:
        """Return the HTML of the title and of the table."""
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
        svg: the graphic, as the content of an SVG file.
        description: what it shows, for those who cannot see it.
        scrolled: what is done with a graphic that is wider than the page. True: it
            keeps its size, and a person can scroll it. False: it is made as narrow as
            the page.
    """

    svg: bytes
    description: str
    scrolled: bool = False

    def html(self, data: Data) -> str:
        """Return the HTML of the picture."""
        # An image element shows the picture, but runs nothing that is in it.
        source = data_url("image/svg+xml", self.svg)
        style = "picture scrolled" if self.scrolled else "picture"
        return (
            f'<div class="wide"><img class="{style}" src="{source}" '
            f'alt="{html.escape(self.description)}"></div>'
        )


@dataclass(frozen=True)
class Figure:
    """A picture that has already been written to two files, one PNG and one SVG.

    The files have the same name but for the ending. HTML holds the content of the SVG
    file. Markdown has a link to the PNG file, which must be in the folder of the
    Markdown file.

    Attributes:
        path: the PNG file.
        description: what it shows, for those who cannot see it.
    """

    path: Path
    description: str

    def html(self, data: Data) -> str:
        """Return HTML that holds the content of the SVG file."""
        svg = self.path.with_suffix(".svg").read_bytes()
        return Picture(svg, self.description, scrolled=True).html(data)

    def markdown(self) -> str:
        """Return a link to the PNG file."""
        return f"![{self.description}]({self.path.name})"


@dataclass(frozen=True)
class Screen:
    """Blocks that only a browser can show, such as a player with its heading.

    They are in the HTML of a page, but not in its Markdown.
    """

    blocks: Sequence[Block]

    def html(self, data: Data) -> str:
        """Return the HTML of all blocks, one after the other."""
        return "\n".join(block.html(data) for block in self.blocks)
