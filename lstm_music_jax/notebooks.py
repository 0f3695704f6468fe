"""How a value shows itself in a notebook.

A notebook calls the method `_repr_html_` of a value. The packages that define scores,
compositions, traces and comparisons may not import `report`, which draws them. So their
method is `shown_html`, and `__init__.py`, which may import everything, says here what
draws.
"""

from collections.abc import Callable
from typing import Any

Drawer = Callable[[Any], str | None]
_drawers: list[Drawer] = []


def draw_with(drawer: Drawer) -> None:
    """Set the function that returns the HTML of a value, or None for plain text."""
    _drawers[:] = [drawer]


def shown_html(value: Any) -> str | None:
    """Return the HTML of a value; None if a notebook should show it as plain text."""
    (drawer,) = _drawers
    return drawer(value)
