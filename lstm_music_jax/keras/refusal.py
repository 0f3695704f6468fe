"""The error for a file that can be parsed but is not accepted."""

import contextlib
from collections.abc import Iterator


class RefusedError(Exception):
    """The reason why a file that can be parsed is not accepted."""


@contextlib.contextmanager
def naming(layer: str) -> Iterator[None]:
    """Add the name of a layer to any RefusedError of the `with` block."""
    try:
        yield
    except RefusedError as error:
        raise RefusedError(f"its layer {layer} {error}") from error
