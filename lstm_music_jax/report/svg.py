"""The frame of small vector graphics on a dark ground."""

from collections.abc import Iterable

# The dark ground of the report's piano roll, which suits light and dark pages.
_GROUND, LINE, _TEXT = "#14161b", "#3d4451", "#c3c9d4"


def framed(width: int, height: int, font_size: int, parts: Iterable[str]) -> bytes:
    """Return a vector graphic of SVG elements, in front of the dark ground.

    Args:
        width: the width in pixels.
        height: the height in pixels.
        font_size: the size of texts in pixels.
        parts: the elements, from the back to the front.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="{font_size}" fill="{_TEXT}">'
        f'<rect width="100%" height="100%" rx="6" fill="{_GROUND}"/>'
        f"{''.join(parts)}</svg>"
    ).encode()
