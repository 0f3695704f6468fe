"""Where two settings differ, in words."""

from typing import Any


def differences(saved: Any, wanted: Any, name: str = "") -> list[str]:
    """Say where JSON values differ, a line each, as far as both have a name for it."""
    if isinstance(saved, dict) and isinstance(wanted, dict):
        both = [key for key in wanted if key in saved]
        parts = [(f"{name}.{key}", saved[key], wanted[key]) for key in both]
    elif isinstance(saved, list) and isinstance(wanted, list):
        # Long lists, as a vocabulary: an entry is told from the next one.
        if len(saved) != len(wanted):
            lengths = f"saved {len(saved)} entries, wanted {len(wanted)}"
            short = max(len(saved), len(wanted)) < 10
            shown = f"saved {saved}, wanted {wanted}" if short else lengths
            return [f"{name.strip('.')}: {shown}"]
        pairs = zip(saved, wanted, strict=True)
        parts = [(f"{name}[{i}]", *pair) for i, pair in enumerate(pairs)]
    elif saved == wanted:
        return []
    else:
        return [f"{name.strip('.')}: saved {saved}, wanted {wanted}"]
    return [line for part in parts for line in differences(part[1], part[2], part[0])]
