"""The layout of figures that fit the page of a report: sizes, names, rows of panels."""

import math
import textwrap
from collections.abc import Sequence

# Expressions are long; a longer one takes several lines.
NAME_WIDTH, TITLE_WIDTH = 56, 30
# Inches per letter of a name, and per line.
LETTER, LINE = 0.065, 0.22
# Inches of a figure that fits the page of a report. A wider one would be scrolled.
_WIDEST = 10.8


def wrapped(name: str, width: int) -> str:
    """Return a name on lines of at most `width` letters.

    Lines are broken at spaces and after hyphens. A line without these may be longer.
    """
    return "\n".join(textwrap.wrap(name, width, break_long_words=False))


def lines_of(labels: Sequence[str]) -> list[int]:
    """Return the number of lines of each label."""
    return [1 + label.count("\n") for label in labels]


def name_inches(labels: Sequence[str]) -> float:
    """Return the width of the longest line of all labels, in inches."""
    return LETTER * max(len(line) for label in labels for line in label.split("\n"))


def rows_and_columns(count: int, left: float, width: float) -> tuple[int, int]:
    """Return how many rows and columns of parts make a figure fit the page.

    Both are 1 or more.

    Args:
        count: number of parts, such as panels.
        left: inches beside the parts, such as those of names.
        width: inches of a part.
    """
    rows = max(1, math.ceil(count / max(1, int((_WIDEST - left) / width))))
    return rows, max(1, math.ceil(count / rows))
