"""Puts the report together: one HTML file that holds its style, its code and its data.

JavaScript modules import each other as "report/NAME.js". An import map in the page
gives each of these names its source as a data URL, so nothing is fetched. The page
holds only the modules that its blocks need. A content security policy allows the page's
own code and style alone. So a script does not run if a hostile file name smuggles it
into the page.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from lstm_music_jax.system.atomic_write import write_atomically

# The style, and the JavaScript modules that a page can import.
_ASSETS = files(__package__) / "assets"
# The policy trusts an element that the page's own code adds, with all that it imports.
_MAIN = """\
for (const name of %s) {
  const script = document.createElement("script");
  script.type = "module";
  script.src = import.meta.resolve(`report/${name}`);
  document.head.append(script);
}
"""
_IMPORT = re.compile(r'from "report/(.+)";$', re.MULTILINE)


@runtime_checkable
class Block(Protocol):
    """A part of the page, such as a paragraph or a player."""

    def html(self, data: "Data") -> str:
        """Return the HTML of this part, with all text escaped.

        Args:
            data: the data that the page's JavaScript can read. The block may add to it.
        """
        ...


class Data:
    """The data of a page, which its JavaScript reads as JSON.

    Attributes:
        content: the data: lists by name, such as "pieces".
        modules: the JavaScript modules that the page runs, as names of files.
    """

    def __init__(self) -> None:
        """Begin without data, and without code."""
        self.content: dict[str, Any] = {}
        self.modules: list[str] = []
        self._indices: dict[tuple[str, str], int] = {}

    def run(self, module: str) -> None:
        """Let the page run a JavaScript module of `assets/`, such as "players.js"."""
        if module not in self.modules:
            self.modules.append(module)

    def add(self, name: str, entry: Any) -> int:
        """Append an entry to the list `name`, and return its index."""
        entries = self.content.setdefault(name, [])
        entries.append(entry)
        return len(entries) - 1

    def index(self, name: str, text: str) -> int:
        """Return the index of a text in the list `name`; a new text is appended."""
        if (name, text) not in self._indices:
            self._indices[name, text] = self.add(name, text)
        return self._indices[name, text]


def write_report(path: str | Path, title: str, blocks: Sequence[Block]) -> None:
    """Write a report whole or not at all.

    Args:
        path: the HTML file; missing folders are created.
        title: the heading of the page, and the title of its window.
        blocks: the parts of the page, from top to bottom.
    """
    write_atomically(Path(path), document(title, blocks))


def document(title: str, blocks: Sequence[Block], *, framed: bool = False) -> str:
    """Return the HTML of a report; see `write_report`.

    Args:
        title: the heading of the page, and the title of its window.
        blocks: the parts of the page, from top to bottom.
        framed: whether the document is part of another page, as in a notebook. It then
            has no heading and no margins.
    """
    data = Data()
    body = "\n".join(block.html(data) for block in blocks)
    main = _MAIN % json.dumps(data.modules)
    style, imports = _style(), _import_map(tuple(data.modules))
    scripts = " ".join(_hash(script) for script in (imports, main))
    policy = (
        f"default-src 'none'; img-src data:; script-src {scripts} 'strict-dynamic'; "
        f"style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    name = html.escape(title)
    kind, heading = (' class="framed"', "") if framed else ("", f"<h1>{name}</h1>\n")
    return f"""\
<!DOCTYPE html>
<html lang="en"{kind}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name}</title>
<style>{style}</style>
</head>
<body>
<main>
{heading}{body}
</main>
<script type="application/json" id="data">{_json(data.content)}</script>
<script type="importmap">{imports}</script>
<script type="module">{main}</script>
</body>
</html>
"""


def _json(content: Any) -> str:
    """Return JSON for a script element: without "<", so that it cannot end it."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("<", r"\u003c")


@cache
def _style() -> str:
    return (_ASSETS / "report.css").read_text("utf-8")


@cache
def _import_map(modules: tuple[str, ...]) -> str:
    """Return an import map, as JSON, of some modules and of all that they import.

    It gives each module's source as a data URL.
    """
    sources: dict[str, str] = {}
    missing = {*modules}
    while missing:
        name = missing.pop()
        sources[name] = (_ASSETS / name).read_text("utf-8")
        missing |= {*_IMPORT.findall(sources[name])} - sources.keys()
    urls = {
        f"report/{name}": data_url("text/javascript", source.encode())
        for name, source in sorted(sources.items())
    }
    return json.dumps({"imports": urls})


def data_url(media_type: str, content: bytes) -> str:
    """Return a "data:" URL that holds the content itself, as base64."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
