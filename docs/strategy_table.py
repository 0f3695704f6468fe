"""Write the README's table of strategies, from the list and the classes' docstrings.

    python docs/strategy_table.py

A row is a strategy of `lstm_music_jax/testing/examples.py`, in the order of that list.
The columns are its family (the name of its folder), the first line of its docstring,
and the references of the docstring.
"""

import inspect
import re
from pathlib import Path

from lstm_music_jax.strategies import Strategy
from lstm_music_jax.testing.examples import EXAMPLES

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- written by docs/strategy_table.py -->\n"
END = "<!-- end of the table -->\n"


def table() -> str:
    """Return the table in Markdown."""
    lines = ["| family | strategy | what it does | from |", "| --- | --- | --- | --- |"]
    last = None
    for strategy in (example.strategy for example in EXAMPLES):
        family = strategy.__module__.split(".")[2]
        what = inspect.getdoc(strategy).splitlines()[0].removesuffix(".")
        shown = family if family != last else ""
        cells = (shown, f"`{strategy.__name__}`", what, ", ".join(links(strategy)))
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
        last = family
    return "\n".join(lines) + "\n"


def links(strategy: type[Strategy]) -> list[str]:
    """Return the references of a docstring as links."""
    _, _, references = inspect.getdoc(strategy).partition("\nReference")
    found = []
    # A single reference is one paragraph. Several references each begin a new line.
    for entry in re.split(r"\n {4}(?! )", references.partition(":")[2]):
        reference = re.match(r"(.*?), (https?://[^\s;,]+)", " ".join(entry.split()))
        if reference:
            found.append(f"[{reference[1]}]({reference[2]})")
    return found


def written(readme: str) -> str:
    """Return the text of the README with the table between the two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
