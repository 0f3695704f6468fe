"""How many of the machine's cores this process may use."""

import os


def count_cores() -> int:
    """Return the number of cores: 1 or more, whatever the platform tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
