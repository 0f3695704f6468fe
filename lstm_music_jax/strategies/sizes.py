"""The check of the numbers that fix shapes."""

from operator import index
from typing import Any


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Return `value` as an int, checked.

    Raises:
        ValueError: naming the argument, its value and what is allowed.
    """
    limits = f"{least} or more" if most is None else f"from {least} to {most}"
    try:
        number = index(value)
    except TypeError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        raise ValueError(f"{name} is {value}; it must be a whole number, {limits}")
    return number
