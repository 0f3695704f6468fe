"""The HTML that a notebook shows for a value.

A notebook calls the method `_repr_html_` of a value. The classes of scores,
compositions, traces and comparisons have this method. A function of the package
`report` makes the HTML. This function is called the drawer here. But the packages of
these classes may not import `report`. So the method calls `shown_html`, and this calls
the drawer. `lstm_music_jax/__init__.py` may import everything, so it calls `draw_with`,
which sets the drawer.
"""

from collections.abc import Callable
from typing import Any

Drawer = Callable[[Any], str | None]
_drawers: list[Drawer] = []


def draw_with(drawer: Drawer) -> None:
    """Set the function that `shown_html` calls from now on.

    Args:
        drawer: takes a value, and returns its HTML, or None if a notebook should show
            the value as plain text.
    """
    _drawers[:] = [drawer]


def shown_html(value: Any) -> str | None:
    """Return the HTML of a value, such as a score; the drawer makes it.

    The result is None if a notebook should show the value as plain text.
    """
    (drawer,) = _drawers
    return drawer(value)
