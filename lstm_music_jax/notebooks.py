"""The HTML that a notebook shows for a value.

A notebook calls the method `_repr_html_` of a value. The packages that define scores,
compositions, traces and comparisons may not import `report`, which draws them. So their
`_repr_html_` calls `shown_html`, which calls the drawer. `lstm_music_jax/__init__.py`
may import everything, so it sets the drawer.
"""

from collections.abc import Callable
from typing import Any

Drawer = Callable[[Any], str | None]
_drawers: list[Drawer] = []


def draw_with(drawer: Drawer) -> None:
    """Set the drawer: the function that `shown_html` calls.

    It returns the HTML of a value, or None if a notebook should show it as plain text.
    """
    _drawers[:] = [drawer]


def shown_html(value: Any) -> str | None:
    """Return the HTML of a value; None if a notebook should show it as plain text."""
    (drawer,) = _drawers
    return drawer(value)
