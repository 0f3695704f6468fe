"""The error for a Keras file that can be parsed, but whose model is not accepted.

Only this package sees it, because `read_keras` turns it into a KerasFileError.
"""

import contextlib
from collections.abc import Iterator


class RefusedError(Exception):
    """Raised with the reason why the model of a file is not accepted."""


@contextlib.contextmanager
def naming(layer: str) -> Iterator[None]:
    """Add a layer's name to the message of a RefusedError raised in a `with` block."""
    try:
        yield
    except RefusedError as error:
        raise RefusedError(f"its layer {layer} {error}") from error
