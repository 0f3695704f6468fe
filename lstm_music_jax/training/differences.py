"""Differences between two JSON values, in words."""

from typing import Any


def differences(saved: Any, wanted: Any, name: str = "") -> list[str]:
    """Return a line of text for each difference between two JSON values.

    Keys that only one of them has are ignored.

    Args:
        saved: the value that a file holds.
        wanted: the value to compare it with.
        name: the name of the value, with which each line begins.
    """
    if isinstance(saved, dict) and isinstance(wanted, dict):
        shared = [key for key in wanted if key in saved]
        parts = [(f"{name}.{key}", saved[key], wanted[key]) for key in shared]
    elif isinstance(saved, list) and isinstance(wanted, list):
        if len(saved) != len(wanted):
            # A long list, such as a vocabulary, is described by its length.
            if max(len(saved), len(wanted)) < 10:
                return [f"{name.strip('.')}: saved {saved}, wanted {wanted}"]
            return [
                f"{name.strip('.')}: saved {len(saved)} entries, wanted {len(wanted)}"
            ]
        pairs = zip(saved, wanted, strict=True)
        parts = [(f"{name}[{i}]", *pair) for i, pair in enumerate(pairs)]
    elif saved == wanted:
        return []
    else:
        return [f"{name.strip('.')}: saved {saved}, wanted {wanted}"]
    return [line for part in parts for line in differences(part[1], part[2], part[0])]
