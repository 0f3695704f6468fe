"""The error for a file that can be opened, but that holds no accepted Keras model.

Only this package sees it, because `read_keras` turns it into a KerasFileError.
"""

import contextlib
from collections.abc import Iterator


class RefusedError(Exception):
    """Raised with the reason why a file holds no model that is accepted."""


@contextlib.contextmanager
def naming(layer: str) -> Iterator[None]:
    """Add a layer's name to the message of a RefusedError raised in a `with` block."""
    try:
        yield
    except RefusedError as error:
        raise RefusedError(f"its layer {layer} {error}") from error
